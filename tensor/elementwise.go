package tensor

import (
	"math/rand/v2"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

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

// An activation is a pointwise function and its gradient, dx += dy f'(x).
type activation struct {
	f    func(dst, x []float32)
	grad func(dx, x, dy []float32)
}

var (
	silu      = activation{kernel.SiLU, kernel.SiLUGrad}
	gelu      = activation{kernel.GELU, kernel.GELUGrad}
	geluTanh  = activation{kernel.GELUTanh, kernel.GELUTanhGrad}
	quickGELU = activation{kernel.QuickGELU, kernel.QuickGELUGrad}
	relu      = activation{kernel.ReLU, kernel.ReLUGrad}
	tanh      = activation{kernel.Tanh, kernel.TanhGrad}
	sigmoid   = activation{kernel.Sigmoid, kernel.SigmoidGrad}
)

// pointwiseGrain is how many values one thread takes at a time of a function, and
// additionGrain of a sum, which is quicker.
const pointwiseGrain, additionGrain = 1 << 12, 1 << 14

var pointwises freeList[spreadTask[pointwise]]

func (a *activation) apply(x *Tensor) *Tensor {
	y := like(x)
	spread(&pointwises, len(x.data), pointwiseGrain, pointwise{a, y.data, x.data, nil})
	if x.needsGrad() {
		return y.record(func(dy []float32) {
			spread(&pointwises, len(dy), pointwiseGrain, pointwise{a, x.grad, x.data, dy})
		}, x)
	}
	return y
}

// pointwise applies an activation, or its gradient where dy is not nil.
type pointwise struct {
	a          *activation
	dst, x, dy []float32
}

func (t pointwise) span(lo, hi int) {
	if t.dy != nil {
		t.a.grad(t.dst[lo:hi], t.x[lo:hi], t.dy[lo:hi])
	} else {
		t.a.f(t.dst[lo:hi], t.x[lo:hi])
	}
}

// SiLU returns x * sigmoid(x), element by element.
func SiLU(x *Tensor) *Tensor { return silu.apply(x) }

// GELU returns x * Φ(x), element by element, with Φ exact (not the tanh form).
func GELU(x *Tensor) *Tensor { return gelu.apply(x) }

// GELUTanh returns the tanh form of GELU, "gelu_new": ½x(1+tanh(√(2/π)(x+0.044715x³))).
func GELUTanh(x *Tensor) *Tensor { return geluTanh.apply(x) }

// QuickGELU returns x * sigmoid(1.702 x).
func QuickGELU(x *Tensor) *Tensor { return quickGELU.apply(x) }

// ReLU returns max(x, 0).
func ReLU(x *Tensor) *Tensor { return relu.apply(x) }

// Tanh returns the hyperbolic tangent of x.
func Tanh(x *Tensor) *Tensor { return tanh.apply(x) }

// Sigmoid returns 1 / (1 + exp(-x)).
func Sigmoid(x *Tensor) *Tensor { return sigmoid.apply(x) }

// Dropout returns x with each value zeroed with probability rate, and the others
// divided by 1-rate.
func Dropout(x *Tensor, rate float64, r *rand.Rand) *Tensor {
	if rate == 0 {
		return x
	}
	y, keep := like(x), make([]float32, len(x.data))
	for i := range keep {
		if r.Float64() >= rate {
			keep[i] = float32(1 / (1 - rate))
		}
	}
	kernel.Mul(y.data, x.data, keep)
	if x.needsGrad() {
		return y.record(func(dy []float32) { kernel.MulAdd(x.grad, dy, keep) }, x)
	}
	return y
}
