package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// A gate is the product of an activation and another value.
type gate struct {
	fused func(dst, gate, up []float32)
	f     *activation
}

var (
	siluGate     = gate{kernel.SiLUMul, &silu}
	geluGate     = gate{kernel.GELUMul, &gelu}
	geluTanhGate = gate{kernel.GELUTanhMul, &geluTanh}
)

var gates freeList[spreadTask[gating]]

func (g *gate) apply(x, up *Tensor) *Tensor {
	if x.needsGrad() || up.needsGrad() { // the gradient needs the activation's result
		return Mul(g.f.apply(x), up)
	}
	if !sameShape(x, up) {
		fail("Gate", "shapes differ", x, up)
	}
	y := like(x, up)
	spread(&gates, len(x.data), pointwiseGrain, gating{g, y.data, x.data, up.data})
	return y
}

// gating applies a gate.
type gating struct {
	g          *gate
	dst, x, up []float32
}

func (t gating) span(lo, hi int) { t.g.fused(t.dst[lo:hi], t.x[lo:hi], t.up[lo:hi]) }

// SiLUMul returns SiLU(x) * up, element by element: the gate of SwiGLU
// (arXiv:2002.05202).
func SiLUMul(x, up *Tensor) *Tensor { return siluGate.apply(x, up) }

// GELUMul returns GELU(x) * up, element by element: the gate of GEGLU.
func GELUMul(x, up *Tensor) *Tensor { return geluGate.apply(x, up) }

// GELUTanhMul returns GELUTanh(x) * up, element by element.
func GELUTanhMul(x, up *Tensor) *Tensor { return geluTanhGate.apply(x, up) }
