package tokenizer

import (
	"sync"
	"sync/atomic"
)

// EncodeBatch returns the ids of each text, on as many threads as are given. They
// are what Encode returns.
func (t *Tokenizer) EncodeBatch(texts []string, threads int, opts ...Option) [][]int32 {
	out := make([][]int32, len(texts))
	parallel(len(texts), threads, func(i int) { out[i] = t.Encode(texts[i], opts...) })
	return out
}

// parallel calls f for 0 to n-1 on at most threads goroutines, of which the
// caller's is one.
func parallel(n, threads int, f func(i int)) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var group sync.WaitGroup
	for range min(threads, n) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}
