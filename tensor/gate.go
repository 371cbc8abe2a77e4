package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// gate sets dst to f(x) times up.
func (a *Activation) gate(dst, x, up []float32) {
	if a.gated != nil {
		a.gated(dst, x, up)
		return
	}
	a.f(dst, x)
	kernel.Mul(dst, dst, up)
}

// gateRows sets the rows of c, of n columns and ldc apart, to f of them times up, whose
// rows stand close.
func (a *Activation) gateRows(c []float32, ldc int, up []float32, rows, n int) {
	if a.gatedRows != kernel.AddRows {
		a.gatedRows.Apply(c, ldc, up, n, rows, n)
		return
	}
	for i := range rows {
		row := c[i*ldc : i*ldc+n]
		a.gate(row, row, up[i*n:(i+1)*n])
	}
}

var gates freeList[spreadTask[gating]]

// Gate returns a of x, times up, element by element.
func (a *Activation) Gate(x, up *Tensor) *Tensor {
	if x.needsGrad() || up.needsGrad() { // the gradient needs the activation's result
		return Mul(a.Apply(x), up)
	}
	if !sameShape(x, up) {
		fail("Gate", "shapes differ", x, up)
	}
	y := like(x, up)
	spread(&gates, len(x.data), pointwiseGrain, gating{a, y.data, x.data, up.data})
	return y
}

// gating applies a gate.
type gating struct {
	a          *Activation
	dst, x, up []float32
}

func (t gating) span(lo, hi int) { t.a.gate(t.dst[lo:hi], t.x[lo:hi], t.up[lo:hi]) }

// SiLUMul returns SiLU(x) * up, element by element: the gate of SwiGLU
// (arXiv:2002.05202).
func SiLUMul(x, up *Tensor) *Tensor { return ActSiLU.Gate(x, up) }

// GELUMul returns GELU(x) * up, element by element: the gate of GEGLU.
func GELUMul(x, up *Tensor) *Tensor { return ActGELU.Gate(x, up) }

// GELUTanhMul returns GELUTanh(x) * up, element by element.
func GELUTanhMul(x, up *Tensor) *Tensor { return ActGELUTanh.Gate(x, up) }
