package kernel

import (
	"fmt"
	"math"
	"testing"
)

// int8Case makes rows of activations and packed weights.
func int8Case(m, n, k int) (a *Int8Rows, x []float32, b []byte, w []float32) {
	x, w = noise(m*k, uint64(m)), noise(n*k, uint64(n))
	for i := range x {
		x[i] = max(x[i], -0.2) // ranges that are not symmetric
	}
	a = new(Int8Rows)
	a.Resize(m, k)
	a.Quantize(x, k, 0, m)
	b = make([]byte, (n+Panel-1)/Panel*Int8Stride(k))
	for i := range b {
		b[i] = 0x55 // lest packing relies on zeros
	}
	PackInt8(b, w, n, k, k)
	return a, x, b, w
}

func checkInt8Case(t *testing.T, m, n, k, pad int, withBias bool) {
	t.Helper()
	a, _, b, _ := int8Case(m, n, k)
	for i := range a.m {
		end := k
		if a.split {
			end = (k + 3) / 4 * 8
		}
		extra := a.codes[i*a.stride+end : (i+1)*a.stride]
		for j := range extra {
			extra[j] = 0xff // what stands behind a row does not matter
		}
	}
	var bias []float32
	if withBias {
		bias = noise(n, 3)
	}
	ldc, row := n+pad, m/3
	rows := m - row
	want := make([]float32, rows*ldc)
	gemmInt8Generic(want, ldc, a, row, rows, b, n, k, bias)
	c, intact := guarded((rows-1)*ldc+n, m%8, 3)
	GemmInt8(c, ldc, a, row, rows, b, n, k, bias)
	for i := range c {
		if i%ldc < n && !sameBits(c[i], want[i]) {
			t.Fatalf("m=%d n=%d k=%d bias=%v: element (%d,%d) = %g, want %g", rows, n, k, withBias, i/ldc, i%ldc, c[i], want[i])
		}
		if i%ldc >= n && c[i] != 3 {
			t.Fatalf("m=%d n=%d k=%d: written beyond a row", rows, n, k)
		}
	}
	if !intact() {
		t.Fatalf("m=%d n=%d k=%d: written outside C", rows, n, k)
	}
}

func TestGemmInt8AgreesWithGeneric(t *testing.T) {
	onEachIntegerLevel(t, func(t *testing.T) {
		for m := 1; m <= 24; m++ {
			for _, n := range []int{1, 7, 15, 16, 17, 31, 32, 33, 97} {
				for _, k := range []int{0, 1, 2, 3, 4, 5, 16, 19, 64} {
					checkInt8Case(t, m, n, k, (m+n+k)%3, m%2 == 0)
				}
			}
		}
		checkInt8Case(t, 3, 40, 3001, 1, true)
		checkInt8Case(t, 50, 40, 300, 1, true)
	})
}

// A product is as near to the exact one as two codes of 8 bits allow.
func TestGemmInt8IsTheProduct(t *testing.T) {
	const m, n, k = 5, 40, 512
	onEachIntegerLevel(t, func(t *testing.T) {
		a, x, b, w := int8Case(m, n, k)
		c := make([]float32, m*n)
		GemmInt8(c, n, a, 0, m, b, n, k, nil)
		for i := range m {
			for j := range n {
				var want, off float64
				for l := range k {
					u, v := float64(x[i*k+l]), float64(w[j*k+l])
					want += u * v
					du, dv := float64(a.rows[i].scale)/2, float64(int8Scale(b[j/Panel*Int8Stride(k):], j%Panel))/2
					off += du*math.Abs(v) + dv*math.Abs(u) + du*dv
				}
				if got := float64(c[i*n+j]); math.Abs(got-want) > off+1e-4 {
					t.Fatalf("element (%d,%d) = %g, want %g ± %g", i, j, got, want, off)
				}
			}
		}
	})
}

// The largest sums there can be do not overflow.
func TestGemmInt8OfTheLargestCodes(t *testing.T) {
	const m, n, k = 3, 33, MaxInt8
	x, w := make([]float32, m*k), make([]float32, n*k)
	for i := range w {
		w[i] = 2
	}
	for l := range k {
		x[l], x[k+l], x[2*k+l] = 1, -1, 1
	}

	for _, sign := range []float32{1, -1} {
		for i := range w {
			w[i] = sign * 2
		}
		b := make([]byte, 2*Int8Stride(k))
		PackInt8(b, w, n, k, k)
		onEachIntegerLevel(t, func(t *testing.T) {
			var a Int8Rows
			a.Resize(m, k)
			a.Quantize(x, k, 0, m)
			c := make([]float32, m*n)
			GemmInt8(c, n, &a, 0, m, b, n, k, nil)
			for i, v := range c {
				want := 2 * sign * k
				if i/n == 1 {
					want = -want
				}
				if math.Abs(float64(v/want-1)) > 1e-6 {
					t.Fatalf("element %d = %g, want %g", i, v, want)
				}
			}
		})
	}
}

