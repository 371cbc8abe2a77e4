//go:build (amd64 || arm64) && !purego

package kernel

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// onEachIntegerLevelB runs f as a benchmark on each level but the generic one.
func onEachIntegerLevelB(b *testing.B, f func(b *testing.B)) {
	defer use(active, integer)
	for _, l := range integerLevels() {
		if l != generic {
			use(l.floats(), l)
			b.Run(levelNames[l], f)
		}
	}
}

func onEachFormatB(b *testing.B, f func(b *testing.B, format Format)) {
	for _, format := range packed() {
		b.Run(format.String(), func(b *testing.B) { f(b, format) })
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// seconds returns how long f takes.
func seconds(f func()) float64 {
	start := time.Now()
	f()
	return time.Since(start).Seconds()
}

// BenchmarkBlocksStream measures few rows by a matrix that no cache holds, and the raw
// reading of the same memory in turn.
func BenchmarkBlocksStream(b *testing.B) {
	onEachFormatB(b, func(b *testing.B, f Format) {
		n, k := 151936, 896
		if !CanPackBlocks(f, k) {
			n, k = 128256, 1024
		}
		stride := BlocksStride(f, k)
		raw := make([]byte, n/BlockColumns*stride)
		some := packedRows(f, randomBlocks(f, 160, k, 1), 160, k)
		for at := 0; at < len(raw); at += len(some) {
			copy(raw[at:], some)
		}
		at := func(column int) int { return column / BlockColumns * stride }
		for _, m := range []int{1, 2, 4, 8, 12, 16} {
			a, c := activationsOf(noise(m*k, 2), m, k), make([]float32, m*n)
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%d/t%d", m, threads), func(b *testing.B) {
					onEachIntegerLevelB(b, func(b *testing.B) {
						var product, reading []float64
						for b.Loop() {
							reading = append(reading, seconds(func() {
								onThreads(threads, n, func(first, last int) { Read(raw[at(first):at(last)]) })
							}))
							product = append(product, seconds(func() {
								onThreads(threads, n, func(first, last int) {
									GemmBlocks(f, c[first:], n, a, 0, m, raw[at(first):], last-first, k)
								})
							}))
						}
						b.ReportMetric(float64(len(raw))/1e9/median(product), "GB/s")
						b.ReportMetric(100*median(reading)/median(product), "%read")
					})
				})
			}
		}
	})
}

// BenchmarkBlocks measures many rows, and the most products of bytes that there can be
// in turn.
func BenchmarkBlocks(b *testing.B) {
	onEachFormatB(b, func(b *testing.B, f Format) {
		for _, s := range []struct{ m, n, k int }{{16, 4864, 896}, {32, 4864, 896}, {512, 4864, 896}, {512, 896, 4864}} {
			if !CanPackBlocks(f, s.k) {
				s.n, s.k = s.n/512*512, s.k/256*256
			}
			w := packedRows(f, randomBlocks(f, s.n, s.k, 1), s.n, s.k)
			b.Run(fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k), func(b *testing.B) {
				onEachIntegerLevelB(b, func(b *testing.B) {
					a, c := activationsOf(noise(s.m*s.k, 2), s.m, s.k), make([]float32, s.m*s.n)
					var product []float64
					limit := 0.0
					for b.Loop() {
						operations := 0
						t := seconds(func() { operations = Int8Peak.Run(10000) })
						limit = max(limit, float64(operations)/t/1e9)
						product = append(product, seconds(func() { GemmBlocks(f, c, s.n, a, 0, s.m, w, s.n, s.k) }))
					}
					rate := 2 * float64(s.m) * float64(s.n) * float64(s.k) / median(product) / 1e9
					b.ReportMetric(rate, "GOP/s")
					b.ReportMetric(100*rate/limit, "%peak")
				})
			})
		}
	})
}

// BenchmarkPackBlocks measures the packing of weights, in bytes read.
func BenchmarkPackBlocks(b *testing.B) {
	onEachFormatB(b, func(b *testing.B, f Format) {
		n, k := 4864, 1024
		src := randomBlocks(f, n, k, 1)
		dst := packedRows(f, src, n, k)
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			PackBlocks(f, dst, src, n, k)
		}
	})
}

// BenchmarkQuantizeActivations measures the quantising of float32, in bytes read.
func BenchmarkQuantizeActivations(b *testing.B) {
	const m, k = 64, 896
	x := noise(m*k, 1)
	onEachLevelB(b, func(b *testing.B) {
		a := activationsOf(x, m, k)
		b.SetBytes(4 * m * k)
		for b.Loop() {
			a.Quantize(x, k, 0, m)
		}
	})
}
