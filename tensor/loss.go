package tensor

import (
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// Ignore is the target of a position that CrossEntropy leaves out.
const Ignore int32 = -100

// CrossEntropy returns the mean over all targets but Ignore of
// -log softmax(logits)[target], for logits [...,V]: a scalar. It is 0 where
// every target is Ignore.
func CrossEntropy(logits *Tensor, targets []int32) *Tensor {
	v := logits.Dim(-1)
	if len(logits.data) != v*len(targets) {
		fail("CrossEntropy", "as many targets as rows are needed", logits)
	}
	var loss float64
	n := 0
	for i, target := range targets {
		if target != Ignore {
			row := logits.data[i*v : (i+1)*v]
			loss += LogSumExp(row) - float64(row[target])
			n++
		}
	}
	scale := 1 / float64(max(n, 1))
	y := arenaOf(logits).New(1)
	y.data[0] = float32(loss * scale)
	if logits.needsGrad() {
		targets := slices.Clone(targets)
		return y.record(func(dy []float32) {
			p := make([]float32, v)
			for i, target := range targets {
				if target == Ignore {
					continue
				}
				kernel.Softmax(p, logits.data[i*v:(i+1)*v], 1)
				g := dy[0] * float32(scale)
				kernel.Axpy(g, p, logits.grad[i*v:(i+1)*v])
				logits.grad[i*v+int(target)] -= g
			}
		}, logits)
	}
	return y
}

// LogSumExp returns log Σ exp(x), summed in float64.
func LogSumExp(x []float32) float64 {
	top := float64(kernel.Max(x))
	var sum float64
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// MeanSquare returns the mean of (x - target)²: a scalar, the loss of regression.
func MeanSquare(x *Tensor, target []float32) *Tensor {
	if len(target) != len(x.data) {
		fail("MeanSquare", "as many targets as values are needed", x)
	}
	n := float64(len(target))
	var sum float64
	for i, v := range x.data {
		d := float64(v) - float64(target[i])
		sum += d * d
	}
	y := arenaOf(x).New(1)
	y.data[0] = float32(sum / n)
	if x.needsGrad() {
		target := slices.Clone(target)
		return y.record(func(dy []float32) {
			for i, v := range x.data {
				x.grad[i] += dy[0] * float32(2/n) * (v - target[i])
			}
		}, x)
	}
	return y
}
