package main

import "math"

// The constants and sequences of operations below are those of math_generic.go and
// activation_generic.go, which explain them.
const (
	log2e      = 1.44269504088896340736
	ln2High    = 0.693147182464599609375
	ln2Low     = -1.90465429995776804525e-09
	expMax     = 89
	expMin     = -104
	roundBig   = 3 << 22
	tanhMax    = 10
	geluC0     = -1.5957691216057308
	geluC1     = -0.07135481282553487
	geluC2     = -0.2140644384766046
	quickSlope = 1.702
	sqrtHalf   = 0.70710678118654752440
	invSqrt2Pi = 0.39894228040143267794
	slopeMax   = 80
	geluMax    = 9.5
	erfMax     = 4
	signBit    = 1 << 31
)

var (
	negInf = math.Inf(-1)
	expC   = []float64{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}
	erfA   = []float64{-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06, -5.69250639462346e-05,
		-7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02}
	erfB = []float64{-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03, -7.37332916720468e-03,
		-1.42647390514189e-02}
)

// horner evaluates a polynomial at x, the coefficient of the highest power first.
func (b *block) horner(c []float64, x value) value {
	p := b.number(c[0])
	for _, k := range c[1:] {
		p = b.fma(p, x, b.number(k))
	}
	return p
}

func (b *block) negate(x value) value { return b.binary(opXor, x, b.bits(signBit)) }

func (b *block) expReduced(x value) (n, t value) {
	big := b.number(roundBig)
	n = b.subtract(b.fma(x, b.number(log2e), big), big)
	r := b.fma(n, b.number(-ln2High), x)
	r = b.fma(n, b.number(-ln2Low), r)
	p := b.horner(expC, r)
	return n, b.fma(p, b.mul(r, r), r)
}

// power2 is 2ⁿ for integers n.
func (b *block) power2(n value) value {
	return b.shift(opShl, b.binary(opAddInt, n, b.bits(127)), 23)
}

func (b *block) exp(x value) value {
	x = b.min(b.number(expMax), b.max(b.number(expMin), x))
	n, t := b.expReduced(x)
	return b.power(b.add(t, b.number(1)), n)
}

// power is y·2ⁿ for integral n.
func (b *block) power(y, n value) value {
	if b.isa == avx512 {
		return b.binary(opScalef, y, n) // rounds once, as the two steps do
	}
	i := b.shift(opToInt, n, 0)
	half := b.shift(opSar, i, 1)
	y = b.mul(y, b.power2(half))
	return b.mul(y, b.power2(b.binary(opSubInt, i, half)))
}

func (b *block) tanh(x value) value {
	sign := b.binary(opAnd, x, b.bits(signBit))
	a := b.min(b.number(tanhMax), b.binary(opXor, x, sign))
	n, t := b.expReduced(b.add(a, a))
	s := b.power2(b.shift(opToInt, n, 0))
	e := b.fma(t, s, b.subtract(s, b.number(1)))
	return b.binary(opOr, b.div(e, b.add(e, b.number(2))), sign)
}

// onePlus is 1 + x.
func (b *block) onePlus(x value) value { return b.add(x, b.number(1)) }

func (b *block) sigmoid(x value) value {
	return b.div(b.number(1), b.onePlus(b.exp(b.negate(x))))
}

func (b *block) silu(x value) value { return b.div(x, b.onePlus(b.exp(b.negate(x)))) }

func (b *block) quickGELU(x value) value {
	return b.div(x, b.onePlus(b.exp(b.mul(x, b.number(-quickSlope)))))
}

func (b *block) geluTanh(x value) value {
	u := b.fma(b.mul(x, x), b.number(geluC1), b.number(geluC0))
	return b.div(x, b.onePlus(b.exp(b.mul(x, u))))
}

func (b *block) clamp(x value, limit float64) value {
	return b.min(b.number(limit), b.max(b.number(-limit), x))
}

func (b *block) erf(x value) value {
	x = b.clamp(x, erfMax)
	s := b.mul(x, x)
	a := b.mul(x, b.horner(erfA, s))
	return b.clamp(b.div(a, b.horner(erfB, s)), 1)
}

func (b *block) gelu(x value) value {
	h := b.mul(x, b.number(0.5))
	return b.fma(h, b.erf(b.mul(x, b.number(sqrtHalf))), h)
}

func (b *block) tanhSlope(x value) value {
	t := b.tanh(x)
	return b.fnma(t, t, b.number(1))
}

func (b *block) sigmoidSlope(x value) value {
	s := b.sigmoid(x)
	return b.fnma(s, s, s)
}

func (b *block) swishSlope(zs, e value) value {
	s := b.div(b.number(1), b.onePlus(e))
	return b.fma(b.mul(zs, s), b.mul(e, s), s)
}

func (b *block) siluSlope(x value) value {
	x = b.clamp(x, slopeMax)
	return b.swishSlope(x, b.exp(b.negate(x)))
}

func (b *block) geluTanhSlope(x value) value {
	x = b.clamp(x, geluMax)
	q := b.mul(x, x)
	e := b.exp(b.mul(x, b.fma(q, b.number(geluC1), b.number(geluC0))))
	return b.swishSlope(b.mul(b.negate(x), b.fma(q, b.number(geluC2), b.number(geluC0))), e)
}

func (b *block) geluSlope(x value) value {
	x = b.clamp(x, geluMax)
	density := b.mul(b.exp(b.mul(b.mul(x, x), b.number(-0.5))), b.number(invSqrt2Pi))
	h := b.fma(b.erf(b.mul(x, b.number(sqrtHalf))), b.number(0.5), b.number(0.5))
	return b.fma(x, density, h)
}
