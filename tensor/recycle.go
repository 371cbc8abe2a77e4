package tensor

import (
	"math"
	"runtime"
	"slices"
	"unsafe"

	"github.com/nlp-zoo/zoo/internal/mmap"
)

// NewTrainingArena returns an arena for training. Results that a gradient flows into
// stay until Backward has passed them, and their memory is then that of other gradients;
// so a step needs not much more than its activations, and the next one needs nothing
// new. The memory lies outside of the Go heap, in huge pages where the system has them,
// and goes with the arena.
//
// Backward leaves nothing but its scalar, other results of few values, and the gradients
// of leaves: logits, say, are to be read before. It may write over the logits.
func NewTrainingArena() *Arena {
	return &Arena{recycler: &recycler{live: map[*float32]loan{}, least: recycled}}
}

// A recycler hands out memory, and takes it back in any order: the first gap that is
// large enough, so that what is in use lies together.
type recycler struct {
	memory []*mmap.Memory
	gaps   []gap // by block and place
	live   map[*float32]loan
	count  int  // loans so far
	least  int  // values that are worth being given back before the step ends
	paused bool // operations are not recorded
	poison bool // memory that is given back becomes NaN, for tests
}

// A gap is memory that is free.
type gap struct {
	block int
	at    int // values from the start of the block
	data  []float32
}

// A loan is memory in use.
type loan struct {
	gap
	number int
}

// recycled is how many values are given back before the step ends: scalars and the
// like may be read after Backward.
const recycled = 4096

// recycledBlock is how many values memory grows by at least. Pages that are not
// written to take up nothing.
const recycledBlock = 64 << 20

// floats returns n values that are not zeroed.
func (r *recycler) floats(n int) []float32 {
	need := max((n+arenaAligned-1)&^(arenaAligned-1), arenaAligned)
	i := slices.IndexFunc(r.gaps, func(g gap) bool { return len(g.data) >= need })
	if i < 0 {
		m := mmap.NewMemory(4 * max(need, recycledBlock))
		runtime.AddCleanup(r, func(m *mmap.Memory) { _ = m.Close() }, m)
		r.memory = append(r.memory, m)
		r.gaps = append(r.gaps, gap{len(r.memory) - 1, 0, sliceOf[float32](m.Bytes())})
		i = len(r.gaps) - 1
	}
	g := &r.gaps[i]
	taken := gap{g.block, g.at, g.data[:need:need]}
	if g.at, g.data = g.at+need, g.data[need:]; len(g.data) == 0 {
		r.gaps = slices.Delete(r.gaps, i, i+1)
	}
	r.count++
	r.live[unsafe.SliceData(taken.data)] = loan{taken, r.count}
	return taken.data[:n:n]
}

// give takes back what floats has returned. It passes over memory of others.
func (r *recycler) give(data []float32) {
	at := unsafe.SliceData(data)
	l, ok := r.live[at]
	if !ok {
		return
	}
	delete(r.live, at)
	if r.poison {
		for i := range l.data {
			l.data[i] = float32(math.NaN())
		}
	}
	i, _ := slices.BinarySearchFunc(r.gaps, l.gap, func(g, l gap) int {
		if g.block != l.block {
			return g.block - l.block
		}
		return g.at - l.at
	})
	r.gaps = slices.Insert(r.gaps, i, l.gap)
	r.join(i)
	r.join(i - 1)
}

// join makes one of gap i and the next where they touch.
func (r *recycler) join(i int) {
	if i < 0 || i+1 >= len(r.gaps) {
		return
	}
	a, b := &r.gaps[i], r.gaps[i+1]
	if a.block == b.block && a.at+len(a.data) == b.at {
		a.data = unsafe.Slice(unsafe.SliceData(a.data), len(a.data)+len(b.data))
		r.gaps = slices.Delete(r.gaps, i+1, i+2)
	}
}

// since gives back all loans after number n, but not that of keep.
func (r *recycler) since(n int, keep []float32) {
	at := unsafe.SliceData(keep)
	for p, l := range r.live {
		if l.number > n && p != at {
			r.give(l.data)
		}
	}
}

// Bytes returns how much memory the arena has taken from the system.
func (a *Arena) Bytes() int {
	n := 0
	for _, b := range a.blocks {
		n += 4 * len(b)
	}
	if a.recycler != nil {
		for _, m := range a.recycler.memory {
			n += len(m.Bytes())
		}
	}
	return n
}

// give takes back the memory of a result that nothing reads any more.
func (a *Arena) give(data []float32) {
	if a != nil && a.recycler != nil && len(data) >= a.recycler.least {
		a.recycler.give(data)
	}
}

// recycles tells whether Backward gives memory back.
func (a *Arena) recycles() bool { return a != nil && a.recycler != nil }
