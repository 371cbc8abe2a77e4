package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// ulps returns how many units in the last place of float32 got is from want.
func ulps(got float32, want float64) float64 {
	if math.IsNaN(want) && got != got || got == float32(want) {
		return 0
	}
	w := math.Abs(want)
	if w > math.MaxFloat32 {
		w = math.MaxFloat32
	}
	unit := max(float64(math.Nextafter32(float32(w), float32(math.Inf(1))))-float64(float32(w)), 0x1p-149)
	if math.IsInf(unit, 0) {
		unit = 0x1p104
	}
	return math.Abs(float64(got)-want) / unit
}

func TestFMARoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() float32 {
		switch r.IntN(3) {
		case 0:
			return math.Float32frombits(r.Uint32())
		case 1: // few bits, so that sums fall on midpoints
			return float32(r.IntN(64)-32) * float32(math.Ldexp(1, r.IntN(60)-30))
		default:
			return float32(1+r.IntN(1<<23)) * float32(math.Ldexp(1, r.IntN(40)-149))
		}
	}
	slow := 0
	for range 300000 {
		a, b, c := draw(), draw(), draw()
		got := fma32(a, b, c)
		p := float64(a) * float64(b)
		if s := p + float64(c); math.IsInf(s, 0) || s != s || s == 0 {
			if want := float32(s); got != want && got == got {
				t.Fatalf("fma32(%g, %g, %g) = %g, want %g", a, b, c, got, want)
			}
			continue
		} else if math.Float64bits(s)&(1<<28-1) == 0 && s != float64(float32(s)) {
			slow++
		}
		x := new(big.Float).SetPrec(700).SetFloat64(p)
		x.Add(x, new(big.Float).SetFloat64(float64(c)))
		want, _ := x.Float32()
		if got != want {
			t.Fatalf("fma32(%g, %g, %g) = %g, want %g", a, b, c, got, want)
		}
	}
	if slow < 1000 {
		t.Errorf("only %d midpoints were tried", slow)
	}
}

func TestFMAOfMidpoints(t *testing.T) {
	for _, c := range []struct{ a, b, c, want float32 }{
		{1 + 0x1p-12, 1 + 0x1p-12, 0x1p-90, 1 + 0x1p-11 + 0x1p-23},      // a hair above halfway
		{1 + 0x1p-12, 1 + 0x1p-12, -0x1p-90, 1 + 0x1p-11},               // a hair below
		{1 + 0x1p-12, 1 + 0x1p-12, 0, 1 + 0x1p-11},                      // halfway: to even
		{0x1p-75, 0x1p-75, 0x1p-149, 0x1p-149 * 2},                      // halfway subnormal: to even
		{0x1p-75, 0x1p-75, 0, 0},                                        // half the smallest
		{math.MaxFloat32, 1, 0x1p102, math.MaxFloat32},                  // below halfway to 2^128
		{math.MaxFloat32, 1, 0x1p103, float32(math.Inf(1))},             // halfway to 2^128
		{math.MaxFloat32, 2, -math.MaxFloat32, math.MaxFloat32},         // no overflow within
		{-(1 + 0x1p-12), 1 + 0x1p-12, -0x1p-90, -1 - 0x1p-11 - 0x1p-23}, // downwards
	} {
		if got := fma32(c.a, c.b, c.c); got != c.want {
			t.Errorf("fma32(%b, %b, %b) = %b, want %b", c.a, c.b, c.c, got, c.want)
		}
	}
}

