package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// noise returns n numbers around 0, of a source that depends on seed alone.
func noise(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 7))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// onEachLevel runs f as a subtest on each level that this machine has.
func onEachLevel(t *testing.T, f func(t *testing.T)) {
	defer func(l level) { active = l }(active)
	for _, l := range levels() {
		active = l
		t.Run(levelNames[l], f)
	}
}

// onEachIntegerLevel does so on each level of kernels of integers.
func onEachIntegerLevel(t *testing.T, f func(t *testing.T)) {
	defer use(active, integer)
	for _, l := range integerLevels() {
		use(l.floats(), l)
		t.Run(levelNames[l], f)
	}
}

func use(floats, integers level) { active, integer = floats, integers }

func TestGemmIsTheProduct(t *testing.T) {
	for _, c := range []struct{ m, n, k int }{{1, 1, 1}, {3, 31, 17}, {14, 33, 5}, {29, 70, 40}} {
		a, w := noise(c.m*c.k, 1), noise(c.n*c.k, 2)
		b := make([]float32, PackedLen(c.n, c.k))
		PackNK(b, w, c.n, c.k, c.k)
		got := make([]float32, c.m*c.n)
		Gemm(got, c.n, a, c.k, b, c.k*Panel, c.m, c.n, c.k, false)
		for i := range c.m {
			for j := range c.n {
				var want float64
				for l := range c.k {
					want += float64(a[i*c.k+l]) * float64(w[j*c.k+l])
				}
				if math.Abs(float64(got[i*c.n+j])-want) > 1e-5 {
					t.Fatalf("%v: element (%d,%d) = %g, want %g", c, i, j, got[i*c.n+j], want)
				}
			}
		}
	}
}

// guarded returns a slice of n numbers between guards of NaN, and a check that the
// guards still stand.
func guarded(n, offset int, guard float32) (x []float32, intact func() bool) {
	whole := make([]float32, offset+n+40)
	for i := range whole {
		whole[i] = guard
	}
	return whole[offset : offset+n : offset+n], func() bool {
		for i, v := range whole {
			if (i < offset || i >= offset+n) && !sameBits(v, guard) {
				return false
			}
		}
		return true
	}
}

func TestGemmAgreesWithGeneric(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for m := 1; m <= 30; m++ {
			for _, n := range []int{1, 7, 15, 16, 17, 31, 32, 33, 63, 64, 97} {
				for _, k := range []int{1, 2, 3, 8, 13, 31, 64} {
					checkGemmCase(t, m, n, k, (m+n+k)%3, m%2 == 0)
				}
			}
		}
		for _, m := range []int{1, 5, 15} { // beyond what one call into assembly takes
			checkGemmCase(t, m, 40, 5003, 1, true)
			checkGemmCase(t, m, 2100, 19, 0, false)
		}
	})
}

func checkGemmCase(t *testing.T, m, n, k, pad int, accumulate bool) {
	t.Helper()
	ldc, lda, stride := n+pad, k+2*pad, k*Panel+32*pad
	a := noise(m*lda, uint64(m))
	panels := (n + Panel - 1) / Panel
	b := make([]float32, panels*stride)
	for p := range panels {
		columns := min(Panel, n-p*Panel)
		PackNK(b[p*stride:p*stride+k*Panel], noise(columns*k, uint64(p)), columns, k, k)
	}
	start := noise(m*ldc, 99)
	want := append([]float32(nil), start...)
	gemmGeneric(want, ldc, a, lda, b, stride, m, n, k, accumulate)
	c, intact := guarded((m-1)*ldc+n, m%8, float32(math.NaN()))
	copy(c, start)
	Gemm(c, ldc, a[:(m-1)*lda+k], lda, b, stride, m, n, k, accumulate)
	for i := range c {
		if !sameBits(c[i], want[i]) {
			t.Fatalf("m=%d n=%d k=%d accumulate=%v: element (%d,%d) = %g, want %g", m, n, k, accumulate, i/ldc, i%ldc, c[i], want[i])
		}
	}
	if !intact() {
		t.Fatalf("m=%d n=%d k=%d: written outside C", m, n, k)
	}
}

