package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// RMSNorm returns x / rms(x) * w over the last axis, rms(x)² being mean(x²)+eps
// (arXiv:1910.07467).
func RMSNorm(x, w *Tensor, eps float64) *Tensor { return norm(x, w, nil, eps, false) }

// LayerNorm returns (x - mean(x)) / std(x) * w + b over the last axis, std(x)²
// being the biased variance plus eps (arXiv:1607.06450).
func LayerNorm(x, w, b *Tensor, eps float64) *Tensor { return norm(x, w, b, eps, true) }

func norm(x, w, b *Tensor, eps float64, center bool) *Tensor {
	e := x.Dim(-1)
	if w.Len() != e || w.data == nil || b != nil && b.data == nil || b != nil && b.Len() != e {
		fail("Norm", "the weight is not a plain array as long as x's last axis", x, w, b)
	}
	y := like(x)
	t := normTask{y: y.data, x: x.data, w: w.data, eps: float32(eps), e: e, center: center}
	if b != nil {
		t.b = b.data
	}
	training := x.needsGrad() || w.needsGrad() || b.needsGrad()
	if training {
		t.stat = make([]float32, 2*len(x.data)/e)
	}
	spread(&norms, len(x.data)/e, max(1, pointwiseGrain/e), t)
	if training {
		stat := t.stat
		return y.record(func(dy []float32) { normGrad(x, w, b, dy, stat, center) }, x, w, b)
	}
	return y
}

var norms freeList[spreadTask[normTask]]

// normTask norms rows of e values. It leaves the mean and the reciprocal of the
// deviation of each row in stat, if that is not nil.
type normTask struct {
	y, x, w, b, stat []float32
	eps              float32
	e                int
	center           bool
}

func (t normTask) span(lo, hi int) {
	for i := lo; i < hi; i++ {
		x, y := t.x[i*t.e:(i+1)*t.e], t.y[i*t.e:(i+1)*t.e]
		var mean, rstd float32
		if t.center {
			mean, rstd = kernel.LayerNorm(y, x, t.w, t.b, t.eps)
		} else {
			rstd = kernel.RMSNorm(y, x, t.w, t.eps)
		}
		if t.stat != nil {
			t.stat[2*i], t.stat[2*i+1] = mean, rstd
		}
	}
}

func normGrad(x, w, b *Tensor, dy, stat []float32, center bool) {
	e := x.Dim(-1)
	hat, d := borrow(e), borrow(e)
	for i := range len(dy) / e {
		mean, rstd := stat[2*i], stat[2*i+1]
		row, g := x.data[i*e:(i+1)*e], dy[i*e:(i+1)*e]
		for j, v := range row {
			hat[j] = (v - mean) * rstd
		}
		if w.needsGrad() {
			kernel.MulAdd(w.grad, g, hat)
		}
		if b.needsGrad() {
			kernel.Axpy(1, g, b.grad)
		}
		if !x.needsGrad() {
			continue
		}
		kernel.Mul(d, g, w.data) // of x̂
		dot, sum := kernel.Dot(d, hat)/float32(e), float32(0)
		if center {
			sum = kernel.Sum(d) / float32(e)
		}
		dx := x.grad[i*e : (i+1)*e]
		for j := range dx {
			dx[j] += rstd * (d[j] - sum - hat[j]*dot)
		}
	}
	giveBack(hat)
	giveBack(d)
}
