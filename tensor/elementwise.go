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
			switch {
			case !y.needsGrad():
			case n == len(dz):
				y.add(dz)
			default:
				g := y.summed()
				for i := 0; i < len(dz); i += n {
					kernel.Axpy(1, dz[i:i+n], g)
				}
			}
			if x.needsGrad() {
				x.take(z)
			}
		}, x, y)
	}
	return z
}

var additions freeList[spreadTask[addition]]

// addition adds y to x, over and over, or copies x where there is no y, or clears z
// where there is no x either.
type addition struct{ z, x, y []float32 }

func (t addition) span(lo, hi int) {
	switch {
	case t.x == nil:
		clear(t.z[lo:hi])
		return
	case t.y == nil:
		copy(t.z[lo:hi], t.x[lo:hi])
		return
	}
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
	multiply(z.data, x.data, y.data, false)
	if x.needsGrad() || y.needsGrad() {
		return z.record(func(dz []float32) {
			if x.needsGrad() {
				g, fresh := x.sink()
				multiply(g, dz, y.data, !fresh)
			}
			if y.needsGrad() {
				g, fresh := y.sink()
				multiply(g, dz, x.data, !fresh)
			}
		}, x, y)
	}
	return z
}

// multiply sets dst to x times y, or adds that.
func multiply(dst, x, y []float32, add bool) {
	spread(&multiplications, len(dst), additionGrain, multiplication{dst, x, y, add})
}

var multiplications freeList[spreadTask[multiplication]]

type multiplication struct {
	dst, x, y []float32
	add       bool
}

func (t multiplication) span(lo, hi int) {
	if t.add {
		kernel.MulAdd(t.dst[lo:hi], t.x[lo:hi], t.y[lo:hi])
	} else {
		kernel.Mul(t.dst[lo:hi], t.x[lo:hi], t.y[lo:hi])
	}
}

// Scale returns a * x.
func Scale(x *Tensor, a float32) *Tensor {
	y := like(x)
	kernel.Scale(y.data, a, x.data)
	if x.needsGrad() {
		return y.record(func(dy []float32) {
			if x.grad == nil {
				kernel.Scale(dy, a, dy)
				x.take(y)
				return
			}
			kernel.Axpy(a, dy, x.grad)
		}, x)
	}
	return y
}

// pointwiseGrain is how many values one thread takes at a time of a function, and
// additionGrain of a sum, which is quicker.
const pointwiseGrain, additionGrain = 1 << 12, 1 << 14
