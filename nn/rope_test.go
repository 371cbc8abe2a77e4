package nn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/tensor"
)

func rope(t *testing.T, c RopeConfig) *Rope {
	t.Helper()
	r, err := NewRope(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// divisors returns by what a scaling divides each frequency.
func divisors(t *testing.T, c RopeConfig) []float64 {
	t.Helper()
	scaled, plain := rope(t, c), rope(t, RopeConfig{Theta: c.Theta, Dim: c.Dim})
	d := make([]float64, c.Dim/2)
	for i := range d {
		d[i] = float64(plain.inverse[i]) / float64(scaled.inverse[i])
	}
	return d
}

func repeat(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*math.Abs(b) }

func TestLlama3Divisors(t *testing.T) {
	scaling := func(f float64) *RopeScaling {
		return &RopeScaling{Type: "llama3", Factor: f, LowFreqFactor: 1, HighFreqFactor: 4, Original: 8192}
	}
	for _, c := range []struct {
		dim    int
		factor float64
		want   []float64
	}{
		{128, 8, slices.Concat(repeat(1, 29), []float64{1.2075, 1.5534, 2.0263, 2.6945, 3.6843, 5.2573}, repeat(8, 29))},
		{64, 32, slices.Concat(repeat(1, 15), []float64{1.6513, 3.2923, 9.6667}, repeat(32, 14))},
	} {
		for i, d := range divisors(t, RopeConfig{Theta: 5e5, Dim: c.dim, MaxPositions: 131072, Scaling: scaling(c.factor)}) {
			if !near(d, c.want[i], 5e-5) {
				t.Errorf("dim %d: divisor %d is %.5f, want %v", c.dim, i, d, c.want[i])
			}
		}
	}
}

func TestYarn(t *testing.T) {
	s := &RopeScaling{OldType: "yarn", Factor: 4}
	c := RopeConfig{Theta: 1e6, Dim: 128, MaxPositions: 32768, Scaling: s}
	r := rope(t, c)
	if low, high := r.yarnRange(r.c.Scaling); low != 23 || high != 40 {
		t.Errorf("the ramp runs from %v to %v, want 23 to 40", low, high)
	}
	if !near(float64(r.factor), 1.138629, 1e-6) {
		t.Errorf("factor %v, want 1.138629", r.factor)
	}
	d := divisors(t, c)
	if !near(d[23], 1, 1e-6) || !near(d[40], 4, 1e-6) || !near(1/d[30], 0.25*7/17+10.0/17, 1e-5) {
		t.Errorf("divisors %v", d)
	}
	given, no := 0.5, false
	s.AttentionFactor, s.Truncate = &given, &no
	r = rope(t, c)
	if low, _ := r.yarnRange(r.c.Scaling); r.factor != 0.5 || low == math.Floor(low) {
		t.Errorf("factor %v, ramp from %v", r.factor, low)
	}
	s.AttentionFactor, s.MScale, s.MScaleAllDim = nil, 2, 1
	if r = rope(t, c); !near(float64(r.factor), (0.2*math.Log(4)+1)/(0.1*math.Log(4)+1), 1e-6) {
		t.Errorf("factor of mscale 2 over 1 is %v", r.factor)
	}
}

func TestLinearAndDivisors(t *testing.T) {
	for _, d := range divisors(t, RopeConfig{Theta: 1e4, Dim: 16, Scaling: &RopeScaling{Type: "linear", Factor: 2.5}}) {
		if !near(d, 2.5, 1e-6) {
			t.Errorf("divisor %v, want 2.5", d)
		}
	}
	want := []float32{1, 2, 3, 4}
	for i, d := range divisors(t, RopeConfig{Theta: 1e4, Dim: 8, Divisors: want}) {
		if !near(d, float64(want[i]), 1e-6) {
			t.Errorf("divisor %v, want %v", d, want[i])
		}
	}
}

func TestDynamicGrowsWithTheRow(t *testing.T) {
	r := rope(t, RopeConfig{Theta: 1e4, Dim: 8, MaxPositions: 8, Scaling: &RopeScaling{OldType: "dynamic", Factor: 2}})
	if !slices.Equal(r.at(8), r.inverse) {
		t.Error("short rows are not as they were")
	}
	theta := 1e4 * math.Pow(2*12.0/8-1, 8.0/6)
	for i, w := range r.at(12) {
		if !near(float64(w), math.Pow(theta, -2*float64(i)/8), 1e-6) {
			t.Errorf("frequency %d of 12 positions is %v", i, w)
		}
	}
	// A short row keeps its angles beside a long one.
	cos, _ := r.Angles(&Pass{Lens: []int{12, 5}}, &IDs{B: 2, T: 12})
	alone, _ := r.Angles(&Pass{}, &IDs{B: 1, T: 5})
	if !slices.Equal(cos[12*4:17*4], alone) {
		t.Error("a row's angles depend on its neighbour")
	}
}

func TestLongRope(t *testing.T) {
	s := &RopeScaling{Type: "longrope", Original: 8, ShortFactor: []float64{1, 2}, LongFactor: []float64{3, 4}}
	r := rope(t, RopeConfig{Theta: 1e4, Dim: 4, MaxPositions: 32, Scaling: s})
	for n, want := range map[int][]float64{8: {1, 0.005}, 9: {1.0 / 3, 0.0025}} {
		for i, w := range r.at(n) {
			if !near(float64(w), want[i], 1e-6) {
				t.Errorf("frequency %d of %d positions is %v, want %v", i, n, w, want[i])
			}
		}
	}
	if !near(float64(r.factor), math.Sqrt(1+math.Log(4)/math.Log(8)), 1e-6) {
		t.Errorf("factor %v", r.factor)
	}
}

func TestAngles(t *testing.T) {
	r := rope(t, RopeConfig{Dim: 4})
	cos, sin := r.Angles(&Pass{Positions: []int32{0, 3, 7}, Arena: &tensor.Arena{}}, &IDs{B: 1, T: 3})
	for i, pos := range []float64{0, 3, 7} {
		for j, w := range []float64{1, 0.01} {
			if math.Abs(float64(cos[2*i+j])-math.Cos(pos*w)) > 1e-6 || math.Abs(float64(sin[2*i+j])-math.Sin(pos*w)) > 1e-6 {
				t.Errorf("position %v, frequency %v: %v, %v", pos, w, cos[2*i+j], sin[2*i+j])
			}
		}
	}
}

func TestRopeRefusesNonsense(t *testing.T) {
	for want, c := range map[string]RopeConfig{
		"cannot be turned":                {Dim: 3},
		"theta -1":                        {Dim: 4, Theta: -1},
		`rope_type "spiral" is not known`: {Dim: 4, Scaling: &RopeScaling{Type: "spiral"}},
		"factor of linear is 0":           {Dim: 4, Scaling: &RopeScaling{Type: "linear"}},
		"needs original_max_position":     {Dim: 4, Scaling: &RopeScaling{Type: "yarn", Factor: 2}},
		"are no range":                    {Dim: 4, MaxPositions: 8, Scaling: &RopeScaling{Type: "llama3", Factor: 2}},
		"have 0 and 1 values, want 2":     {Dim: 4, MaxPositions: 8, Scaling: &RopeScaling{Type: "su", ShortFactor: []float64{1}}},
		"1 divisors for 2 frequencies":    {Dim: 4, Divisors: []float32{1}},
	} {
		if _, err := NewRope(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

func TestRelativeBuckets(t *testing.T) {
	for _, c := range []struct {
		both   bool
		exact  int
		starts []int // the first distance of each bucket after the exact ones
	}{
		{true, 8, []int{12, 16, 23, 32, 46, 64, 91}},
		{false, 16, []int{19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113}},
	} {
		r, err := NewRelativeBias(32, 4, 128, c.both)
		if err != nil {
			t.Fatal(err)
		}
		for d := range 3001 {
			want := int32(min(d, c.exact))
			for _, s := range c.starts {
				if d >= s {
					want++
				}
			}
			if got := r.Bucket(-d); got != want {
				t.Errorf("bucket of a key %d before its query is %d, want %d", d, got, want)
			}
			after := int32(0)
			if c.both && d > 0 {
				after = want + 16
			}
			if got := r.Bucket(d); got != after {
				t.Errorf("bucket of a key %d after its query is %d, want %d", d, got, after)
			}
		}
	}
	for _, c := range [][2]int{{1, 128}, {32, 8}, {3, 128}} {
		if _, err := NewRelativeBias(c[0], 1, c[1], true); err == nil {
			t.Errorf("%v buckets and distance are taken", c)
		}
	}
}

// TestRelativeBiasOfParts wants the bias of a row in parts to be that of the
// whole, for rows of equal and of different pasts.
func TestRelativeBiasOfParts(t *testing.T) {
	r, err := NewRelativeBias(8, 2, 20, false)
	if err != nil {
		t.Fatal(err)
	}
	Init(r, Rand(1))
	whole := r.Forward(&Pass{}, 1, 6).Data() // [2,6,6]
	c := NewCache(1, 2, 1, 4, 32)
	for _, pasts := range [][2]int{{4, 4}, {4, 1}} {
		c.lens = pasts[:]
		y := r.Forward(&Pass{Cache: c}, 2, 2)
		rows := 1
		if pasts[0] != pasts[1] {
			rows = 2
		}
		if S := y.Dim(-1); S != 6 || y.Len() != rows*2*2*6 {
			t.Fatalf("pasts %v: shape %v", pasts, y.Shape())
		}
		for i, v := range y.Data() {
			b, h, q, k := i/24, i/12%2, i/6%2, i%6
			if q += pasts[b]; k <= q && v != whole[(h*6+q)*6+k] {
				t.Errorf("pasts %v: bias of row %d head %d query %d key %d differs", pasts, b, h, q, k)
			}
		}
	}
}
