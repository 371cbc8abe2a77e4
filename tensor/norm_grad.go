package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// normGrad adds the gradients of a norm y of x, stat being the mean and the reciprocal
// of the deviation of each row.
func normGrad(y, x, w, b *Tensor, stat []float32, center bool) {
	t := normGradTask{dy: y.grad, x: x.data, w: w.data, stat: stat, e: x.Dim(-1), center: center}
	if x.needsGrad() {
		t.dx, t.add = y.grad, x.grad != nil // in place, where there is nothing to be added to
		if t.add {
			t.dx = x.grad
		}
	}
	rows := len(t.dy) / t.e
	parts := (rows + normRows - 1) / normRows
	if w.needsGrad() {
		t.dw = borrow(parts * t.e)
	}
	if b.needsGrad() {
		t.db = borrow(parts * t.e)
	}
	spread(&normGrads, parts, 1, t)
	for i := range parts {
		if t.dw != nil {
			kernel.Axpy(1, t.dw[i*t.e:(i+1)*t.e], w.summed())
		}
		if t.db != nil {
			kernel.Axpy(1, t.db[i*t.e:(i+1)*t.e], b.summed())
		}
	}
	if t.dw != nil {
		giveBack(t.dw)
	}
	if t.db != nil {
		giveBack(t.db)
	}
	if x.needsGrad() && !t.add {
		x.take(y)
	}
}

// normRows is how many rows the gradient of a norm's weight is summed over before these
// sums are: a number that does not depend on the threads.
const normRows = 64

var normGrads freeList[spreadTask[normGradTask]]

// normGradTask makes the gradients of parts of normRows rows, those of the weight and
// the bias for each part.
type normGradTask struct {
	dx, dw, db     []float32
	dy, x, w, stat []float32
	e              int
	add, center    bool
}

func (t normGradTask) span(lo, hi int) {
	hat, d := borrow(t.e), borrow(t.e)
	for part := lo; part < hi; part++ {
		var dw, db []float32
		if t.dw != nil {
			dw = t.dw[part*t.e : (part+1)*t.e]
			clear(dw)
		}
		if t.db != nil {
			db = t.db[part*t.e : (part+1)*t.e]
			clear(db)
		}
		for i := part * normRows; i < min((part+1)*normRows, len(t.dy)/t.e); i++ {
			mean, rstd := t.stat[2*i], t.stat[2*i+1]
			g := t.dy[i*t.e : (i+1)*t.e]
			kernel.Normed(hat, t.x[i*t.e:(i+1)*t.e], mean, rstd)
			if dw != nil {
				kernel.MulAdd(dw, g, hat)
			}
			if db != nil {
				kernel.Axpy(1, g, db)
			}
			if t.dx != nil {
				t.input(t.dx[i*t.e:(i+1)*t.e], g, hat, d, rstd)
			}
		}
	}
	giveBack(hat)
	giveBack(d)
}

// input makes the gradient of a row, of which hat is the norm without weight.
func (t normGradTask) input(dx, g, hat, d []float32, rstd float32) {
	kernel.Mul(d, g, t.w) // of hat
	sum := float32(0)
	if t.center {
		sum = kernel.Sum(d) / float32(t.e)
	}
	kernel.ScaleAdd(d, -kernel.Dot(d, hat)/float32(t.e), hat, d)
	if !t.add {
		kernel.Normed(dx, d, sum, rstd)
		return
	}
	kernel.Normed(d, d, sum, rstd)
	kernel.Add(dx, dx, d)
}
