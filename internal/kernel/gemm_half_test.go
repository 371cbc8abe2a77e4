package kernel

import (
	"fmt"
	"math"
	"testing"
)

// A halfForm is a 16-bit form of B, with what packs, reads and multiplies it.
type halfForm struct {
	name   string
	narrow func(dst []uint16, src []float32)
	widen  func(dst []float32, src []uint16)
	stride func(k int) int
	pack   func(dst, w []uint16, n, k, ld int)
	unpack func(dst []float32, b []uint16, stride, row, k int)
	gemm   func(c []float32, ldc int, a []float32, lda int, b []uint16, stride int, m, n, k int, accumulate bool)
}

var halfForms = []halfForm{
	{"F16", F32ToF16, F16ToF32, func(k int) int { return k * Panel }, PackF16NK, UnpackF16Row, GemmF16},
	{"BF16", F32ToBF16, BF16ToF32, BF16Stride, PackBF16NK, UnpackBF16Row, GemmBF16},
}

// onEachForm runs f as a subtest on each form and level.
func onEachForm(t *testing.T, f func(t *testing.T, form halfForm)) {
	for _, form := range halfForms {
		t.Run(form.name, func(t *testing.T) {
			onEachLevel(t, func(t *testing.T) { f(t, form) })
		})
	}
}

// matrix returns the packed form of w and what it is widened.
func (f halfForm) matrix(w []float32, n, k, ld int) (b []uint16, wide []float32) {
	narrow := make([]uint16, len(w))
	f.narrow(narrow, w)
	wide = make([]float32, len(w))
	f.widen(wide, narrow)
	b = make([]uint16, (n+Panel-1)/Panel*f.stride(k))
	for i := range b {
		b[i] = 0x7fff // NaN, lest packing relies on zeros
	}
	f.pack(b, narrow, n, k, ld)
	return b, wide
}

func (f halfForm) check(t *testing.T, m, n, k, pad int, accumulate bool) {
	t.Helper()
	ldc, lda := n+pad, k+2*pad
	a, w, begin := noise(m*lda, uint64(m)), noise(n*k, uint64(n)), noise(m*ldc, 99)
	for i := 0; i < len(w); i += 37 {
		w[i] *= 0x1p-20 // subnormal in half precision
	}
	b, wide := f.matrix(w, n, k, k)
	full := make([]float32, PackedLen(n, k))
	PackNK(full, wide, n, k, k)
	want := append([]float32(nil), begin...)
	gemmGeneric(want, ldc, a, lda, full, k*Panel, m, n, k, accumulate)
	c, intact := guarded((m-1)*ldc+n, m%8, float32(math.NaN()))
	copy(c, begin)
	f.gemm(c, ldc, a[:(m-1)*lda+k], lda, b, f.stride(k), m, n, k, accumulate)
	for i := range c {
		if !sameBits(c[i], want[i]) {
			t.Fatalf("m=%d n=%d k=%d accumulate=%v: element (%d,%d) = %g, want %g", m, n, k, accumulate, i/ldc, i%ldc, c[i], want[i])
		}
	}
	if !intact() {
		t.Fatalf("m=%d n=%d k=%d: written outside C", m, n, k)
	}
}

// A product with 16-bit numbers has the bits of the product with them widened.
func TestGemmHalfIsGemmWidened(t *testing.T) {
	onEachForm(t, func(t *testing.T, form halfForm) {
		for m := 1; m <= 16; m++ {
			for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 97} {
				for _, k := range []int{1, 2, 3, 4, 5, 6, 7, 13, 64} {
					form.check(t, m, n, k, (m+n+k)%3, m%2 == 0)
				}
			}
		}
		for _, m := range []int{1, 5, 15} {
			form.check(t, m, 40, 5003, 1, true)
			form.check(t, m, 1100, 19, 0, false)
		}
	})
}

func TestGemmHalfSplits(t *testing.T) {
	const m, n, k = 3, 70, 50
	onEachForm(t, func(t *testing.T, form halfForm) {
		a := noise(m*k, 1)
		b, _ := form.matrix(noise(n*k, 2), n, k, k)
		whole := make([]float32, m*n)
		form.gemm(whole, n, a, k, b, form.stride(k), m, n, k, false)
		for cut := 0; cut <= k; cut += 2 {
			c := make([]float32, m*n)
			form.gemm(c, n, a, k, b, form.stride(k), m, n, cut, false)
			form.gemm(c, n, a[cut:], k, b[cut*Panel:], form.stride(k), m, n, k-cut, true)
			for i := range c {
				if !sameBits(c[i], whole[i]) {
					t.Fatalf("cut at %d: element %d = %g, want %g", cut, i, c[i], whole[i])
				}
			}
		}
	})
}

