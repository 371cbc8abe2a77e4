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
	return Entropy{Mean: true}.Loss(logits, targets)
}

// An Entropy is a cross-entropy with what some recipes add to it. The zero Entropy
// is the plain one, as a sum over the targets.
type Entropy struct {
	// Smoothing moves that part of the target's probability to all tokens evenly:
	// "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567.
	Smoothing float64
	// Z is the weight of log²Σe^logit, which keeps logits from drifting: "PaLM",
	// arXiv:2204.02311.
	Z float64
	// Mean asks for the mean over the targets in place of the sum.
	Mean bool
}

// Loss returns the loss of logits [...,V] for a target a row, which is left out where
// it is Ignore: a scalar, 0 where all are.
//
// With a training arena, Backward writes the gradient over logits that nothing else
// reads.
func (e Entropy) Loss(logits *Tensor, targets []int32) *Tensor {
	v := logits.Dim(-1)
	if len(logits.data) != v*len(targets) {
		fail("CrossEntropy", "as many targets as rows are needed", logits)
	}
	y := arenaOf(logits).New(1)
	t := entropyTask{Entropy: e, x: logits.data, v: v, targets: targets, losses: make([]float64, len(targets))}
	if logits.needsGrad() {
		t.stat = y.arena.floats(2 * len(targets))
		t.targets = slices.Clone(targets)
	}
	t.run()
	var loss float64
	n := 0
	for i, target := range targets {
		if target != Ignore {
			loss += t.losses[i]
			n++
		}
	}
	scale := 1.0
	if e.Mean {
		scale = 1 / float64(max(n, 1))
	}
	y.data[0] = float32(loss * scale)
	if logits.needsGrad() {
		return y.record(func(dy []float32) {
			t := t
			t.losses, t.scale = nil, dy[0]*float32(scale)
			switch {
			case logits.grad != nil:
				t.g, t.add = logits.grad, true
			case logits.arena.recycles() && logits.uses == 1 && !logits.view && logits.from != nil:
				logits.grad = logits.data
				t.g = logits.grad
			default:
				t.g, _ = logits.sink()
			}
			t.run()
		}, logits)
	}
	return y
}

var entropies freeList[spreadTask[entropyTask]]

// entropyTask makes the losses of rows of v logits, or, where losses is nil, their
// gradients.
type entropyTask struct {
	Entropy
	x, g, stat []float32 // stat: the largest logit of each row, and the sum of e^(logit-largest)
	targets    []int32
	losses     []float64
	v          int
	scale      float32
	add        bool
}

// entropyGrain is how many logits one thread takes at a time, and entropyChunk how many
// stay in the nearest cache.
const entropyGrain, entropyChunk = 1 << 14, 1 << 11

func (t entropyTask) run() { spread(&entropies, len(t.targets), max(1, entropyGrain/(t.v+1)), t) }

func (t entropyTask) span(lo, hi int) {
	e := borrow(entropyChunk)
	for i := lo; i < hi; i++ {
		switch {
		case t.losses != nil:
			if t.targets[i] != Ignore {
				t.losses[i] = t.loss(i, e)
			}
		case t.targets[i] != Ignore:
			t.gradient(i, e)
		case !t.add:
			clear(t.g[i*t.v : (i+1)*t.v])
		}
	}
	giveBack(e)
}

// loss returns the loss of row i.
func (t entropyTask) loss(i int, e []float32) float64 {
	row := t.x[i*t.v : (i+1)*t.v]
	top := kernel.Max(row)
	var sum, all float64
	for part := range slices.Chunk(row, entropyChunk) {
		e := e[:len(part)]
		kernel.Normed(e, part, top, 1)
		kernel.Exp(e, e)
		sum += float64(kernel.Sum(e))
		if t.Smoothing != 0 {
			all += float64(kernel.Sum(part))
		}
	}
	if t.stat != nil {
		t.stat[2*i], t.stat[2*i+1] = top, float32(sum)
	}
	z := float64(top) + math.Log(sum)
	return z + t.Z*z*z - (1-t.Smoothing)*float64(row[t.targets[i]]) - t.Smoothing*all/float64(t.v)
}

// gradient writes the gradient of row i, which may stand where the row does.
func (t entropyTask) gradient(i int, e []float32) {
	row, g := t.x[i*t.v:(i+1)*t.v], t.g[i*t.v:(i+1)*t.v]
	top, sum := t.stat[2*i], float64(t.stat[2*i+1])
	z := float64(top) + math.Log(sum)
	a := float32(float64(t.scale) * (1 + 2*t.Z*z) / sum)
	even := t.scale * float32(t.Smoothing/float64(t.v))
	for at := 0; at < t.v; at += entropyChunk {
		end := min(at+entropyChunk, t.v)
		e, g := e[:end-at], g[at:end]
		kernel.Normed(e, row[at:end], top, 1)
		kernel.Exp(e, e)
		switch {
		case t.add:
			kernel.Axpy(a, e, g)
		default:
			kernel.Scale(g, a, e)
		}
		if even != 0 {
			kernel.Normed(g, g, even, 1)
		}
	}
	g[t.targets[i]] -= t.scale * float32(1-t.Smoothing)
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
			g := x.summed()
			for i, v := range x.data {
				g[i] += dy[0] * float32(2/n) * (v - target[i])
			}
		}, x)
	}
	return y
}
