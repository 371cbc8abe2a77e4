package kernel

import "math"

// sqrt32 is the root of x, rounded once: float64 has bits enough for both roundings to
// give the same as one.
func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// direction brings m and v up to date by the scaled gradient g, and returns m over the
// root of v.
func direction(m, v *float32, g, rest1, beta2, rest2, root, eps float32) float32 {
	*m = fma32(g-*m, rest1, *m)
	*v = fma32(float32(g*rest2), g, float32(*v*beta2))
	return *m / fma32(sqrt32(*v), root, eps)
}

func adamStepGeneric(w, m, v, g []float32, scale, rest1, beta2, rest2, root, eps, rate, keep float32) {
	for i, x := range g {
		u := direction(&m[i], &v[i], x*scale, rest1, beta2, rest2, root, eps)
		w[i] = fma32(-u, rate, float32(w[i]*keep))
		g[i] = 0
	}
}

func lambStepGeneric(w, m, v, g []float32, scale, rest1, beta2, rest2, root, eps, rate, decay float32) {
	for i, x := range g {
		u := direction(&m[i], &v[i], x*scale, rest1, beta2, rest2, root, eps)
		g[i] = fma32(w[i], decay, float32(u*rate))
	}
}

func momentumStepGeneric(w, m, g []float32, scale, decay, momentum, shareM, shareG, rate float32) {
	for i, x := range g {
		x = fma32(w[i], decay, float32(x*scale))
		m[i] = fma32(m[i], momentum, x)
		w[i] = fma32(-fma32(m[i], shareM, float32(x*shareG)), rate, w[i])
		g[i] = 0
	}
}