// Odd numbers widen as they do elsewhere: infinities, NaN, subnormal numbers.
func TestGemmHalfOfEveryNumber(t *testing.T) {
	onEachForm(t, func(t *testing.T, form halfForm) {
		const n, k = 1 << 11, 32
		w := make([]uint16, n*k)
		for i := range w {
			w[i] = uint16(i)
		}
		b := make([]uint16, n/Panel*form.stride(k))
		form.pack(b, w, n, k, k)
		got, want, a := make([]float32, n), make([]float32, n*k), make([]float32, k)
		form.widen(want, w)
		for l := range k {
			a[l] = 1
			even := l / 2 * 2
			form.gemm(got, n, a[even:], k, b[even*Panel:], form.stride(k), 1, n, 2, false)
			for j := range n {
				if w := fma32(a[even+1], want[j*k+even+1], fma32(a[even], want[j*k+even], 0)); !sameBits(got[j], w) {
					t.Fatalf("number %#x: %g, want %g", j*k+l, got[j], w)
				}
			}
			a[l] = 0
		}
	})
}

func TestPackHalfRoundTrip(t *testing.T) {
	for _, form := range halfForms {
		for _, k := range []int{1, 2, 70, 131, 300} {
			const n = 45
			ld := k + 3
			b, wide := form.matrix(noise(n*ld, 8), n, k, ld)
			row := make([]float32, k)
			for i := range (n + Panel - 1) / Panel * Panel {
				form.unpack(row, b, form.stride(k), i, k)
				for j, v := range row {
					want := float32(0)
					if i < n {
						want = wide[i*ld+j]
					}
					if v != want {
						t.Fatalf("%s: row %d of %d, element %d = %g, want %g", form.name, i, k, j, v, want)
					}
				}
			}
		}
	}
}

func TestGemmBF16FastAgreesWithGeneric(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		if !HasBF16() {
			t.Skip("no VDPBF16PS at this level")
		}
		for m := 1; m <= 16; m++ {
			for _, n := range []int{1, 17, 32, 45} {
				for _, k := range []int{1, 2, 3, 7, 8, 64, 301} {
					for _, spread := range []float32{1, 0x1p-62, 0x1p63} {
						checkFast(t, m, n, k, spread, m%2 == 0)
					}
				}
			}
		}
		checkFast(t, 3, 40, 5003, 1, true)
	})
}

func checkFast(t *testing.T, m, n, k int, spread float32, accumulate bool) {
	t.Helper()
	lda := (k + 1) / 2 * 2
	wideA, wideB := noise(m*lda, 1), noise(n*k, 2)
	for i := range wideA {
		wideA[i] *= spread
	}
	for i := range wideB {
		wideB[i] *= spread
	}
	b, _ := halfForms[1].matrix(wideB, n, k, k)
	a := make([]uint16, m*lda)
	F32ToBF16(a, wideA)
	got, intact := guarded(m*n, m%8, 3)
	copy(got, noise(m*n, 5))
	for i := range got {
		got[i] *= spread * spread
	}
	want := append([]float32(nil), got...)
	gemmBF16FastGeneric(want, n, a, lda, b, BF16Stride(k), m, n, k, accumulate)
	GemmBF16Fast(got, n, a, lda, b, BF16Stride(k), m, n, k, accumulate)
	for i := range got {
		if !sameBits(got[i], want[i]) {
			t.Fatalf("m=%d n=%d k=%d spread=%g: element %d = %g (%#x), want %g (%#x)", m, n, k, spread, i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
	if !intact() {
		t.Fatalf("m=%d n=%d k=%d: written outside C", m, n, k)
	}
}

func TestGemmHalfRefusesShortSlices(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	h := func(n int) []uint16 { return make([]uint16, n) }
	for name, call := range map[string]func(){
		"c":        func() { GemmF16(f(7), 4, f(6), 3, h(96), 96, 2, 4, 3, false) },
		"b":        func() { GemmF16(f(8), 4, f(6), 3, h(95), 96, 2, 4, 3, false) },
		"odd":      func() { GemmBF16(f(8), 4, f(6), 3, h(127), 128, 2, 4, 3, false) },
		"stride":   func() { GemmBF16(f(80), 40, f(6), 3, h(960), 96, 2, 40, 3, false) },
		"fast":     func() { GemmBF16Fast(f(8), 4, h(7), 4, h(128), 128, 2, 4, 3, false) },
		"pack":     func() { PackF16NK(h(95), h(9), 3, 3, 3) },
		"packBF16": func() { PackBF16NK(h(127), h(9), 3, 3, 3) },
		"unpack":   func() { UnpackBF16Row(f(3), h(127), 128, 31, 3) },
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
