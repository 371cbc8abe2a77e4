package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// splitKeys is how many keys of a single query are worth a task of their own.
const splitKeys = 512

// splits reports whether there are too few heads for all threads, but many keys. Then
// threads share a head, one step of attention after the other.
func (t *attend) splits() bool {
	return t.T == 1 && !t.ranged() && t.mask.Drop.Rate == 0 && t.kx == nil && t.B*t.K < parallel.Threads() && t.S >= 2*splitKeys
}

// A splitStep is a step of attention of single queries over all rows and heads. What
// a step does for one key, row or dimension is what an undivided attention does, so
// the result is the same to the bit.
type splitStep struct {
	t      *attend
	step   int       // 0: score a part of the keys, 1: soften a row, 2: weigh a panel of values
	scores []float32 // of all rows and heads, ld apart
	ld     int
	parts  int // of a head
}

var splitSteps freeList[splitStep]

// runSplit works on all rows and heads, in three loops over the threads.
func (t *attend) runSplit() {
	s := splitSteps.get()
	*s = splitStep{t: t, ld: rowRoom(t.S)}
	s.scores = borrow(t.B * t.H * s.ld)
	pool := parallel.Default()
	for i, parts := range [3]int{(t.S + splitKeys - 1) / splitKeys, t.H / t.K, (t.D + kernel.Panel - 1) / kernel.Panel} {
		s.step, s.parts = i, parts
		pool.Do(t.B*t.K*parts, 1, s)
	}
	giveBack(s.scores)
	*s = splitStep{}
	splitSteps.put(s)
}

// borrowWide returns room for panels as float32, or nil if none is needed.
func (t *attend) borrowWide() []float32 {
	if t.cached == nil || t.cached[0].form != Q8_0 {
		return nil
	}
	return borrow(max(widened, t.D*kernel.Panel))
}

// Run does the tasks [lo,hi) of a step.
func (s *splitStep) Run(lo, hi int) {
	t, group := s.t, s.t.H/s.t.K
	w := tile{wide: t.borrowWide()}
	for i := lo; i < hi; i++ {
		b, kv, part := i/s.parts/t.K, i/s.parts%t.K, i%s.parts
		t.look(&w, b, kv*group)
		rows := group
		if s.step == 1 {
			w.h, rows = w.h+part, 1
		}
		w.scores = s.scores[(b*t.H+w.h)*s.ld:]
		t.aim(&w, 0, rows, true)
		w.ld = s.ld
		if t.real(b) < 1 {
			w.hi = w.lo
		}
		switch s.step {
		case 0:
			if first := w.lo + part*splitKeys; first < w.hi {
				t.score(&w, first, min(first+splitKeys, w.hi))
			}
		case 1:
			if w.hi > w.lo {
				t.soften(&w)
			}
		default:
			t.weighPanel(&w, part*kernel.Panel)
		}
	}
	if w.wide != nil {
		giveBack(w.wide)
	}
}