// functions are the elementary functions, each with the reference in float64 and
// the errors allowed: relative in units in the last place, or else absolute.
var functions = []struct {
	name     string
	f        func(float32) float32
	exact    func(float64) float64
	lo, hi   float32
	ulps     float64
	absolute float64
}{
	{"exp", exp32, math.Exp, -105, 89, 1.01, 0},
	{"tanh", tanh32, math.Tanh, -12, 12, 3, 0},
	{"sigmoid", sigmoid32, sigmoid64, -80, 30, 3, 0},
	{"erf", erf32, math.Erf, -6, 6, 6, 0},
	{"silu", silu32, func(x float64) float64 { return x * sigmoid64(x) }, -80, 30, 4, 0},
	{"quickGELU", quickGELU32, func(x float64) float64 { return x * sigmoid64(1.702*x) }, -20, 20, 1e9, 4e-7},
	{"geluTanh", geluTanh32, geluTanh64, -20, 20, 3, 3e-7},
	{"gelu", gelu32, gelu64, -20, 20, 3, 1e-6},
	{"tanhSlope", tanhSlope, func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }, -12, 12, 0, 4e-7},
	{"sigmoidSlope", sigmoidSlope, func(x float64) float64 { return sigmoid64(x) * sigmoid64(-x) }, -30, 30, 0, 2e-7},
	{"siluSlope", siluSlope, func(x float64) float64 { return slope64(func(x float64) float64 { return x * sigmoid64(x) }, x) }, -90, 90, 3, 3e-7},
	{"quickGELUSlope", quickGELUSlope, func(x float64) float64 {
		return slope64(func(x float64) float64 { return x * sigmoid64(1.702*x) }, x)
	}, -60, 60, 3, 3e-7},
	{"geluTanhSlope", geluTanhSlope, func(x float64) float64 { return slope64(geluTanh64, x) }, -20, 20, 3, 4e-7},
	{"geluSlope", geluSlope, func(x float64) float64 { return slope64(gelu64, x) }, -20, 20, 3, 4e-7},
}

func sigmoid64(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
func gelu64(x float64) float64    { return x / 2 * math.Erfc(-x/math.Sqrt2) }
func geluTanh64(x float64) float64 {
	return x * sigmoid64(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))
}

// slope64 is a central difference of the fourth order.
func slope64(f func(float64) float64, x float64) float64 {
	const h = 1e-3
	return (8*(f(x+h)-f(x-h)) - (f(x+2*h) - f(x-2*h))) / (12 * h)
}

func TestFunctionsAreAccurate(t *testing.T) {
	for _, fn := range functions {
		var worstUlps, worstAbs float64
		var at float32
		const steps = 200000
		for i := range steps + 1 {
			x := fn.lo + (fn.hi-fn.lo)*float32(i)/steps
			got, want := fn.f(x), fn.exact(float64(x))
			u, a := ulps(got, want), math.Abs(float64(got)-want)
			if u == 0 {
				continue // both infinite, perhaps
			}
			worstAbs = max(worstAbs, a)
			if u > worstUlps {
				worstUlps, at = u, x
			}
			if u > fn.ulps && !(a <= fn.absolute) {
				t.Errorf("%s(%g) = %g, want %g: %.2f ulps, %.2g", fn.name, x, got, want, u, a)
				break
			}
		}
		t.Logf("%-15s at most %.3g ulps (at %g), %.2g", fn.name, worstUlps, at, worstAbs)
	}
}

func TestSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	negZero := math.Float32frombits(1 << 31)
	for _, c := range []struct {
		name    string
		f       func(float32) float32
		x, want float32
	}{
		{"exp", exp32, -inf, 0}, {"exp", exp32, inf, inf}, {"exp", exp32, 0, 1}, {"exp", exp32, nan, nan},
		{"exp", exp32, 88.8, inf}, {"exp", exp32, 1e30, inf}, {"exp", exp32, -1e30, 0}, {"exp", exp32, -104, 0},
		{"tanh", tanh32, inf, 1}, {"tanh", tanh32, -inf, -1}, {"tanh", tanh32, 9.02, 1}, {"tanh", tanh32, nan, nan},
		{"tanh", tanh32, negZero, negZero}, {"tanh", tanh32, 1e-40, 1e-40},
		{"sigmoid", sigmoid32, inf, 1}, {"sigmoid", sigmoid32, -inf, 0}, {"sigmoid", sigmoid32, 0, 0.5},
		{"erf", erf32, inf, 1}, {"erf", erf32, -inf, -1}, {"erf", erf32, 4, 1}, {"erf", erf32, nan, nan},
		{"silu", silu32, 1e30, 1e30}, {"silu", silu32, -1e30, negZero}, {"silu", silu32, inf, inf},
		{"gelu", gelu32, 1e30, 1e30}, {"gelu", gelu32, -1e30, 0}, {"gelu", gelu32, inf, inf}, {"gelu", gelu32, 6, 6},
		{"geluTanh", geluTanh32, 1e30, 1e30}, {"geluTanh", geluTanh32, -1e30, negZero}, {"geluTanh", geluTanh32, inf, inf},
		{"quickGELU", quickGELU32, 1e30, 1e30}, {"quickGELU", quickGELU32, nan, nan},
		{"relu", relu32, nan, nan}, {"relu", relu32, -inf, 0}, {"relu", relu32, negZero, negZero},
		{"siluSlope", siluSlope, inf, 1}, {"siluSlope", siluSlope, nan, nan},
		{"geluSlope", geluSlope, inf, 1}, {"geluSlope", geluSlope, nan, nan},
		{"geluTanhSlope", geluTanhSlope, inf, 1}, {"quickGELUSlope", quickGELUSlope, inf, 1},
	} {
		if got := c.f(c.x); !sameBits(got, c.want) && !(got == 0 && c.want == 0 && c.name != "tanh") {
			t.Errorf("%s(%g) = %g, want %g", c.name, c.x, got, c.want)
		}
	}
}

// sameBits reports whether a and b are the same number, or both NaN.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func TestHalfPrecisionIsExact(t *testing.T) {
	for h := range 1 << 16 {
		var wide, wideB [1]float32
		var narrow [1]uint16
		f16ToF32Generic(wide[:], []uint16{uint16(h)})
		exponent, fraction := h>>10&31, h&1023
		want := math.Ldexp(float64(fraction|1024), exponent-25)
		if exponent == 0 {
			want = math.Ldexp(float64(fraction), -24)
		}
		if h>>15 != 0 {
			want = -want
		}
		if exponent < 31 && float64(wide[0]) != want {
			t.Fatalf("half %#x = %g, want %g", h, wide[0], want)
		}
		quiet := uint16(h)
		if exponent == 31 && fraction != 0 {
			quiet |= 0x200
		}
		if f32ToF16Generic(narrow[:], wide[:]); narrow[0] != quiet {
			t.Fatalf("half %#x comes back as %#x", h, narrow[0])
		}
		bf16ToF32Generic(wideB[:], []uint16{uint16(h)})
		if quiet = uint16(h); wideB[0] != wideB[0] {
			quiet |= 0x40
		}
		if f32ToBF16Generic(narrow[:], wideB[:]); narrow[0] != quiet {
			t.Fatalf("bfloat16 %#x comes back as %#x", h, narrow[0])
		}
	}
}

func TestHalfPrecisionRoundsToEven(t *testing.T) {
	var n [1]uint16
	for h := range 0x7c00 { // between h and its successor
		var w [2]float32
		f16ToF32Generic(w[:], []uint16{uint16(h), uint16(h) + 1})
		mid := w[0]/2 + w[1]/2
		if h == 0x7bff {
			mid = 65520
		}
		even := uint16(h + h&1)
		for _, c := range []struct {
			x    float32
			want uint16
		}{
			{mid, even},
			{math.Nextafter32(mid, 0), uint16(h)},
			{math.Nextafter32(mid, 1e9), uint16(h) + 1},
		} {
			if f32ToF16Generic(n[:], []float32{c.x}); n[0] != c.want {
				t.Fatalf("half of %g = %#x, want %#x", c.x, n[0], c.want)
			}
		}
	}
}
