package tensor

import (
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// Reshape returns x with other axes and the same values in the same order. One
// axis may be -1: it takes what is left. The values are shared, not copied.
func Reshape(x *Tensor, shape ...int) *Tensor {
	y := x.arena.tensor()
	y.setShape(shape)
	if i := slices.Index(y.dims[:y.rank], -1); i >= 0 {
		y.dims[i] = 1
		if n := y.Len(); n > 0 {
			y.dims[i] = len(x.data) / n
		}
	}
	if y.Len() != len(x.data) {
		fail("Reshape", "sizes differ", x, y)
	}
	y.data, y.view = x.data, true
	if x.needsGrad() {
		return y.record(func([]float32) { x.take(y) }, x)
	}
	return y
}

// Columns returns the values [lo,hi) of the last axis: [...,hi-lo].
func Columns(x *Tensor, lo, hi int) *Tensor {
	n, w := x.Dim(-1), hi-lo
	if lo < 0 || w <= 0 || hi > n {
		fail("Columns", "the range is not in the last axis", x)
	}
	y := resized(x, w)
	for i, j := lo, 0; j < len(y.data); i, j = i+n, j+w {
		copy(y.data[j:j+w], x.data[i:i+w])
	}
	if x.needsGrad() {
		return y.record(func(dy []float32) {
			g := x.summed()
			for i, j := lo, 0; j < len(dy); i, j = i+n, j+w {
				kernel.Axpy(1, dy[j:j+w], g[i:i+w])
			}
		}, x)
	}
	return y
}

// Rows returns the rows of x [B,T,E] that index names, one a batch row: [B,E].
func Rows(x *Tensor, index []int) *Tensor {
	if x.rank != 3 || len(index) != x.dims[0] {
		fail("Rows", "want [B,T,E] and B indices", x)
	}
	var few [16]int
	at := few[:0]
	for b, t := range index {
		at = append(at, b*x.dims[1]+t)
	}
	return Gather(x, at)
}

// Gather returns the rows of x [...,E] that at names, counted through all axes but
// the last: [len(at),E].
func Gather(x *Tensor, at []int) *Tensor {
	e := x.Dim(-1)
	y := arenaOf(x).New(len(at), e)
	for i, j := range at {
		copy(y.data[i*e:(i+1)*e], x.data[j*e:(j+1)*e])
	}
	if x.needsGrad() {
		at := slices.Clone(at)
		return y.record(func(dy []float32) {
			g := x.summed()
			for i, j := range at {
				kernel.Axpy(1, dy[i*e:(i+1)*e], g[j*e:(j+1)*e])
			}
		}, x)
	}
	return y
}

// Concat joins the last axes of xs, whose other axes are the same: [...,n] of each to
// [...,Σn].
func Concat(xs ...*Tensor) *Tensor {
	rows, width := len(xs[0].data)/xs[0].Dim(-1), 0
	for _, x := range xs {
		if width += x.Dim(-1); len(x.data) != rows*x.Dim(-1) {
			fail("Concat", "rows differ", xs...)
		}
	}
	y := resized(xs[0], width)
	at := 0
	for _, x := range xs {
		n := x.Dim(-1)
		for i := range rows {
			copy(y.data[i*width+at:i*width+at+n], x.data[i*n:(i+1)*n])
		}
		at += n
	}
	if !slices.ContainsFunc(xs, (*Tensor).needsGrad) {
		return y
	}
	return y.record(func(dy []float32) {
		at := 0
		for _, x := range xs {
			n := x.Dim(-1)
			if x.needsGrad() {
				g := x.summed()
				for i := range rows {
					kernel.Axpy(1, dy[i*width+at:i*width+at+n], g[i*n:(i+1)*n])
				}
			}
			at += n
		}
	}, xs...)
}

// Embed returns the rows of w [V,E] that ids name: [shape...,E], in arena a,
// which may be nil. The ids must be in range: models check them at their edge.
func Embed(a *Arena, w *Tensor, ids []int32, shape ...int) *Tensor {
	if w.rank != 2 || size(shape) != len(ids) {
		fail("Embed", "want a matrix, and as many ids as places", w)
	}
	e := w.dims[1]
	y := a.tensor()
	y.setShape(shape)
	y.dims[y.rank] = e
	y.rank++
	y.data = a.floats(len(ids) * e)
	for _, id := range ids {
		if id < 0 || int(id) >= w.dims[0] {
			fail("Embed", "an id is not a row", w)
		}
	}
	spread(&lookups, len(ids), max(1, lookupGrain/(e+1)), lookup{y.data, w, ids})
	if w.needsGrad() {
		ids := slices.Clone(ids)
		return y.record(func(dy []float32) {
			g := w.summed()
			for i, id := range ids {
				kernel.Axpy(1, dy[i*e:(i+1)*e], g[int(id)*e:(int(id)+1)*e])
			}
		}, w)
	}
	return y
}

// lookupGrain is how many values of a table one thread fetches at a time.
const lookupGrain = 1 << 13

var lookups freeList[spreadTask[lookup]]

// lookup copies the rows of a table that ids name.
type lookup struct {
	y   []float32
	w   *Tensor
	ids []int32
}

func (t lookup) span(lo, hi int) {
	e := t.w.dims[1]
	for i := lo; i < hi; i++ {
		dst, id := t.y[i*e:(i+1)*e], int(t.ids[i])
		if t.w.packed != nil {
			t.w.packed.row(dst, id)
		} else {
			t.w.Float32s(dst, id*e)
		}
	}
}

// Spread returns the columns of table [N,H] that index names, heads first:
// [H,T,S] for T*S indices, or [B,H,T,S] for B*T*S of them with b rows; b is 0 for
// the first form. It lies in arena a, which may be nil.
func Spread(a *Arena, table *Tensor, index []int32, b, t, s int) *Tensor {
	if table.rank != 2 || table.data == nil || len(index) != max(b, 1)*t*s {
		fail("Spread", "want a plain matrix, and as many indices as places", table)
	}
	H, n := table.dims[1], t*s
	var y *Tensor
	if b == 0 {
		y = a.New(H, t, s)
	} else {
		y = a.New(b, H, t, s)
	}
	for i := range max(b, 1) * H {
		dst, h := y.data[i*n:(i+1)*n], i%H
		for j, at := range index[i/H*n : (i/H+1)*n] {
			dst[j] = table.data[int(at)*H+h]
		}
	}
	if table.needsGrad() {
		index := slices.Clone(index)
		return y.record(func(dy []float32) {
			g := table.summed()
			for i := range max(b, 1) * H {
				for j, at := range index[i/H*n : (i/H+1)*n] {
					g[int(at)*H+i%H] += dy[i*n+j]
				}
			}
		}, table)
	}
	return y
}
