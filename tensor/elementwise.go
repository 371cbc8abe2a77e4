package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// Add returns x + y; y may lack leading axes of x.
func Add(x, y *Tensor) *Tensor {
	n := y.Len()
	if y.rank > x.rank || !endsWith(x, y) {
		fail("Add", "y's shape is not the end of x's", x, y)
	}
	z := like(x, y)
	spread(&additions, len(x.data), additionGrain, addition{z.data, x.data, y.data})
	if x.needsGrad() || y.needsGrad() {
		return z.record(func(dz []float32) {
			if x.needsGrad() {
				kernel.Axpy(1, dz, x.grad)
			}
			if y.needsGrad() {
				for i := 0; i < len(dz); i += n {
					kernel.Axpy(1, dz[i:i+n], y.grad)
				}
			}
		}, x, y)
	}
	return z
}

var additions freeList[spreadTask[addition]]

// addition adds y to x, over and over.
type addition struct{ z, x, y []float32 }

func (t addition) span(lo, hi int) {
	for lo < hi {
		at := lo % len(t.y)
		n := min(hi-lo, len(t.y)-at)
		kernel.Add(t.z[lo:lo+n], t.x[lo:lo+n], t.y[at:at+n])
		lo += n
	}
}

func endsWith(x, y *Tensor) bool {
	for i := 1; i <= y.rank; i++ {
		if x.Dim(-i) != y.Dim(-i) {
			return false
		}
	}
	return y.Len() > 0
}

// Mul returns x * y, element by element.
func Mul(x, y *Tensor) *Tensor {
	if !sameShape(x, y) {
		fail("Mul", "shapes differ", x, y)
	}
	z := like(x, y)
	kernel.Mul(z.data, x.data, y.data)
	if x.needsGrad() || y.needsGrad() {
		return z.record(func(dz []float32) {
			if x.needsGrad() {
				kernel.MulAdd(x.grad, dz, y.data)
			}
			if y.needsGrad() {
				kernel.MulAdd(y.grad, dz, x.data)
			}
		}, x, y)
	}
	return z
}

// Scale returns a * x.
func Scale(x *Tensor, a float32) *Tensor {
	y := like(x)
	kernel.Scale(y.data, a, x.data)
	if x.needsGrad() {
		return y.record(func(dy []float32) { kernel.Axpy(a, dy, x.grad) }, x)
	}
	return y
}

// pointwiseGrain is how many values one thread takes at a time of a function, and
// additionGrain of a sum, which is quicker.
const pointwiseGrain, additionGrain = 1 << 12, 1 << 14
