package kernel

// Constants of the activations, shared with the assembly's generator.
const (
	// GELUTanh(x) = x/(1+exp(x·(geluC0 + geluC1·x²))): tanh(u) = 1 - 2/(1+e^2u).
	geluC0 = -1.5957691216057308  // -2√(2/π)
	geluC1 = -0.07135481282553487 // geluC0 · 0.044715
	geluC2 = -0.2140644384766046  // 3 geluC1, of the slope

	quickSlope = 1.702

	sqrtHalf   = 0.70710678118654752440
	invSqrt2Pi = 0.39894228040143267794

	// From these limits on, slopes are 0 or 1 as far as float32 can tell; they are
	// taken at the limits, where no exponential overflows.
	slopeMax = 80
	geluMax  = 9.5

	// erf(x) = x·A(x²)/B(x²) on |x| <= erfMax, the approximation of Eigen.
	erfMax = 4
	erfA0  = -1.60960333262415e-02
	erfA1  = -2.95459980854025e-03
	erfA2  = -7.34990630326855e-04
	erfA3  = -5.69250639462346e-05
	erfA4  = -2.10102402082508e-06
	erfA5  = 2.77068142495902e-08
	erfA6  = -2.72614225801306e-10
	erfB0  = -1.42647390514189e-02
	erfB1  = -7.37332916720468e-03
	erfB2  = -1.68282697438203e-03
	erfB3  = -2.13374055278905e-04
	erfB4  = -1.45660718464996e-05
)

// clamp32 returns x within ±limit; NaN stays NaN.
func clamp32(x, limit float32) float32 {
	if x > limit {
		return limit
	}
	if x < -limit {
		return -limit
	}
	return x
}

// erf32 returns the error function of x.
func erf32(x float32) float32 {
	x = clamp32(x, erfMax)
	s := x * x
	a := fma32(erfA6, s, erfA5)
	a = fma32(a, s, erfA4)
	a = fma32(a, s, erfA3)
	a = fma32(a, s, erfA2)
	a = fma32(a, s, erfA1)
	a = fma32(a, s, erfA0)
	b := fma32(erfB4, s, erfB3)
	b = fma32(b, s, erfB2)
	b = fma32(b, s, erfB1)
	b = fma32(b, s, erfB0)
	return clamp32(float32(x*a)/b, 1)
}

func silu32(x float32) float32 { return x / (1 + exp32(-x)) }

func gelu32(x float32) float32 {
	h := x * 0.5
	return fma32(h, erf32(x*sqrtHalf), h)
}

func geluTanh32(x float32) float32 {
	u := fma32(x*x, geluC1, geluC0)
	return x / (1 + exp32(x*u))
}

func quickGELU32(x float32) float32 { return x / (1 + exp32(x*-quickSlope)) }

func relu32(x float32) float32 {
	if 0 > x {
		return 0
	}
	return x
}

func tanhSlope(x float32) float32 {
	t := tanh32(x)
	return fma32(-t, t, 1)
}

func sigmoidSlope(x float32) float32 {
	s := sigmoid32(x)
	return fma32(-s, s, s)
}

// swishSlope is the slope of x·σ(z) where e is exp(-z) and zs is x times the slope
// of z. It takes 1-σ(z) as e·σ(z), which does not cancel.
func swishSlope(zs, e float32) float32 {
	s := 1 / (1 + e)
	return fma32(zs*s, e*s, s)
}

func siluSlope(x float32) float32 {
	x = clamp32(x, slopeMax)
	return swishSlope(x, exp32(-x))
}

func quickGELUSlope(x float32) float32 { return siluSlope(x * quickSlope) }

func geluTanhSlope(x float32) float32 {
	x = clamp32(x, geluMax)
	q := x * x
	e := exp32(x * fma32(q, geluC1, geluC0))
	return swishSlope(-x*fma32(q, geluC2, geluC0), e)
}

func geluSlope(x float32) float32 {
	x = clamp32(x, geluMax)
	density := exp32(float32(x*x)*-0.5) * invSqrt2Pi
	h := fma32(erf32(x*sqrtHalf), 0.5, 0.5)
	return fma32(x, density, h)
}

func expGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = exp32(v)
	}
}

func tanhGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = tanh32(v)
	}
}

func sigmoidGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = sigmoid32(v)
	}
}

func siluGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = silu32(v)
	}
}

func geluGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = gelu32(v)
	}
}

func geluTanhGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = geluTanh32(v)
	}
}

func quickGELUGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = quickGELU32(v)
	}
}

func reluGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = relu32(v)
	}
}

func siluMulGeneric(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = silu32(v) * y[i]
	}
}

func geluMulGeneric(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = gelu32(v) * y[i]
	}
}

func geluTanhMulGeneric(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = geluTanh32(v) * y[i]
	}
}

func tanhGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] = fma32(dy[i], tanhSlope(v), dx[i])
	}
}

func sigmoidGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] = fma32(dy[i], sigmoidSlope(v), dx[i])
	}
}

func siluGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] = fma32(dy[i], siluSlope(v), dx[i])
	}
}

func geluGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] = fma32(dy[i], geluSlope(v), dx[i])
	}
}

func geluTanhGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] = fma32(dy[i], geluTanhSlope(v), dx[i])
	}
}

func quickGELUGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		dx[i] = fma32(dy[i], quickGELUSlope(v), dx[i])
	}
}

func reluGradGeneric(dx, x, dy []float32) {
	for i, v := range x {
		var d float32 // added even where it is 0, which turns -0 into +0
		if v > 0 {
			d = dy[i]
		}
		dx[i] += d
	}
}
