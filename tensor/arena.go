package tensor

import "sync"

// An Arena is memory for the results of one forward pass. A tensor made from a
// tensor of an arena lies in it too, and so on through a model; Reset gives all
// of it back at once, for the next pass to write over. So a result must be
// copied out, or be done with, before Reset. An arena serves one goroutine.
//
// The zero Arena is ready for use. It grows to what the largest pass needed; in
// a steady state it allocates nothing. Training has arenas of its own: see
// NewTrainingArena.
type Arena struct {
	blocks  [][]float32
	block   int // index of the block in use
	used    int // values used of it
	headers [][]Tensor
	header  int // headers used
	total   int // values handed out and not given back
	most    int // the largest total since Reset

	recycler *recycler // nil but in training
}

const (
	arenaBlock   = 1 << 18 // values: 1 MiB
	headerBlock  = 256     // tensors
	arenaAligned = 16      // values: a cache line
)

// Reset gives back everything that the arena has handed out; a may be nil.
func (a *Arena) Reset() {
	if a == nil {
		return
	}
	if a.recycler != nil {
		a.recycler.since(0, nil)
	}
	if len(a.blocks) > 1 { // one block that holds all is faster next time
		a.blocks = [][]float32{make([]float32, a.most+a.most/8)}
	}
	a.block, a.used, a.header, a.total, a.most = 0, 0, 0, 0, 0
}

// A Mark is a moment of an arena, to which Keep goes back.
type Mark struct{ block, used, header, total, loans int }

// Mark returns the present moment; a may be nil.
func (a *Arena) Mark() Mark {
	if a == nil {
		return Mark{}
	}
	m := Mark{a.block, a.used, a.header, a.total, 0}
	if a.recycler != nil {
		m.loans = a.recycler.count
	}
	return m
}

// Keep gives back what the arena has handed out since mark, all but x, and returns
// x, which it may have moved. A layer of a model leaves so no more than its result,
// and the next one works in memory that is still in the processor's cache:
//
//	x = p.Arena.Keep(p.Arena.Mark(), layer.forward(p, x))
//
// Without an arena, and for an x that a gradient flows into, Keep does nothing.
func (a *Arena) Keep(mark Mark, x *Tensor) *Tensor {
	if a == nil || x.arena != a || x.needsGrad() {
		return x
	}
	old := *x
	a.block, a.used, a.header, a.total = mark.block, mark.used, mark.header, mark.total
	y := a.tensor()
	y.setShape(old.dims[:old.rank])
	if a.recycler != nil {
		a.recycler.since(mark.loans, old.data)
		y.data = old.data
		return y
	}
	y.data = a.floats(len(old.data))
	copy(y.data, old.data)
	return y
}

// floats returns n values that are not zeroed.
func (a *Arena) floats(n int) []float32 {
	if a == nil {
		return make([]float32, n)
	}
	if a.recycler != nil {
		return a.recycler.floats(n)
	}
	need := (n + arenaAligned - 1) &^ (arenaAligned - 1)
	a.total += need
	a.most = max(a.most, a.total)
	for a.block < len(a.blocks) && a.used+need > len(a.blocks[a.block]) {
		a.block, a.used = a.block+1, 0
	}
	if a.block == len(a.blocks) {
		a.blocks = append(a.blocks, make([]float32, max(need, arenaBlock)))
	}
	s := a.blocks[a.block][a.used : a.used+n : a.used+n]
	a.used += need
	return s
}

// tensor returns an empty header.
func (a *Arena) tensor() *Tensor {
	if a == nil {
		return &Tensor{}
	}
	if a.header == len(a.headers)*headerBlock {
		a.headers = append(a.headers, make([]Tensor, headerBlock))
	}
	t := &a.headers[a.header/headerBlock][a.header%headerBlock]
	a.header++
	*t = Tensor{arena: a}
	return t
}

// Zeros returns a tensor of zeros in the arena; a may be nil, for the Go heap.
func (a *Arena) Zeros(shape ...int) *Tensor {
	t := a.New(shape...)
	clear(t.data)
	return t
}

// New returns a tensor in the arena whose values are yet to be written; a may be
// nil, for the Go heap.
func (a *Arena) New(shape ...int) *Tensor {
	t := a.tensor()
	t.setShape(shape)
	t.data = a.floats(t.Len())
	return t
}

// like returns a result of x's shape, its values yet to be written.
func like(x *Tensor, others ...*Tensor) *Tensor {
	return arenaOf(x, others...).New(x.Shape()...)
}

// arenaOf returns the first arena among tensors.
func arenaOf(x *Tensor, others ...*Tensor) *Arena {
	if x.arena != nil {
		return x.arena
	}
	for _, o := range others {
		if o != nil && o.arena != nil {
			return o.arena
		}
	}
	return nil
}

// scratch holds buffers between uses, so that tasks on several threads need not
// allocate. It is bounded by what runs at once.
var scratch struct {
	sync.Mutex
	free [][]float32
}

// borrow returns n values that are not zeroed; giveBack returns them.
func borrow(n int) []float32 {
	scratch.Lock()
	defer scratch.Unlock()
	for i := len(scratch.free) - 1; i >= 0; i-- {
		if b := scratch.free[i]; cap(b) >= n {
			last := len(scratch.free) - 1
			scratch.free[i] = scratch.free[last]
			scratch.free = scratch.free[:last]
			return b[:n]
		}
	}
	if len(scratch.free) > 0 { // all too small: the new one takes the place of one
		scratch.free = scratch.free[:len(scratch.free)-1]
	}
	return make([]float32, n, n+n/4+64)
}

func giveBack(b []float32) {
	scratch.Lock()
	defer scratch.Unlock()
	if len(scratch.free) < 64 {
		scratch.free = append(scratch.free, b)
	}
}
