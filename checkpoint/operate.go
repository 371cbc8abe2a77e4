package checkpoint

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/tensor"
)

// enter enters what a line makes of one group of tensors, under the names of to.
func (r *renamed) enter(line *Rename, in []input, to []pattern, b binding) error {
	switch line.Op {
	case Split, Unstack:
		return r.divide(line, in[0], to, b)
	case Concat, Stack:
		d, err := join(line, in)
		if err != nil {
			return err
		}
		return r.put(to[0].expand(b), d)
	case Same:
		return r.put(to[0].expand(b), derived{in[0].Info, in[0].tensor})
	case Transpose:
		d, err := transposed(in[0])
		if err != nil {
			return err
		}
		return r.put(to[0].expand(b), d)
	}
	d, err := reordered(line, in[0])
	if err != nil {
		return err
	}
	return r.put(to[0].expand(b), d)
}

// maxStack bounds how many tensors one is unstacked into: experts, of which
// published models have below 1,000.
const maxStack = 1 << 12

// rawOf returns the bytes of a tensor, in its stored form or else as float32.
func rawOf(t *tensor.Tensor) []byte {
	if raw := t.Raw(); raw != nil || t.Len() == 0 {
		return raw
	}
	return entry.Floats(t)
}

// rowBytes returns how many bytes an index of the first axis takes. It fails if
// one does not fall on whole blocks.
func rowBytes(info Info) (int, error) {
	values, bytes := info.DType.Block()
	if len(info.Shape) == 0 || len(info.Shape) == 1 && values > 1 {
		return 0, fmt.Errorf("%v of shape %v has no rows", info.DType, info.Shape)
	}
	n := bytes
	for _, d := range info.Shape[1:] {
		n *= d
	}
	return n / values, nil
}

// reordered returns in with its rows in another order.
func reordered(line *Rename, in input) (derived, error) {
	size, err := rowBytes(in.Info)
	if err != nil {
		return derived{}, err
	}
	rows, parts := in.Shape[0], 3
	if len(line.Parts) > 0 {
		parts = line.Parts[0]
	}
	a, b, c, step := 1, line.Heads, parts, 1 // rows as [a,b,c,step], of which b and c change places
	switch line.Op {
	case Permute, Unpermute:
		a, b, c = line.Heads, 2, rows/line.Heads/2
	default:
		step = rows / max(line.Heads*parts, 1)
	}
	if a*b*c*step != rows {
		return derived{}, fmt.Errorf("%d rows are not a multiple of what %d heads need", rows, line.Heads)
	}
	if line.Op == Unpermute || line.Op == Group {
		b, c = c, b
	}
	return derived{in.Info, func() (*tensor.Tensor, error) {
		t, err := in.tensor()
		if err != nil {
			return nil, err
		}
		return tensor.Stored(in.DType, swapped(t, a, b, c, step*size), in.Shape...)
	}}, nil
}

// swapped is entry.SwapRows of the bytes of t, of which the pages of a file are then
// not needed any more.
func swapped(t *tensor.Tensor, a, b, c, size int) []byte {
	raw := rawOf(t)
	defer mmap.Discard(raw)
	return entry.SwapRows(raw, a, b, c, size)
}

// transposed returns in, a matrix, with its axes exchanged.
func transposed(in input) (derived, error) {
	values, size := in.DType.Block()
	if len(in.Shape) != 2 || values != 1 {
		return derived{}, fmt.Errorf("%v of shape %v cannot be transposed", in.DType, in.Shape)
	}
	rows, columns := in.Shape[0], in.Shape[1]
	info := Info{DType: in.DType, Shape: []int{columns, rows}}
	return derived{info, func() (*tensor.Tensor, error) {
		t, err := in.tensor()
		if err != nil {
			return nil, err
		}
		return tensor.Stored(info.DType, swapped(t, 1, rows, columns, size), info.Shape...)
	}}, nil
}

// join returns the tensors one after the other: along their first axis, or for
// Stack along a new one.
func join(line *Rename, in []input) (derived, error) {
	info := Info{DType: in[0].DType, Shape: slices.Clone(in[0].Shape)}
	rest := info.Shape
	if line.Op == Stack {
		info.Shape = slices.Insert(info.Shape, 0, len(in))
	} else {
		if _, err := rowBytes(info); err != nil {
			return derived{}, err
		}
		rest = info.Shape[1:]
		info.Shape[0] = 0
	}
	for i, x := range in {
		if x.DType != info.DType || len(x.Shape) != len(in[0].Shape) || !slices.Equal(x.Shape[len(x.Shape)-len(rest):], rest) {
			return derived{}, fmt.Errorf("%s, %v of shape %v, does not go with %v of shape %v", entry.Quote(x.name), x.DType, x.Shape, in[0].DType, in[0].Shape)
		}
		if line.Op == Stack {
			continue
		}
		if len(line.Parts) > 0 && x.Shape[0] != line.Parts[i] {
			return derived{}, fmt.Errorf("%s has %d rows, not %d", entry.Quote(x.name), x.Shape[0], line.Parts[i])
		}
		info.Shape[0] += x.Shape[0]
	}
	return derived{info, func() (*tensor.Tensor, error) { return joined(info, in) }}, nil
}

func joined(info Info, in []input) (*tensor.Tensor, error) {
	size, err := tensor.StoredSize(info.DType, info.Shape...)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 0, size)
	for _, x := range in {
		t, err := x.tensor()
		if err != nil {
			return nil, err
		}
		part := rawOf(t)
		raw = append(raw, part...)
		mmap.Discard(part)
	}
	return tensor.Stored(info.DType, raw, info.Shape...)
}

// divide enters the parts of a tensor, along its first axis. They share its bytes.
func (r *renamed) divide(line *Rename, in input, to []pattern, b binding) error {
	size, err := rowBytes(in.Info)
	if err != nil {
		return err
	}
	rows := in.Shape[0]
	parts := line.Parts
	switch {
	case line.Op == Unstack && rows > maxStack:
		return fmt.Errorf("%d tensors in one, at most %d are possible", rows, maxStack)
	case line.Op == Unstack:
		parts = slices.Repeat([]int{1}, rows)
	case len(parts) == 0:
		parts = slices.Repeat([]int{rows / len(to)}, len(to))
	}
	total := 0
	for _, n := range parts {
		if n < 0 || n > rows {
			return fmt.Errorf("a part of %d rows of %d", n, rows)
		}
		total += n
	}
	if total != rows {
		return fmt.Errorf("%d rows cannot be split in parts of %d", rows, parts)
	}
	lo := 0
	for i, n := range parts {
		info := Info{DType: in.DType, Shape: slices.Clone(in.Shape)}
		var name string
		if line.Op == Unstack {
			b.e = strconv.Itoa(i)
			name, info.Shape = to[0].expand(b), info.Shape[1:]
		} else {
			name, info.Shape[0] = to[i].expand(b), n
		}
		from, end := lo*size, (lo+n)*size
		lo += n
		err := r.put(name, derived{info, func() (*tensor.Tensor, error) {
			t, err := in.tensor()
			if err != nil {
				return nil, err
			}
			return tensor.Stored(info.DType, rawOf(t)[from:end], info.Shape...)
		}})
		if err != nil {
			return err
		}
	}
	return nil
}
