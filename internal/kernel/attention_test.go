package kernel

import (
	"fmt"
	"math"
	"testing"
)

// Rows of scores become what Softmax makes of each, on every level, and nothing else
// is written.
func TestSoftmaxRows(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for width := range 70 {
			for _, c := range []struct{ rows, n, step int }{{1, width, 0}, {5, width - 3, 1}, {3, -1, 1}, {4, 0, 0}, {3, 1, 20}, {2, width + 9, 0}} {
				for _, scale := range []float32{1, 0.125, 3e38, 1e-42} {
					checkSoftmaxRows(t, c.rows, c.n, c.step, width, scale, width%2 == 0)
				}
			}
		}
		checkSoftmaxRows(t, 3, rowsPiece/2, 7, rowsPiece/2+100, 0.5, false)
		checkSoftmaxRows(t, 2, 4*rowsPiece+3, 1, 4*rowsPiece+40, 0.5, true)
	})
}

func checkSoftmaxRows(t *testing.T, rows, n, step, width int, scale float32, odd bool) {
	t.Helper()
	ld := (width+15)/16*16 + 16
	p, intact := guarded(rows*ld, 3, 7)
	copy(p, noise(rows*ld, uint64(width)))
	for i := range p {
		if k := i * 7 % 61; odd && k < len(oddities) && width%3 != 0 {
			p[i] = oddities[k]
		}
		if odd && i%5 == 0 {
			p[i] = float32(math.Inf(-1))
		}
	}
	want := append([]float32{}, p...)
	for i := range rows {
		seen := max(0, min(n+i*step, width))
		row := want[i*ld : i*ld+seen]
		func() {
			defer func(old level) { active = old }(active)
			active = generic
			Softmax(row, row, scale)
		}()
		if width > 0 {
			clear(want[i*ld+seen : i*ld+(width+15)/16*16])
		}
		for j := seen; j%16 != 0 && row[0] != row[0]; j++ {
			want[i*ld+j] = row[0]
		}
	}
	SoftmaxRows(p, ld, rows, n, step, width, scale)
	for i := range p {
		if !sameBits(p[i], want[i]) {
			t.Fatalf("%d rows of %d+%d·i of %d, scale %g: row %d, element %d: %g, want %g", rows, n, step, width, scale, i/ld, i%ld, p[i], want[i])
		}
	}
	if !intact() {
		t.Fatalf("%d rows of %d+%d·i of %d: written outside", rows, n, step, width)
	}
}

// A packed matrix holds every element at its place, whatever squares it has.
func TestPackPlaces(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, n := range []int{1, 7, 8, 15, 16, 31, 32, 33, 48, 61, 64, 100} {
			for _, k := range []int{1, 3, 8, 15, 16, 17, 24, 32, 40, 64, 129} {
				checkPackPlaces(t, n, k)
			}
		}
		checkPackPlaces(t, 32, 2*packSide+19)
	})
}

func checkPackPlaces(t *testing.T, n, k int) {
	t.Helper()
	ld := k + 5
	w := noise(n*ld, 1)
	dst, intact := guarded(PackedLen(n, k), 1, 7)
	PackNK(dst, w[:(n-1)*ld+k], n, k, ld)
	for i := range dst {
		want := float32(0)
		if row := i/(Panel*k)*Panel + i%Panel; row < n {
			want = w[row*ld+i%(Panel*k)/Panel]
		}
		if dst[i] != want {
			t.Fatalf("PackNK of %dx%d: element %d = %g, want %g", n, k, i, dst[i], want)
		}
	}
	ld = n + 5
	w = noise(k*ld, 2)
	PackKN(dst, w[:(k-1)*ld+n], n, k, ld)
	for i := range dst {
		want := float32(0)
		if row := i/(Panel*k)*Panel + i%Panel; row < n {
			want = w[i%(Panel*k)/Panel*ld+row]
		}
		if dst[i] != want {
			t.Fatalf("PackKN of %dx%d: element %d = %g, want %g", n, k, i, dst[i], want)
		}
	}
	if !intact() {
		t.Fatalf("packing %dx%d wrote outside", n, k)
	}
}

// Functions of rows give what functions of slices give, and write nothing else.
func TestRowOps(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for op := AddRows; op <= GELUTanhMulRows; op++ {
			for n := range 70 {
				checkRowOp(t, op, 1+n%5, n, n%2*(n+3), n%3 == 0)
			}
			checkRowOp(t, op, 40, 1000, 0, false)
			checkRowOp(t, op, 3, 5*piece+3, 5*piece+9, false)
		}
	})
}

func checkRowOp(t *testing.T, op RowOp, rows, n, ldx int, odd bool) {
	t.Helper()
	ldc := n + 7
	c, intact := guarded(rows*ldc, n%8, 7)
	copy(c, noise(len(c), 1))
	x := noise((rows-1)*ldx+n, 2)
	for i := range c {
		if k := i * 5 % 43; odd && k < len(oddities) {
			c[i] = oddities[k]
		}
	}
	want := append([]float32{}, c...)
	func() {
		defer func(old level) { active = old }(active)
		active = generic
		for i := range rows {
			op.row(want[i*ldc:i*ldc+n], x[i*ldx:i*ldx+n])
		}
	}()
	op.Apply(c, ldc, x, ldx, rows, n)
	for i := range c {
		if !sameBits(c[i], want[i]) {
			t.Fatalf("function %d of %d rows of %d: row %d, element %d: %g, want %g", op, rows, n, i/ldc, i%ldc, c[i], want[i])
		}
	}
	if !intact() {
		t.Fatalf("function %d of %d rows of %d: written outside", op, rows, n)
	}
}

