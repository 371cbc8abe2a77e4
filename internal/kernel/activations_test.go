package kernel

import (
	"math"
	"testing"
)

// A block's codes are within half a step of its values, and its sums are theirs.
func TestQuantizeActivations(t *testing.T) {
	const m, k = 5, 160
	x := noise(m*(k+3), 1)
	for i := range 32 {
		x[k+3+i] = 0
		x[2*(k+3)+i] = 1e-35
		x[3*(k+3)+i] *= 1e-30
	}
	onEachLevel(t, func(t *testing.T) {
		var a Activations
		a.Resize(m, k)
		a.Quantize(x, k+3, 3, 5)
		a.Quantize(x, k+3, 0, 3)
		for i := range m {
			for j, b := range a.row(i) {
				values := x[i*(k+3)+32*j:][:32]
				var top float32
				for _, v := range values {
					top = max(top, abs32(v))
				}
				if want := top / 127; b.scale != want && (top >= tiny || b.scale != 0) {
					t.Fatalf("row %d block %d: scale %g, want %g", i, j, b.scale, want)
				}
				var sums [2]int32
				for l, v := range values {
					sums[l/16] += int32(b.codes[l])
					if err := math.Abs(float64(b.scale)*float64(b.codes[l]) - float64(v)); err > 0.5001*float64(b.scale) && top >= tiny {
						t.Fatalf("row %d block %d value %d: %g is %d times %g", i, j, l, v, b.codes[l], b.scale)
					}
				}
				total := sums[0] + sums[1]
				if b.halves != [2]int32{-128 * sums[0], -128 * sums[1]} || b.start != -128*total || b.total != b.scale*float32(total) {
					t.Fatalf("row %d block %d: sums %v, start %d, total %g; want those of %v", i, j, b.halves, b.start, b.total, sums)
				}
			}
		}
	})
}

func TestQuantizeActivationsAgrees(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for n := 32; n <= 32*40; n += 32 {
			x := noise(n, uint64(n))
			for i := range x {
				switch j := (i*7 + n) % 641; {
				case j < len(oddities):
					x[i] = oddities[j]
				case j < 200: // values halfway between two codes
					x[i] = float32(j-100) + 0.5
				}
			}
			x[n/2] = 127
			for _, spread := range []float32{1, 1e-20, 1e30, 1e-36} {
				v := make([]float32, n)
				Scale(v, spread, x)
				got, want := make([]activation, n/32), make([]activation, n/32)
				quantizeRow(got, v)
				quantizeRowGeneric(want, v)
				for i := range got {
					g, w := got[i], want[i]
					if !sameBits(g.scale, w.scale) || !sameBits(g.total, w.total) {
						t.Fatalf("%d values, block %d of %g: scale %g total %g, want %g, %g", n, i, v[32*i:32*i+32], g.scale, g.total, w.scale, w.total)
					}
					if g.scale, g.total = w.scale, w.total; g != w && g.scale == g.scale || g.codes != w.codes || g.halves != w.halves || g.start != w.start {
						t.Fatalf("%d values, block %d of %g:\n%v, want\n%v", n, i, v[32*i:32*i+32], g, w)
					}
				}
			}
		}
	})
}
