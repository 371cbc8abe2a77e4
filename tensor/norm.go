package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// RMSNorm returns x / rms(x) * w over the last axis, rms(x)² being mean(x²)+eps
// (arXiv:1910.07467).
func RMSNorm(x, w *Tensor, eps float64) *Tensor { return norm(x, w, nil, eps, false) }

// LayerNorm returns (x - mean(x)) / std(x) * w + b over the last axis, std(x)²
// being the biased variance plus eps (arXiv:1607.06450).
func LayerNorm(x, w, b *Tensor, eps float64) *Tensor { return norm(x, w, b, eps, true) }

// AddRMSNorm returns x + y, and [RMSNorm] of it, in one pass over them.
func AddRMSNorm(x, y, w *Tensor, eps float64) (sum, normed *Tensor) {
	return addNorm(x, y, w, nil, eps, false, true)
}

// AddLayerNorm returns x + y, and [LayerNorm] of it, in one pass over them.
func AddLayerNorm(x, y, w, b *Tensor, eps float64) (sum, normed *Tensor) {
	return addNorm(x, y, w, b, eps, true, true)
}

// LayerNormSum is [AddLayerNorm] for those who have no use for the sum.
func LayerNormSum(x, y, w, b *Tensor, eps float64) *Tensor {
	_, normed := addNorm(x, y, w, b, eps, true, false)
	return normed
}

// addNorm norms x + y. It returns the sum too, where keep asks for it.
func addNorm(x, y, w, b *Tensor, eps float64, center, keep bool) (sum, normed *Tensor) {
	if !sameShape(x, y) {
		fail("AddNorm", "shapes differ", x, y)
	}
	if x.needsGrad() || y.needsGrad() || w.needsGrad() || b.needsGrad() { // the gradient needs the sum's
		sum = Add(x, y)
		return sum, norm(sum, w, b, eps, center)
	}
	t := newNorm(x, w, b, eps, center)
	normed = like(x, y)
	t.y, t.more, t.sum = normed.data, y.data, normed.data
	if keep {
		sum = like(x, y)
		t.sum = sum.data
	}
	t.run()
	return sum, normed
}

func newNorm(x, w, b *Tensor, eps float64, center bool) normTask {
	e := x.Dim(-1)
	if w.Len() != e || w.data == nil || b != nil && b.data == nil || b != nil && b.Len() != e {
		fail("Norm", "the weight is not a plain array as long as x's last axis", x, w, b)
	}
	t := normTask{x: x.data, w: w.data, eps: float32(eps), e: e, center: center}
	if b != nil {
		t.b = b.data
	}
	return t
}

func norm(x, w, b *Tensor, eps float64, center bool) *Tensor {
	t := newNorm(x, w, b, eps, center)
	y := like(x)
	t.y = y.data
	training := x.needsGrad() || w.needsGrad() || b.needsGrad()
	if training {
		t.stat = y.arena.floats(2 * len(x.data) / t.e)
	}
	t.run()
	if training {
		stat := t.stat
		return y.record(func([]float32) { normGrad(y, x, w, b, stat, center) }, x, w, b)
	}
	return y
}

var norms freeList[spreadTask[normTask]]

// normTask norms rows of e values: of x, or, if more is not nil, of x + more, which it
// leaves in sum. It leaves the mean and the reciprocal of the deviation of each row of
// x in stat, if that is not nil.
type normTask struct {
	y, x, w, b, stat []float32
	more, sum        []float32
	eps              float32
	e                int
	center           bool
}

func (t normTask) run() {
	spread(&norms, len(t.x)/t.e, max(1, normGrain/t.e), t)
}

// normGrain is how many values one thread norms at a time: they are passed over thrice.
const normGrain = 1 << 12

func (t normTask) span(lo, hi int) {
	lo, hi = lo*t.e, hi*t.e
	var more, sum []float32
	if t.more != nil {
		more, sum = t.more[lo:hi], t.sum[lo:hi]
	}
	if t.stat == nil && t.center == (t.b != nil) {
		norm := kernel.Norm{RMS: !t.center, W: t.w, B: t.b, Eps: t.eps}
		norm.Rows(t.y[lo:hi], sum, t.x[lo:hi], more)
		return
	}
	for i := lo; i < hi; i += t.e {
		x, y := t.x[i:i+t.e], t.y[i:i+t.e]
		if more != nil {
			kernel.Add(y, x, t.more[i:i+t.e])
			copy(t.sum[i:i+t.e], y)
			x = y
		}
		var mean, rstd float32
		if t.center {
			mean, rstd = kernel.LayerNorm(y, x, t.w, t.b, t.eps)
		} else {
			rstd = kernel.RMSNorm(y, x, t.w, t.eps)
		}
		if t.stat != nil {
			t.stat[2*i/t.e], t.stat[2*i/t.e+1] = mean, rstd
		}
	}
}