// Norms of rows give what norms of slices give, and write nothing else.
func TestNormRows(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for n := 1; n < 70; n++ {
			checkNormRows(t, n, 1+n%4, n%3 == 0)
		}
		checkNormRows(t, 768, 30, false)
		checkNormRows(t, piece+5, 2, false)
	})
}

func checkNormRows(t *testing.T, n, rows int, odd bool) {
	t.Helper()
	x, y, w, b := noise(n*rows, 1), noise(n*rows, 2), noise(n, 3), noise(n, 4)
	for i := range x {
		if k := i * 5 % 97; odd && k < len(oddities) {
			x[i] = oddities[k]
		}
	}
	for _, f := range []Norm{{W: w, B: b, Eps: 1e-5}, {RMS: true, W: w, Eps: 1e-6}} {
		for _, more := range [][]float32{nil, y} {
			want, wantSum := make([]float32, n*rows), make([]float32, n*rows)
			func() {
				defer func(old level) { active = old }(active)
				active = generic
				f.rows(want, wantSum, x, y, more != nil)
			}()
			got, intact := guarded(n*rows, 3, 7)
			sum, whole := guarded(n*rows, 5, 0)
			f.Rows(got, sum, x, more)
			for i := range got {
				if !sameBits(got[i], want[i]) || !sameBits(sum[i], wantSum[i]) {
					t.Fatalf("%d rows of %d, rms %v: element %d: %g of %g, want %g of %g", rows, n, f.RMS, i, got[i], sum[i], want[i], wantSum[i])
				}
			}
			if !intact() || !whole() {
				t.Fatalf("%d rows of %d: written outside", rows, n)
			}
			if more != nil { // the sum where the result will be
				if f.Rows(got, got, x, more); !sameBits(got[n*rows-1], want[n*rows-1]) {
					t.Fatalf("%d rows of %d: in place %g, want %g", rows, n, got[n*rows-1], want[n*rows-1])
				}
			}
		}
	}
}

// Widened codes are their products with the scales, exactly.
func TestWiden(t *testing.T) {
	codes, scales := make([]int8, 200*Panel), make([]uint16, 200)
	for i := range codes {
		codes[i] = int8(i * 37)
	}
	F32ToF16(scales, noise(200, 1))
	onEachLevel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 31, 127, 128, 129, 200} {
			rows, intact := guarded(n*Panel, 1, 7)
			WidenRows(rows, codes[:n*Panel], scales[:n])
			columns, whole := guarded(n*Panel, 3, 7)
			WidenColumns(columns, codes[:n*Panel], scales[:Panel])
			for i := range rows {
				var d [2]float32
				F16ToF32(d[:], []uint16{scales[i/Panel], scales[i%Panel]})
				if rows[i] != float32(codes[i])*d[0] || columns[i] != float32(codes[i])*d[1] {
					t.Fatalf("%d rows: element %d: %g and %g, of code %d and scales %v", n, i, rows[i], columns[i], codes[i], d)
				}
			}
			if !intact() || !whole() {
				t.Fatalf("%d rows: written outside", n)
			}
		}
	})
}

func BenchmarkRowOps(b *testing.B) {
	for op := AddRows; op <= SiLUMulRows; op++ {
		b.Run(fmt.Sprint(op), func(b *testing.B) {
			c, x := noise(128*64, 1), noise(64, 2)
			b.SetBytes(4 * 128 * 64)
			for b.Loop() {
				op.Apply(c, 64, x, 0, 128, 64)
			}
		})
	}
}

func BenchmarkNormRows(b *testing.B) {
	for _, n := range []int{384, 896} {
		x, y, w := noise(32*n, 1), noise(32*n, 2), noise(n, 3)
		dst, sum := make([]float32, 32*n), make([]float32, 32*n)
		for _, f := range []Norm{{W: w, B: w, Eps: 1e-5}, {RMS: true, W: w, Eps: 1e-5}} {
			b.Run(fmt.Sprintf("%d/rms=%v/at-once", n, f.RMS), func(b *testing.B) {
				for b.Loop() {
					f.Rows(dst, sum, x, y)
				}
			})
			b.Run(fmt.Sprintf("%d/rms=%v/one-by-one", n, f.RMS), func(b *testing.B) {
				for b.Loop() {
					f.rows(dst, sum, x, y, true)
				}
			})
		}
	}
}

func BenchmarkSoftmaxRows(b *testing.B) {
	for _, width := range []int{16, 128, 512, 4096} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			p := noise(32*(width+16), 1)
			x := append([]float32{}, p...)
			for b.Loop() {
				copy(p, x)
				SoftmaxRows(p, width+16, 32, width, 0, width, 0.125)
			}
			b.ReportMetric(32*float64(width)*float64(b.N)/b.Elapsed().Seconds()/1e9, "G/s")
		})
	}
}
