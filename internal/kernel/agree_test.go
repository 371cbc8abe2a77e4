package kernel

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

// A contest runs one function on slices of equal length. The first slices named in
// writes are its results.
type contest struct {
	name   string
	slices int
	writes int
	run    func(v [][]float32)
}

var adam = Adam{Scale: 0.7, Rest1: 0.1, Beta2: 0.98, Rest2: 0.02, Root: 1.7, Epsilon: 1e-6, Rate: 0.01, Keep: 0.997, Decay: 0.003}

// contests are all functions on float32 slices, through their exported names.
var contests = []contest{
	{"Axpy", 2, 1, func(v [][]float32) { Axpy(0.37, v[1], v[0]) }},
	{"Add", 3, 1, func(v [][]float32) { Add(v[0], v[1], v[2]) }},
	{"ScaleAdd", 3, 1, func(v [][]float32) { ScaleAdd(v[0], 0.3, v[1], v[2]) }},
	{"Mul", 3, 1, func(v [][]float32) { Mul(v[0], v[1], v[2]) }},
	{"MulAdd", 3, 1, func(v [][]float32) { MulAdd(v[0], v[1], v[2]) }},
	{"Scale", 2, 1, func(v [][]float32) { Scale(v[0], -1.7, v[1]) }},
	{"Exp", 2, 1, func(v [][]float32) { Exp(v[0], v[1]) }},
	{"Tanh", 2, 1, func(v [][]float32) { Tanh(v[0], v[1]) }},
	{"Sigmoid", 2, 1, func(v [][]float32) { Sigmoid(v[0], v[1]) }},
	{"SiLU", 2, 1, func(v [][]float32) { SiLU(v[0], v[1]) }},
	{"GELU", 2, 1, func(v [][]float32) { GELU(v[0], v[1]) }},
	{"GELUTanh", 2, 1, func(v [][]float32) { GELUTanh(v[0], v[1]) }},
	{"QuickGELU", 2, 1, func(v [][]float32) { QuickGELU(v[0], v[1]) }},
	{"ReLU", 2, 1, func(v [][]float32) { ReLU(v[0], v[1]) }},
	{"SiLUMul", 3, 1, func(v [][]float32) { SiLUMul(v[0], v[1], v[2]) }},
	{"GELUMul", 3, 1, func(v [][]float32) { GELUMul(v[0], v[1], v[2]) }},
	{"GELUTanhMul", 3, 1, func(v [][]float32) { GELUTanhMul(v[0], v[1], v[2]) }},
	{"TanhGrad", 3, 1, func(v [][]float32) { TanhGrad(v[0], v[1], v[2]) }},
	{"SigmoidGrad", 3, 1, func(v [][]float32) { SigmoidGrad(v[0], v[1], v[2]) }},
	{"SiLUGrad", 3, 1, func(v [][]float32) { SiLUGrad(v[0], v[1], v[2]) }},
	{"GELUGrad", 3, 1, func(v [][]float32) { GELUGrad(v[0], v[1], v[2]) }},
	{"GELUTanhGrad", 3, 1, func(v [][]float32) { GELUTanhGrad(v[0], v[1], v[2]) }},
	{"QuickGELUGrad", 3, 1, func(v [][]float32) { QuickGELUGrad(v[0], v[1], v[2]) }},
	{"ReLUGrad", 3, 1, func(v [][]float32) { ReLUGrad(v[0], v[1], v[2]) }},
	{"AdamStep", 4, 4, func(v [][]float32) { AdamStep(v[0], v[1], v[2], v[3], &adam) }},
	{"LAMBStep", 4, 4, func(v [][]float32) { LAMBStep(v[0], v[1], v[2], v[3], &adam) }},
	{"MomentumStep", 3, 3, func(v [][]float32) { MomentumStep(v[0], v[1], v[2], 0.7, 0.01, 0.9, 0.3, false) }},
	{"MomentumStep of Nesterov", 3, 3, func(v [][]float32) { MomentumStep(v[0], v[1], v[2], 0.7, 0.01, 0.9, 0.3, true) }},
	{"Softmax", 2, 1, func(v [][]float32) { Softmax(v[0], v[1], 0.125) }},
	{"RMSNorm", 3, 1, func(v [][]float32) { set(v[0], RMSNorm(v[0], v[1], v[2], 1e-5)) }},
	{"RMSNorm without weight", 2, 1, func(v [][]float32) { RMSNorm(v[0], v[1], nil, 1e-5) }},
	{"LayerNorm", 4, 1, func(v [][]float32) { LayerNorm(v[0], v[1], v[2], v[3], 1e-5) }},
	{"LayerNorm without bias", 3, 1, func(v [][]float32) { LayerNorm(v[0], v[1], v[2], nil, 1e-5) }},
	{"LayerNorm without weight", 3, 1, func(v [][]float32) { LayerNorm(v[0], v[1], nil, v[2], 1e-5) }},
	{"LayerNorm moments", 2, 1, func(v [][]float32) {
		mean, rstd := LayerNorm(v[0], v[1], nil, nil, 1e-5)
		set(v[0], mean, rstd)
	}},
	{"AddRMSNorm", 5, 2, func(v [][]float32) { set(v[0], AddRMSNorm(v[0], v[1], v[2], v[3], v[4], 1e-5)) }},
	{"AddLayerNorm", 6, 2, func(v [][]float32) { AddLayerNorm(v[0], v[1], v[2], v[3], v[4], v[5], 1e-5) }},
	{"RopeHalf", 3, 1, func(v [][]float32) { n := len(v[0]) / 2; RopeHalf(v[0][:2*n], v[1][:n], v[2][:n]) }},
	{"RopePairs", 3, 1, func(v [][]float32) { n := len(v[0]) / 2; RopePairs(v[0][:2*n], v[1][:n], v[2][:n]) }},
	{"Dot", 3, 1, func(v [][]float32) { set(v[0], Dot(v[1], v[2])) }},
	{"Sum", 2, 1, func(v [][]float32) { set(v[0], Sum(v[1])) }},
	{"SumSquares", 2, 1, func(v [][]float32) { set(v[0], SumSquares(v[1])) }},
	{"Max", 2, 1, func(v [][]float32) { set(v[0], Max(v[1])) }},
}

