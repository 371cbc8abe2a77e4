package kernel

import "math"

// Constants of the elementary functions, shared with the assembly's generator.
const (
	log2e    = 1.44269504088896340736
	ln2High  = 0.693147182464599609375 // ln 2 rounded to float32
	ln2Low   = -1.90465429995776804525e-09
	expMax   = 89      // above ln(MaxFloat32) and small enough to scale in two steps
	expMin   = -104    // below ln(SmallestNonzeroFloat32/2)
	roundBig = 3 << 22 // adding it rounds to an integer, held in the low bits

	// exp(r) = 1 + r + r²·p(r) on |r| <= ln(2)/2, from Cephes' expf.
	expC0 = 5.0000001201e-1
	expC1 = 1.6666665459e-1
	expC2 = 4.1665795894e-2
	expC3 = 8.3334519073e-3
	expC4 = 1.3981999507e-3
	expC5 = 1.9875691500e-4

	tanhMax = 10 // tanh rounds to 1 above 9.02
)

// expReduced returns n and t with exp(x) = 2ⁿ·(1+t), for x in [expMin, expMax].
func expReduced(x float32) (n, t float32) {
	n = fma32(x, log2e, roundBig) - roundBig
	r := fma32(n, -ln2High, x)
	r = fma32(n, -ln2Low, r)
	p := fma32(expC5, r, expC4)
	p = fma32(p, r, expC3)
	p = fma32(p, r, expC2)
	p = fma32(p, r, expC1)
	p = fma32(p, r, expC0)
	return n, fma32(p, r*r, r)
}

// power2 returns 2ⁿ for integral n in [-126, 127].
func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// exp32 returns e^x within 1 unit in the last place.
func exp32(x float32) float32 {
	if x != x {
		return x
	}
	n, t := expReduced(min(max(x, expMin), expMax))
	i := int32(n)
	y := (t + 1) * power2(i>>1) // in two steps, as 2ⁿ may be out of range
	return y * power2(i-i>>1)
}

// tanh32 is (e^2x - 1) / (e^2x + 1), with e^2x - 1 formed without cancellation.
func tanh32(x float32) float32 {
	if x != x {
		return x
	}
	a := min(math.Float32frombits(math.Float32bits(x)&^(1<<31)), tanhMax)
	n, t := expReduced(a + a)
	s := power2(int32(n))
	e := fma32(t, s, s-1)
	y := e / (e + 2)
	return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&(1<<31))
}

func sigmoid32(x float32) float32 { return 1 / (1 + exp32(-x)) }
