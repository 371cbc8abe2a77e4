package data

import (
	"math"
	"sort"
)

// A Budget says how values of different lengths become batches.
type Budget struct {
	// Tokens is the most that a batch has, padding counted: values × the longest. A
	// value over it is a batch by itself; 0: no limit.
	Tokens int
	// Values is the most values of a batch; 0: no limit.
	Values int
	// Multiple is what lengths are rounded up to, as padding is; 0: 1.
	Multiple int
	// Window is how many values are read before they are sorted by length: more
	// make batches that need less padding, and take more memory. 0: 1024.
	Window int
}

// Bucket returns batches of values of in whose lengths are near to each other, in an
// order drawn by seed.
func Bucket[T any](in Stream[T], b Budget, length func(T) int, seed uint64) Stream[[]T] {
	if b.Window <= 0 {
		b.Window = 1024
	}
	if b.Tokens <= 0 {
		b.Tokens = math.MaxInt
	}
	if b.Values <= 0 {
		b.Values = math.MaxInt
	}
	return windows(in, b.Window, func(values []T, number uint64) [][]T {
		sort.SliceStable(values, func(i, j int) bool { return length(values[i]) < length(values[j]) })
		var batches [][]T
		for start, i := 0, 0; i < len(values); i++ {
			if i+1 < len(values) && b.holds(i+2-start, length(values[i+1])) {
				continue
			}
			batches = append(batches, values[start:i+1:i+1])
			start = i + 1
		}
		order := NewPermutation(len(batches), draw(seed, number))
		out := make([][]T, len(batches))
		for i := range out {
			out[i] = batches[order.At(i)]
		}
		return out
	})
}

// holds reports whether n values of up to longest tokens are no more than a batch.
func (b Budget) holds(n, longest int) bool {
	if m := b.Multiple; m > 1 {
		longest = (longest + m - 1) / m * m
	}
	return n <= b.Values && (longest == 0 || n <= b.Tokens/longest)
}
