package tensor

import (
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// MeanRows returns the mean of the first lens[b] tokens of each row of x [B,T,E]:
// [B,E]; of all tokens where lens is nil.
func MeanRows(x *Tensor, lens []int) *Tensor {
	if x.rank != 3 || lens != nil && len(lens) != x.dims[0] {
		fail("MeanRows", "want [B,T,E] and B lengths", x)
	}
	b, t, e := x.dims[0], x.dims[1], x.dims[2]
	lens = slices.Clone(lens)
	for len(lens) < b {
		lens = append(lens, t)
	}
	y := x.arena.New(b, e)
	clear(y.data)
	for i, n := range lens {
		for j := range n {
			at := (i*t + j) * e
			kernel.Axpy(1/float32(n), x.data[at:at+e], y.data[i*e:(i+1)*e])
		}
	}
	if !x.needsGrad() {
		return y
	}
	return y.record(func(dy []float32) {
		g := x.summed()
		for i, n := range lens {
			for j := range n {
				at := (i*t + j) * e
				kernel.Axpy(1/float32(n), dy[i*e:(i+1)*e], g[at:at+e])
			}
		}
	}, x)
}

// BinaryEntropy returns the sum of -log of the probability that independent answers
// have by logits: of target where it is 1, and of its contrary where it is 0.
func BinaryEntropy(logits *Tensor, target []float32) *Tensor {
	if len(target) != len(logits.data) {
		fail("BinaryEntropy", "as many targets as values are needed", logits)
	}
	y := arenaOf(logits).New(1)
	var loss float64
	for i, v := range logits.data {
		x := float64(v)
		loss += max(x, 0) - x*float64(target[i]) + math.Log1p(math.Exp(-math.Abs(x)))
	}
	y.data[0] = float32(loss)
	if !logits.needsGrad() {
		return y
	}
	target = slices.Clone(target)
	return y.record(func(dy []float32) {
		g := logits.summed()
		for i, v := range logits.data {
			g[i] += dy[0] * float32(1/(1+math.Exp(-float64(v)))-float64(target[i]))
		}
	}, logits)
}
