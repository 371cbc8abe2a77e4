// Package tensor holds arrays of numbers, the operations on them, and the
// gradients of those operations.
//
// Operations run at once (there is no graph to build first). A result
// remembers how it was made only if some input asked for a gradient, so
// inference keeps nothing alive. Data an operation has returned is not written
// again; any number of goroutines may read it.
//
// Memory: a result lies in the [Arena] of its inputs if one of them has one,
// and else in the Go heap. See [Arena] for how long it lives.
//
// A shape that does not fit is a mistake in a program, not in its input:
// operations panic with a *ShapeError, and [Try] turns that into an error at
// the edge of a program (a request, a training step).
//
// Shapes in comments use one letter an axis, here and in every other package:
//
//	B batch   T time (query)   S time (keys)   V vocabulary   E embedding
//	H heads   K key/value heads   D head dimension   F feed-forward   X experts
package tensor

import (
	"fmt"
	"slices"
)

// A Tensor is a dense, row-major array of float32, or a weight in a stored form
// that only Linear, Embed and Float32s read. The zero Tensor is not usable.
type Tensor struct {
	dims [MaxDims]int
	rank int
	data []float32 // nil if stored or packed

	stored *stored // values in a checkpoint's own form
	packed packed  // a matrix in the layout that a kernel reads

	arena *Arena
	grad  []float32 // nil unless asked for, see RequireGrad
	from  *step     // nil for a leaf
}

// A step is one recorded operation: its inputs, and how the gradient of its
// output flows back into theirs.
type step struct {
	in  []*Tensor
	vjp func(dy []float32)
}

// New wraps data, which it does not copy.
func New(data []float32, shape ...int) *Tensor {
	if len(data) != size(shape) {
		panic(&ShapeError{"New", [][]int{slices.Clone(shape)}, fmt.Sprintf("%d values given", len(data))})
	}
	t := &Tensor{data: data}
	t.setShape(shape)
	return t
}

// Zeros returns a tensor of zeros.
func Zeros(shape ...int) *Tensor { return New(make([]float32, size(shape)), shape...) }

func (t *Tensor) setShape(shape []int) {
	if len(shape) > MaxDims {
		panic(&ShapeError{"New", [][]int{slices.Clone(shape)}, "too many axes"})
	}
	t.rank = copy(t.dims[:], shape)
}

// Shape returns the lengths of t's axes. The caller must not change it.
func (t *Tensor) Shape() []int { return t.dims[:t.rank] }

// Dim returns the length of axis i; a negative i counts from the last.
func (t *Tensor) Dim(i int) int {
	if i < 0 {
		i += t.rank
	}
	return t.dims[i]
}

// Len returns the number of values.
func (t *Tensor) Len() int { return size(t.dims[:t.rank]) }

// Data returns t's values, or nil if t is a weight in a stored or packed form
// (see Float32s). Only whoever made t may write to them.
func (t *Tensor) Data() []float32 { return t.data }

// Grad returns what Backward has added up for t, or nil.
func (t *Tensor) Grad() []float32 { return t.grad }

// RequireGrad makes t a leaf that Backward adds a gradient to. It returns t.
// It panics with a *ShapeError if t is not a float32 array.
func (t *Tensor) RequireGrad() *Tensor {
	if t.data == nil {
		fail("RequireGrad", "a packed or stored weight has no gradient", t)
	}
	t.grad = make([]float32, len(t.data))
	return t
}

func (t *Tensor) needsGrad() bool { return t != nil && t.grad != nil }

// Backward adds to every leaf that asked for one the gradient of t, a scalar.
func (t *Tensor) Backward() {
	if t.Len() != 1 || !t.needsGrad() {
		fail("Backward", "want a scalar that depends on a leaf with a gradient", t)
	}
	var order []*Tensor
	seen := map[*Tensor]bool{}
	var visit func(*Tensor)
	visit = func(u *Tensor) {
		if u == nil || u.from == nil || seen[u] {
			return
		}
		seen[u] = true
		for _, in := range u.from.in {
			visit(in)
		}
		order = append(order, u)
	}
	visit(t)
	t.grad[0] = 1
	for _, u := range slices.Backward(order) {
		u.from.vjp(u.grad)
	}
}

// record remembers how t was made. Callers test needsGrad first, so that the
// closure is built in training only.
func (t *Tensor) record(vjp func(dy []float32), in ...*Tensor) *Tensor {
	t.grad = make([]float32, t.Len())
	t.from = &step{in, vjp}
	return t
}
