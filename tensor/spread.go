package tensor

import "github.com/nlp-zoo/zoo/internal/parallel"

// A spanner does its work on the indices of [lo,hi).
type spanner interface{ span(lo, hi int) }

// spreadTask carries a spanner to the worker threads.
type spreadTask[S spanner] struct{ s S }

func (t *spreadTask[S]) Run(lo, hi int) { t.s.span(lo, hi) }

// spread calls s.span on parts of [0,n) of grain indices on all threads, and at
// once where one part is all there is. The record comes from free.
func spread[S spanner](free *freeList[spreadTask[S]], n, grain int, s S) {
	if n <= grain {
		s.span(0, n)
		return
	}
	t := free.get()
	t.s = s
	parallel.Default().Do(n, grain, t)
	*t = spreadTask[S]{}
	free.put(t)
}