// A row of the product must not depend on the rows beside it, on how the columns
// are split, nor on how the sum is.
func TestGemmRowStandsAlone(t *testing.T) {
	const m, n, k = 37, 200, 77
	a, w := noise(m*k, 3), noise(n*k, 4)
	b := make([]float32, PackedLen(n, k))
	PackNK(b, w, n, k, k)
	onEachLevel(t, func(t *testing.T) {
		whole := make([]float32, m*n)
		Gemm(whole, n, a, k, b, k*Panel, m, n, k, false)
		r := rand.New(rand.NewPCG(5, 5))
		for range 300 {
			i := r.IntN(m)
			rows := 1 + r.IntN(m-i)
			p := r.IntN(n / Panel)
			columns := 1 + r.IntN(n-p*Panel)
			cut := r.IntN(k + 1)
			c := make([]float32, rows*columns)
			Gemm(c, columns, a[i*k:], k, b[p*k*Panel:], k*Panel, rows, columns, cut, false)
			Gemm(c, columns, a[i*k+cut:], k, b[p*k*Panel+cut*Panel:], k*Panel, rows, columns, k-cut, true)
			for y := range rows {
				for x := range columns {
					if got, want := c[y*columns+x], whole[(i+y)*n+p*Panel+x]; !sameBits(got, want) {
						t.Fatalf("rows %d+%d, columns %d+%d, cut %d: (%d,%d) = %g, want %g", i, rows, p*Panel, columns, cut, y, x, got, want)
					}
				}
			}
		}
	})
}

func TestGemmOfNothing(t *testing.T) {
	c := []float32{1, 2, 3}
	Gemm(c, 2, nil, 0, nil, 0, 1, 2, 0, true)
	Gemm(c, 2, nil, 0, nil, 0, 0, 2, 5, false)
	if c[0] != 1 || c[1] != 2 {
		t.Error("an empty sum that accumulates changed C")
	}
	Gemm(c, 2, nil, 0, nil, 0, 1, 2, 0, false)
	if c[0] != 0 || c[1] != 0 || c[2] != 3 {
		t.Errorf("an empty sum gave %v", c)
	}
}

func TestGemmRefusesShortSlices(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	for name, call := range map[string]func(){
		"c":      func() { Gemm(f(7), 4, f(6), 3, f(96), 96, 2, 4, 3, false) },
		"a":      func() { Gemm(f(8), 4, f(5), 3, f(96), 96, 2, 4, 3, false) },
		"b":      func() { Gemm(f(8), 4, f(6), 3, f(95), 96, 2, 4, 3, false) },
		"stride": func() { Gemm(f(80), 40, f(6), 3, f(960), 95, 2, 40, 3, false) },
		"ldc":    func() { Gemm(f(80), 3, f(6), 3, f(960), 96, 2, 4, 3, false) },
		"m":      func() { Gemm(f(80), 4, f(6), 3, f(960), 96, -2, 4, 3, false) },
		"dot":    func() { Dot(f(3), f(4)) },
		"add":    func() { Add(f(3), f(4), f(3)) },
		"rope":   func() { RopeHalf(f(5), f(2), f(2)) },
		"pack":   func() { PackNK(f(95), f(9), 3, 3, 3) },
		"unpack": func() { UnpackRow(f(3), f(95), 96, 31, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); len(text) < 8 || text[:8] != "kernel: " {
					t.Errorf("panic %q", text)
				}
			}()
			call()
		})
	}
}

func TestPackRoundTrip(t *testing.T) {
	const n, k, ld = 45, 70, 73
	w, turned := noise(n*ld, 8), make([]float32, k*n)
	for i := range n {
		for j := range k {
			turned[j*n+i] = w[i*ld+j]
		}
	}
	nk, kn := noise(PackedLen(n, k), 1), noise(PackedLen(n, k), 2)
	PackNK(nk, w, n, k, ld)
	PackKN(kn, turned, n, k, n)
	row := make([]float32, k)
	for i := range n {
		UnpackRow(row, nk, k*Panel, i, k)
		for j, v := range row {
			if v != w[i*ld+j] {
				t.Fatalf("row %d, element %d = %g, want %g", i, j, v, w[i*ld+j])
			}
		}
	}
	for i := range nk {
		if column := i / (k * Panel) * Panel; nk[i] != kn[i] || column+i%Panel >= n && nk[i] != 0 {
			t.Fatalf("element %d: PackNK gave %g, PackKN %g", i, nk[i], kn[i])
		}
	}
}
