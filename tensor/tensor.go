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
	wants bool      // a gradient flows into it
	grad  []float32 // of a leaf that RequireGrad has seen, or while Backward passes
	from  *step     // nil for a leaf
	view  bool      // the data are another tensor's
	uses  int       // recorded operations that read it; not counted for a leaf
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

// RequireGrad makes t a leaf that Backward adds a gradient to, of float32. It returns
// t. It panics with a *ShapeError if t is neither a float32 array nor what Half returns.
func (t *Tensor) RequireGrad() *Tensor {
	if t.data == nil && !t.half() {
		fail("RequireGrad", "a packed or stored weight has no gradient", t)
	}
	t.grad, t.wants = make([]float32, t.Len()), true
	return t
}

func (t *Tensor) needsGrad() bool { return t != nil && t.wants }

// Backward adds to every leaf that asked for one the gradient of t, a scalar.
func (t *Tensor) Backward() {
	if t.Len() != 1 || !t.needsGrad() {
		fail("Backward", "want a scalar that depends on a leaf with a gradient", t)
	}
	t.backward([]float32{1}, true)
}

// backward is Backward of a t whose gradient is dt, and whose values are kept or not.
func (t *Tensor) backward(dt []float32, keep bool) {
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
	t.grad = dt
	for _, u := range slices.Backward(order) {
		if u.grad != nil { // nothing has come where all targets were to be ignored
			u.from.vjp(u.grad)
		}
		u.spend(u == t && keep)
	}
}

// spend gives back the memory of t, whose gradient has flowed on, but its values where
// they are kept.
func (t *Tensor) spend(keep bool) {
	if t.arena.recycles() {
		t.arena.give(t.grad)
		if !t.view && !keep {
			t.arena.give(t.data)
		}
		t.from = nil
	}
	t.grad = nil
}

// sink returns where the gradient of t is to be added or, if fresh, to be set, the
// values being anything yet.
func (t *Tensor) sink() (g []float32, fresh bool) {
	if t.grad != nil {
		return t.grad, false
	}
	t.grad = t.arena.floats(len(t.data))
	return t.grad, true
}

// summed returns where the gradient of t is to be added.
func (t *Tensor) summed() []float32 {
	g, fresh := t.sink()
	if fresh {
		spread(&additions, len(g), additionGrain, addition{g, nil, nil})
	}
	return g
}

// take adds the gradient of y, which is as long as t and of no more use, to that of t.
func (t *Tensor) take(y *Tensor) {
	if t.grad == nil {
		t.grad, y.grad = y.grad, nil
		return
	}
	t.add(y.grad)
}

// add adds dy to the gradient of t.
func (t *Tensor) add(dy []float32) {
	g, fresh := t.sink()
	if fresh {
		spread(&additions, len(g), additionGrain, addition{g, dy, nil})
	} else {
		spread(&additions, len(g), additionGrain, addition{g, g, dy})
	}
}

// record remembers how t was made. Callers test needsGrad first, so that the
// closure is built in training only.
func (t *Tensor) record(vjp func(dy []float32), in ...*Tensor) *Tensor {
	if t.arena.recycles() && t.arena.recycler.paused {
		return t
	}
	t.wants, t.from = true, &step{in, vjp}
	for _, x := range in {
		if x != nil && x.from != nil {
			x.uses++
		}
	}
	return t
}