func TestInt8Rows(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name  string
		x     []float32
		codes []byte
		row   int8Row
	}{
		{"both signs", []float32{-1, 0, 1.55, 0.5}, []byte{0, 100, 255, 150}, int8Row{2.55 / 255, -100}},
		{"positive", []float32{51, 255, 0.5, 1.5}, []byte{51, 255, 0, 2}, int8Row{1, 0}},
		{"negative", []float32{-255, -1, -254, 0}, []byte{0, 254, 1, 255}, int8Row{1, -255}},
		{"zero", []float32{0, 0}, []byte{0, 0}, int8Row{}},
		{"tiny", []float32{1e-40, -1e-38}, []byte{0, 0}, int8Row{}},
		{"infinite", []float32{1, inf}, []byte{0, 0}, int8Row{nan, 0}},
		{"wide", []float32{3e38, -3e38}, []byte{0, 0}, int8Row{nan, 0}},
		{"NaN", []float32{nan, 1}, []byte{0, 0}, int8Row{nan, 0}},
	} {
		onEachLevel(t, func(t *testing.T) {
			for _, zeros := range []int{0, 61} {
				x := append(append([]float32(nil), c.x...), make([]float32, zeros)...)
				var a Int8Rows
				a.Resize(1, len(x))
				a.Quantize(x, len(x), 0, 1)
				if got := a.rows[0]; got.shift != c.row.shift || !sameBits(got.scale, c.row.scale) && math.Abs(float64(got.scale/c.row.scale-1)) > 1e-6 {
					t.Errorf("%s: row %v, want %v", c.name, got, c.row)
				}
				for i, code := range c.codes {
					if got := a.code(0, i); got != code {
						t.Errorf("%s: code %d is %d, want %d", c.name, i, got, code)
						break
					}
				}
			}
		})
	}
}

func TestQuantizeInt8AgreesWithGeneric(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for n := 1; n < 140; n++ {
			for _, spread := range []float32{1, 1e-30, 1e37} {
				x := noise(n, uint64(n))
				for i := range x {
					x[i] *= spread
				}
				if n%17 == 0 {
					x[n/2] = float32(math.Inf(n%2*2 - 1))
				}
				got, want := make([]byte, n+1), make([]byte, n+1)
				row, inverse := int8Meaning(x)
				roundBytes(got[:n], x, inverse, -row.shift)
				level := active
				active = generic
				expected, inverse := int8Meaning(x)
				roundBytes(want[:n], x, inverse, -row.shift)
				active = level
				if !sameBits(row.scale, expected.scale) || row.shift != expected.shift || string(got) != string(want) {
					t.Fatalf("%d values: %v %v, want %v %v", n, row, got, expected, want)
				}
			}
		}
	})
}

func TestPackInt8RoundTrip(t *testing.T) {
	const n = 45
	for _, k := range []int{1, 4, 30, 131, 700} {
		ld := k + 3
		w := noise(n*ld, 8)
		copy(w[7*ld:8*ld], make([]float32, ld))
		w[9*ld] = float32(math.NaN())
		b := make([]byte, 2*Int8Stride(k))
		PackInt8(b, w, n, k, ld)
		row := make([]float32, k)
		for i := range 2 * Panel {
			UnpackInt8Row(row, b, i, k)
			var top float32
			if i < n {
				for _, v := range w[i*ld : i*ld+k] {
					top = max(top, v, -v)
				}
			}
			for j, v := range row {
				var want float32
				if i < n {
					want = w[i*ld+j]
				}
				if i == 9 && v == v || i != 9 && math.Abs(float64(v-want)) > float64(top)/253 {
					t.Fatalf("row %d of %d, element %d = %g, want %g", i, k, j, v, want)
				}
			}
		}
	}
}

func TestInt8AllocatesNothing(t *testing.T) {
	a, x, b, _ := int8Case(3, 40, 70)
	c, bias := make([]float32, 3*40), noise(40, 1)
	if n := testing.AllocsPerRun(5, func() {
		a.Resize(3, 70)
		a.Quantize(x, 70, 0, 3)
		GemmInt8(c, 40, a, 0, 3, b, 40, 70, bias)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestInt8RefusesWhatDoesNotFit(t *testing.T) {
	a, x, b, w := int8Case(3, 40, 70)
	c := make([]float32, 3*40)
	for name, call := range map[string]func(){
		"c":        func() { GemmInt8(c[1:], 40, a, 0, 3, b, 40, 70, nil) },
		"rows":     func() { GemmInt8(c, 40, a, 1, 3, b, 40, 70, nil) },
		"k":        func() { GemmInt8(c, 40, a, 0, 3, b, 40, 69, nil) },
		"b":        func() { GemmInt8(c, 40, a, 0, 3, b[1:], 40, 70, nil) },
		"bias":     func() { GemmInt8(c, 40, a, 0, 3, b, 40, 70, c[:39]) },
		"quantize": func() { a.Quantize(x[1:], 70, 0, 3) },
		"pack":     func() { PackInt8(b[1:], w, 40, 70, 70) },
		"unpack":   func() { UnpackInt8Row(c, b, 64, 70) },
		"large":    func() { PackInt8(nil, nil, 0, MaxInt8+1, MaxInt8+1) },
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