// set puts scalar results where they are compared.
func set(dst []float32, results ...float32) { copy(dst, results) }

// oddities are numbers that kernels stumble over.
var oddities = []float32{
	0, math.Float32frombits(1 << 31), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	1e-45, -1e-40, 1.1754942e-38, math.MaxFloat32, -math.MaxFloat32, 88.7, 88.73, -87.3, -103.9, -104.1, 9.02, -9.5, 4, 0x1p-24,
}

// meet runs c on the reference and on the active level, on the same inputs at the
// offset given, and fails t if a bit differs or a guard is overwritten.
func (c contest) meet(t testing.TB, inputs [][]float32, offset int) {
	t.Helper()
	run := func(l level) ([][]float32, []func() bool) {
		defer func(old level) { active = old }(active)
		active = l
		v, checks := make([][]float32, c.slices), make([]func() bool, c.slices)
		for i := range v {
			v[i], checks[i] = guarded(len(inputs[i]), (offset+3*i)%8, float32(math.NaN()))
			copy(v[i], inputs[i])
		}
		c.run(v)
		return v, checks
	}
	want, _ := run(generic)
	got, checks := run(active)
	for i := range got {
		for j := range got[i] {
			if !sameBits(got[i][j], want[i][j]) {
				t.Fatalf("%s of %d: slice %d, element %d of %v: %g (%#x), want %g (%#x)", c.name, len(got[0]), i, j, at(inputs, j),
					got[i][j], math.Float32bits(got[i][j]), want[i][j], math.Float32bits(want[i][j]))
			}
			if i >= c.writes && !sameBits(got[i][j], inputs[i][j]) {
				t.Fatalf("%s of %d wrote to its input %d", c.name, len(got[0]), i)
			}
		}
		if !checks[i]() {
			t.Fatalf("%s of %d wrote outside slice %d", c.name, len(got[0]), i)
		}
	}
}

