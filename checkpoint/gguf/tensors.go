package gguf

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/tensor"
)

// placedInfo is a tensor whose bytes are yet to be found.
type placedInfo struct {
	name   string
	info   entry.Info
	lo, hi uint64 // in the data
}

// infos reads the descriptions of the tensors.
func (p *parser) infos(count uint64) ([]placedInfo, error) {
	infos := make([]placedInfo, 0, count)
	for i := range count {
		name, err := p.text(maxName)
		if err != nil {
			return nil, p.where.Errorf("name of tensor %d: %w", i, err)
		}
		if !utf8.Valid(name) {
			return nil, p.where.TensorErrorf(string(name), "its name is not UTF-8")
		}
		t, err := p.info(string(name))
		if err != nil {
			return nil, p.where.TensorErrorf(t.name, "%w", err)
		}
		infos = append(infos, t)
	}
	return infos, nil
}

func (p *parser) info(name string) (placedInfo, error) {
	t := placedInfo{name: name}
	dims, err := p.u32()
	if err != nil {
		return t, err
	}
	if dims > maxDims {
		return t, fmt.Errorf("%d axes, at most %d are possible", dims, maxDims)
	}
	t.info.Shape = make([]int, dims)
	for i := range t.info.Shape { // the fastest axis is the first in the file
		n, err := p.u64()
		if err != nil {
			return t, err
		}
		if n > math.MaxInt {
			return t, fmt.Errorf("axis %d: a length of %d is too large", i, n)
		}
		t.info.Shape[int(dims)-1-i] = int(n)
	}
	form, err := p.u32()
	if err != nil {
		return t, err
	}
	var ok bool
	if t.info.DType, ok = types[form]; !ok {
		if name := otherTypes[form]; name != "" {
			return t, fmt.Errorf("type: %s is not supported", name)
		}
		return t, fmt.Errorf("type: there is no type %d", form)
	}
	if t.lo, err = p.u64(); err != nil {
		return t, err
	}
	size, err := tensor.StoredSize(t.info.DType, t.info.Shape...)
	if err != nil {
		return t, err
	}
	if t.lo > math.MaxInt64 {
		return t, fmt.Errorf("offset: %d is too large", t.lo)
	}
	t.hi = t.lo + uint64(size)
	return t, nil
}

// align returns the alignment of the data.
func (p *parser) align() (int, error) {
	if _, ok := p.file.kv["general.alignment"]; !ok {
		return alignment, nil
	}
	n, ok := p.file.Int("general.alignment")
	if !ok || n <= 0 || n > maxAlign || n&(n-1) != 0 {
		return 0, errors.New("it is not a power of two of at most 1048576")
	}
	return n, nil
}

// place finds the bytes of the tensors in the data, and checks that no two share any.
func (p *parser) place(infos []placedInfo) error {
	align, err := p.align()
	if err != nil {
		return p.where.Errorf("key general.alignment: %w", err)
	}
	start := min(p.at+entry.Padding(p.at, align), len(p.data))
	data := p.data[start:]
	slices.SortStableFunc(infos, func(a, b placedInfo) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi))
	})
	end := uint64(0)
	for _, t := range infos {
		switch {
		case t.lo%uint64(align) != 0:
			return p.where.TensorErrorf(t.name, "offset: %d is not a multiple of %d", t.lo, align)
		case t.hi > uint64(len(data)):
			return p.where.TensorErrorf(t.name, "offset: its bytes %d to %d are not within the %d bytes of data", t.lo, t.hi, len(data))
		case t.lo < end:
			return p.where.TensorErrorf(t.name, "offset: it overlaps the tensor before it, which ends at %d", end)
		}
		if err := p.file.Add(t.name, t.info, data[t.lo:t.hi]); err != nil {
			return err
		}
		end = t.hi
	}
	return nil
}
