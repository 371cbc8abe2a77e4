package tokenizer

import (
	"errors"
	"fmt"
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

// EncodeBatchWindows returns the windows of each row, one text or two, on as many
// threads as are given, as EncodeWindows does. If pad is given all are filled up
// to one length, to that of the longest first window if it names none.
func (t *Tokenizer) EncodeBatchWindows(rows [][]string, cut Truncation, pad *Padding, threads int, opts ...Option) ([][]Encoding, error) {
	out := make([][]Encoding, len(rows))
	errs := make([]error, len(rows))
	parallel(len(rows), threads, func(i int) {
		if out[i], errs[i] = t.EncodeWindows(rows[i], cut, opts...); errs[i] != nil {
			errs[i] = fmt.Errorf("rows[%d]: %w", i, errs[i])
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if pad == nil {
		return out, nil
	}
	p := *pad
	for _, windows := range out {
		if pad.Length <= 0 {
			p.Length = max(p.Length, len(windows[0].IDs))
		}
	}
	parallel(len(out), threads, func(i int) {
		if p.Length > 0 {
			Pad(out[i], p)
		}
	})
	return out, nil
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