// at returns element j of each slice.
func at(v [][]float32, j int) (x []float32) {
	for _, s := range v {
		x = append(x, s[j])
	}
	return x
}

// inputs returns n numbers for each slice, of magnitudes from tiny to huge; where odd
// is set, a few are oddities.
func (c contest) inputs(n int, seed uint64, spread float32, odd bool) [][]float32 {
	v := make([][]float32, c.slices)
	for i := range v {
		v[i] = noise(n, seed+uint64(i)*1000)
		for j := range v[i] {
			v[i][j] *= spread
			if k := (j*7 + i*3 + int(seed)) % 29; odd && k < len(oddities) {
				v[i][j] = oddities[k]
			}
		}
	}
	return v
}

func TestLevelsAgree(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, c := range contests {
			for n := range 131 {
				for _, spread := range []float32{1, 20} {
					c.meet(t, c.inputs(n, uint64(n), spread, false), n%8)
				}
				c.meet(t, c.inputs(n, uint64(n), 3, true), (n+3)%8)
			}
			for offset := range 8 {
				c.meet(t, c.inputs(37, 5, 2, offset%2 == 0), offset)
			}
			c.meet(t, c.inputs(2*piece+21, 9, 4, false), 1) // several pieces
			c.meet(t, c.inputs(piece+16, 9, 4, true), 1)
		}
	})
}

// The elementary functions agree on numbers of every magnitude.
func TestLevelsAgreeOnEveryMagnitude(t *testing.T) {
	x := make([]float32, 0, 1<<17)
	for u := uint64(0); u < 1<<32; u += 32749 {
		x = append(x, math.Float32frombits(uint32(u)))
	}
	onEachLevel(t, func(t *testing.T) {
		for _, c := range contests {
			if c.slices == 2 {
				c.meet(t, [][]float32{noise(len(x), 1), x}, 0)
			} else if c.slices == 3 && strings.HasSuffix(c.name, "Grad") {
				c.meet(t, [][]float32{noise(len(x), 1), x, noise(len(x), 2)}, 0)
			}
		}
	})
}

func TestResultMayBeOperand(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, n := range []int{5, 16, 61} {
			for name, f := range map[string]func(dst, x []float32){
				"Softmax":   func(dst, x []float32) { Softmax(dst, x, 0.5) },
				"Exp":       Exp,
				"GELU":      GELU,
				"Add":       func(dst, x []float32) { Add(dst, x, x) },
				"LayerNorm": func(dst, x []float32) { LayerNorm(dst, x, x, x, 1e-6) },
				"RMSNorm":   func(dst, x []float32) { RMSNorm(dst, x, nil, 1e-6) },
			} {
				x, dst := noise(n, 3), make([]float32, n)
				f(dst, x)
				if name == "LayerNorm" {
					continue // its weight would be overwritten too
				}
				f(x, x)
				if !slices.Equal(x, dst) {
					t.Errorf("%s of %d in place differs", name, n)
				}
			}
		}
	})
}

func TestHalvesAgree(t *testing.T) {
	all := make([]uint16, 1<<16+5)
	for i := range all {
		all[i] = uint16(i)
	}
	wide := make([]float32, 0, 1<<17)
	for u := uint64(0); u < 1<<32; u += 32749 {
		wide = append(wide, math.Float32frombits(uint32(u)))
	}
	onEachLevel(t, func(t *testing.T) {
		for n := range 70 {
			checkHalves(t, all[0x7bf0+n:0x7bf0+2*n], wide[n:2*n])
		}
		checkHalves(t, all, wide)
	})
}

