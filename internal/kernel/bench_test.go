//go:build (amd64 || arm64) && !purego

package kernel

import (
	"fmt"
	"testing"
	"time"
)

// onEachLevelB runs f as a benchmark on each level but the generic one.
func onEachLevelB(b *testing.B, f func(b *testing.B)) {
	defer func(l level) { active = l }(active)
	for _, l := range levels() {
		if l != generic {
			active = l
			b.Run(levelNames[l], f)
		}
	}
}

// limit returns the most multiply-adds that one thread does now, in GFLOP/s.
func limit() (best float64) {
	for range 20 {
		start := time.Now()
		operations := peak(20000)
		best = max(best, float64(operations)/time.Since(start).Seconds()/1e9)
	}
	return best
}

func BenchmarkPeak(b *testing.B) {
	onEachLevelB(b, func(b *testing.B) {
		for b.Loop() {
			peak(1000)
		}
		b.ReportMetric(limit(), "GFLOP/s")
	})
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct{ m, n, k int }{{1, 4864, 896}, {4, 4864, 896}, {14, 896, 896}, {32, 4864, 896}, {512, 4864, 896}, {512, 896, 4864}} {
		b.Run(fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k), func(b *testing.B) {
			onEachLevelB(b, func(b *testing.B) {
				c, a, p := make([]float32, s.m*s.n), noise(s.m*s.k, 1), make([]float32, PackedLen(s.n, s.k))
				PackNK(p, noise(s.n*s.k, 2), s.n, s.k, s.k)
				before := limit()
				b.ResetTimer()
				for b.Loop() {
					Gemm(c, s.n, a, s.k, p, s.k*Panel, s.m, s.n, s.k, false)
				}
				rate := 2 * float64(s.m) * float64(s.n) * float64(s.k) * float64(b.N) / b.Elapsed().Seconds() / 1e9
				b.ReportMetric(rate, "GFLOP/s")
				b.ReportMetric(100*rate/max(before, limit()), "%peak")
				if s.m == 1 {
					b.SetBytes(int64(4 * s.n * s.k))
				}
			})
		})
	}
}

func BenchmarkVector(b *testing.B) {
	const n = 4096
	for _, c := range contests {
		b.Run(c.name, func(b *testing.B) {
			onEachLevelB(b, func(b *testing.B) {
				v := make([][]float32, c.slices)
				for i := range v {
					v[i] = noise(n, uint64(i))
				}
				b.SetBytes(int64(4 * n * c.slices))
				for b.Loop() {
					c.run(v)
				}
			})
		})
	}
}

func BenchmarkPack(b *testing.B) {
	const n, k = 896, 4864
	w, dst := noise(n*k, 1), make([]float32, PackedLen(n, k))
	b.Run("NK", func(b *testing.B) {
		b.SetBytes(4 * n * k)
		for b.Loop() {
			PackNK(dst, w, n, k, k)
		}
	})
	b.Run("KN", func(b *testing.B) {
		b.SetBytes(4 * n * k)
		for b.Loop() {
			PackKN(dst, w, k, n, k)
		}
	})
}
