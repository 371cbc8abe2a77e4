package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// An Activation is a function of single values, and its gradient: dx += dy f'(x).
// See [Activation.Apply], [LinearThen] and [Gated].
type Activation struct {
	f     func(dst, x []float32)
	grad  func(dx, x, dy []float32)
	gated func(dst, x, up []float32) // f(x) times up; nil: no kernel does it in one

	// f of a sum, and f(x) times up, of many rows; AddRows: no kernel does it in one.
	biased, gatedRows kernel.RowOp
}

// The activations. ReLU2 is the square of ReLU (arXiv:2109.08668).
var (
	ActSiLU = &Activation{f: kernel.SiLU, grad: kernel.SiLUGrad, gated: kernel.SiLUMul, gatedRows: kernel.SiLUMulRows}
	ActGELU = &Activation{f: kernel.GELU, grad: kernel.GELUGrad, gated: kernel.GELUMul,
		biased: kernel.AddGELURows, gatedRows: kernel.GELUMulRows}
	ActGELUTanh = &Activation{f: kernel.GELUTanh, grad: kernel.GELUTanhGrad, gated: kernel.GELUTanhMul,
		biased: kernel.AddGELUTanhRows, gatedRows: kernel.GELUTanhMulRows}
	ActQuickGELU = &Activation{f: kernel.QuickGELU, grad: kernel.QuickGELUGrad}
	ActReLU      = &Activation{f: kernel.ReLU, grad: kernel.ReLUGrad}
	ActReLU2     = &Activation{f: relu2, grad: relu2Grad}
	ActTanh      = &Activation{f: kernel.Tanh, grad: kernel.TanhGrad}
	ActSigmoid   = &Activation{f: kernel.Sigmoid, grad: kernel.SigmoidGrad}
	ActIdentity  = &Activation{f: func(dst, x []float32) { copy(dst, x) }, grad: func(dx, _, dy []float32) { kernel.Axpy(1, dy, dx) }}
)

func relu2(dst, x []float32) {
	kernel.ReLU(dst, x)
	kernel.Mul(dst, dst, dst)
}

func relu2Grad(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] += 2 * max(v, 0) * dy[i]
	}
}

var pointwises freeList[spreadTask[pointwise]]

// Apply returns a of each value of x.
func (a *Activation) Apply(x *Tensor) *Tensor {
	y := like(x)
	spread(&pointwises, len(x.data), pointwiseGrain, pointwise{a, y.data, x.data, nil, false})
	if x.needsGrad() {
		return y.record(func(dy []float32) {
			g, fresh := x.sink()
			spread(&pointwises, len(dy), pointwiseGrain, pointwise{a, g, x.data, dy, fresh})
		}, x)
	}
	return y
}

// pointwise applies an activation, or its gradient where dy is not nil.
type pointwise struct {
	a          *Activation
	dst, x, dy []float32
	fresh      bool // the gradient is to be set
}

func (t pointwise) span(lo, hi int) {
	if t.dy != nil {
		if t.fresh {
			clear(t.dst[lo:hi])
		}
		t.a.grad(t.dst[lo:hi], t.x[lo:hi], t.dy[lo:hi])
	} else {
		t.a.f(t.dst[lo:hi], t.x[lo:hi])
	}
}

// SiLU returns x * sigmoid(x), element by element.
func SiLU(x *Tensor) *Tensor { return ActSiLU.Apply(x) }

// GELU returns x * Φ(x), element by element, with Φ exact (not the tanh form).
func GELU(x *Tensor) *Tensor { return ActGELU.Apply(x) }

// GELUTanh returns the tanh form of GELU, "gelu_new": ½x(1+tanh(√(2/π)(x+0.044715x³))).
func GELUTanh(x *Tensor) *Tensor { return ActGELUTanh.Apply(x) }

// QuickGELU returns x * sigmoid(1.702 x).
func QuickGELU(x *Tensor) *Tensor { return ActQuickGELU.Apply(x) }

// ReLU returns max(x, 0).
func ReLU(x *Tensor) *Tensor { return ActReLU.Apply(x) }

// Tanh returns the hyperbolic tangent of x.
func Tanh(x *Tensor) *Tensor { return ActTanh.Apply(x) }

// Sigmoid returns 1 / (1 + exp(-x)).
func Sigmoid(x *Tensor) *Tensor { return ActSigmoid.Apply(x) }