func checkHalves(t testing.TB, narrow []uint16, wide []float32) {
	t.Helper()
	got, want := make([]float32, len(narrow)+1), make([]float32, len(narrow)+1)
	got16, want16 := make([]uint16, len(wide)+1), make([]uint16, len(wide)+1)
	for _, c := range []struct {
		name     string
		f, exact func([]float32, []uint16)
		g, exacG func([]uint16, []float32)
	}{
		{"F16", F16ToF32, f16ToF32Generic, F32ToF16, f32ToF16Generic},
		{"BF16", BF16ToF32, bf16ToF32Generic, F32ToBF16, f32ToBF16Generic},
	} {
		c.f(got[:len(narrow)], narrow)
		c.exact(want[:len(narrow)], narrow)
		for i := range got {
			if a, b := math.Float32bits(got[i]), math.Float32bits(want[i]); a != b {
				t.Fatalf("%s: %d of %d: %#x, want %#x", c.name, i, len(narrow), a, b)
			}
		}
		c.g(got16[:len(wide)], wide)
		c.exacG(want16[:len(wide)], wide)
		if i := firstDifference(got16, want16); i >= 0 {
			t.Fatalf("%s: %d of %d: %g gave %#x, want %#x", c.name, i, len(wide), wide[i], got16[i], want16[i])
		}
	}
}

func firstDifference(a, b []uint16) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

func TestSoftmax(t *testing.T) {
	inf := float32(math.Inf(-1))
	onEachLevel(t, func(t *testing.T) {
		for name, c := range map[string]struct{ x, want []float32 }{
			"equal":  {[]float32{3, 3}, []float32{0.5, 0.5}},
			"masked": {[]float32{1, inf, 1, inf}, []float32{0.5, 0, 0.5, 0}},
			"hidden": {[]float32{inf, inf, inf}, []float32{0, 0, 0}},
			"one":    {[]float32{-1e30}, []float32{1}},
			"huge":   {[]float32{1e38, -1e38}, []float32{1, 0}},
			"none":   {nil, nil},
		} {
			got := make([]float32, len(c.x))
			Softmax(got, c.x, 1)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		got := []float32{inf, float32(math.NaN()), 0}
		if Softmax(got, got, 1); got[0] == got[0] || got[2] == got[2] {
			t.Errorf("a row with NaN gave %v", got)
		}
	})
}

func TestNormsAreAccurate(t *testing.T) {
	x, w, b := noise(771, 1), noise(771, 2), noise(771, 3)
	for i := range x {
		x[i] = x[i]*3 + 5
	}
	y := make([]float32, len(x))
	mean, rstd := LayerNorm(y, x, w, b, 1e-5)
	var sum, squares, deviations float64
	for _, v := range x {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(x))
	for _, v := range x {
		deviations += (float64(v) - sum/n) * (float64(v) - sum/n)
	}
	want := 1 / math.Sqrt(deviations/n+1e-5)
	if math.Abs(float64(mean)-sum/n) > 1e-6*math.Abs(sum/n) || math.Abs(float64(rstd)-want) > 1e-6*want {
		t.Errorf("LayerNorm: mean %g, rstd %g, want %g, %g", mean, rstd, sum/n, want)
	}
	for i := range y {
		exact := (float64(x[i])-sum/n)*want*float64(w[i]) + float64(b[i])
		if math.Abs(float64(y[i])-exact) > 2e-6 {
			t.Fatalf("LayerNorm: element %d = %g, want %g", i, y[i], exact)
		}
	}
	rstd = RMSNorm(y, x, w, 1e-5)
	want = 1 / math.Sqrt(squares/n+1e-5)
	for i := range y {
		if exact := float64(x[i]) * want * float64(w[i]); math.Abs(float64(y[i])-exact) > 3e-6 || math.Abs(float64(rstd)-want) > 1e-6*want {
			t.Fatalf("RMSNorm: element %d = %g, want %g", i, y[i], exact)
		}
	}
}

// A norm of a sum is the norm of what Add gives, wherever the sum is put.
func TestAddNormIsAddThenNorm(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 5, 16, 61, 771} {
			x, y, w, b := noise(n, 1), noise(n, 2), noise(n, 3), noise(n, 4)
			sum, want, got := make([]float32, n), make([]float32, n), make([]float32, n)
			Add(sum, x, y)
			for name, c := range map[string]struct {
				alone func(dst, x []float32)
				fused func(dst, sum, x, y []float32)
			}{
				"RMSNorm":   {func(dst, x []float32) { RMSNorm(dst, x, w, 1e-5) }, func(dst, sum, x, y []float32) { AddRMSNorm(dst, sum, x, y, w, 1e-5) }},
				"LayerNorm": {func(dst, x []float32) { LayerNorm(dst, x, w, b, 1e-5) }, func(dst, sum, x, y []float32) { AddLayerNorm(dst, sum, x, y, w, b, 1e-5) }},
			} {
				c.alone(want, sum)
				kept := make([]float32, n)
				c.fused(got, kept, x, y)
				if !slices.Equal(got, want) || !slices.Equal(kept, sum) {
					t.Errorf("%s of the sum of %d differs", name, n)
				}
				if c.fused(got, got, x, y); !slices.Equal(got, want) {
					t.Errorf("%s of the sum of %d in place differs", name, n)
				}
			}
		}
	})
}

func TestRopeTurns(t *testing.T) {
	x := []float32{1, 2, 3, 4}
	RopeHalf(x, []float32{0, 1}, []float32{1, 0})
	if !slices.Equal(x, []float32{-3, 2, 1, 4}) {
		t.Errorf("RopeHalf gave %v", x)
	}
	x = []float32{1, 2, 3, 4}
	RopePairs(x, []float32{0, 1}, []float32{1, 0})
	if !slices.Equal(x, []float32{-2, 1, 3, 4}) {
		t.Errorf("RopePairs gave %v", x)
	}
}

func TestChoose(t *testing.T) {
	all := integerLevels()
	for _, l := range all {
		if floats, integers := choose(levelNames[l]); integers != l || floats != l.floats() || !slices.Contains(levels(), floats) {
			t.Errorf("choose(%q) = %q, %q", levelNames[l], levelNames[floats], levelNames[integers])
		}
	}
	for _, name := range []string{"", "mmx"} {
		if _, l := choose(name); l != all[len(all)-1] {
			t.Errorf("choose(%q) is not the fastest level", name)
		}
	}
	t.Log(CPU(), Features())
}

// FuzzLevelsAgree compares the levels on arbitrary bits.
func FuzzLevelsAgree(f *testing.F) {
	seed := make([]byte, 0, 400)
	for i := range 100 {
		seed = binary.LittleEndian.AppendUint32(seed, math.Float32bits(oddities[i%len(oddities)]))
	}
	for i := range contests {
		f.Add(uint8(i), uint8(i), seed[:4*(i+20)])
	}
	f.Fuzz(func(t *testing.T, which, offset uint8, raw []byte) {
		c := contests[int(which)%len(contests)]
		n := len(raw) / 4 / c.slices
		v := make([][]float32, c.slices)
		for i := range v {
			v[i] = make([]float32, n)
			for j := range v[i] {
				v[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(i*n+j):]))
			}
		}
		defer func(l level) { active = l }(active)
		for _, l := range levels() {
			active = l
			c.meet(t, v, int(offset))
			checkHalves(t, halvesOf(raw), v[0])
		}
	})
}

func halvesOf(raw []byte) []uint16 {
	h := make([]uint16, len(raw)/2)
	for i := range h {
		h[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return h
}

func TestNothingAllocates(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, c := range contests {
			v := c.inputs(100, 1, 1, false)
			if n := testing.AllocsPerRun(5, func() { c.run(v) }); n != 0 {
				t.Errorf("%s allocates %g times", c.name, n)
			}
		}
		if n := testing.AllocsPerRun(5, func() {
			// Operands on the stack stay there.
			var a, c [40]float32
			var b [8 * 2 * Panel]float32
			Gemm(c[:], 40, a[:], 8, b[:], 8*Panel, 1, 40, 8, true)
			Softmax(c[:], a[:], Dot(a[:], c[:])+1)
		}); n != 0 {
			t.Errorf("operands on the stack escape: %g allocations", n)
		}
	})
}
