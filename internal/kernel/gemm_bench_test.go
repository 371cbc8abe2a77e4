//go:build (amd64 || arm64) && !purego

package kernel

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// A benched is a product with weights of one form, which it holds packed.
type benched struct {
	name  string
	bytes int  // of a weight
	peak  Peak // what bounds it
	make  func(n, k int) (weights []byte, run func(c, a []float32, m, first, last int))
}

// products16 makes what a benched needs of a 16-bit form.
func products16(f halfForm) func(n, k int) ([]byte, func(c, a []float32, m, first, last int)) {
	return func(n, k int) ([]byte, func(c, a []float32, m, first, last int)) {
		narrow := make([]uint16, n*k)
		f.narrow(narrow, noise(n*k, 1))
		b := make([]uint16, n/Panel*f.stride(k))
		f.pack(b, narrow, n, k, k)
		return bytesOf(b), func(c, a []float32, m, first, last int) {
			f.gemm(c[first:], n, a, k, b[first/Panel*f.stride(k):], f.stride(k), m, last-first, k, false)
		}
	}
}

func bytesOf[T any](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

var bencheds = []benched{
	{"F32", 4, Float32Peak, func(n, k int) ([]byte, func(c, a []float32, m, first, last int)) {
		b := make([]float32, PackedLen(n, k))
		PackNK(b, noise(n*k, 1), n, k, k)
		return bytesOf(b), func(c, a []float32, m, first, last int) {
			Gemm(c[first:], n, a, k, b[first*k:], k*Panel, m, last-first, k, false)
		}
	}},
	{"F16", 2, Float32Peak, products16(halfForms[0])},
	{"BF16", 2, Float32Peak, products16(halfForms[1])},
	{"BF16Fast", 2, BFloat16Peak, func(n, k int) ([]byte, func(c, a []float32, m, first, last int)) {
		weights, _ := products16(halfForms[1])(n, k)
		b := unsafe.Slice((*uint16)(unsafe.Pointer(&weights[0])), len(weights)/2)
		var narrow []uint16
		return weights, func(c, a []float32, m, first, last int) {
			if len(narrow) < m*k {
				narrow = make([]uint16, m*k)
				F32ToBF16(narrow, a[:m*k])
			}
			GemmBF16Fast(c[first:], n, narrow, k, b[first*k:], BF16Stride(k), m, last-first, k, false)
		}
	}},
	{"Int8", 1, Int8Peak, func(n, k int) ([]byte, func(c, a []float32, m, first, last int)) {
		b := make([]byte, n/Panel*Int8Stride(k))
		PackInt8(b, noise(n*k, 1), n, k, k)
		var rows Int8Rows
		return b, func(c, a []float32, m, first, last int) {
			if rows.m != m {
				rows.Resize(m, k)
				rows.Quantize(a, k, 0, m)
			}
			GemmInt8(c[first:], n, &rows, 0, m, b[first/Panel*Int8Stride(k):], last-first, k, nil)
		}
	}},
}

// onThreads runs f on parts [first,last) of n columns, whole panels, on all threads.
func onThreads(threads, n int, f func(first, last int)) {
	if threads == 1 {
		f(0, n)
		return
	}
	var done sync.WaitGroup
	for t := range threads {
		part := func(t int) int { return t * (n / Panel) / threads * Panel }
		done.Go(func() { f(part(t), part(t+1)) })
	}
	done.Wait()
}

// BenchmarkFewRows measures products of few rows with more weights than the caches
// hold, beside reading the weights.
func BenchmarkFewRows(b *testing.B) {
	const k = 3584
	for _, form := range bencheds {
		n := 160 << 20 / form.bytes / k / Panel * Panel
		weights, run := form.make(n, k)
		for _, m := range []int{1, 2, 4, 8, 16} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/m%d/t%d", form.name, m, threads), func(b *testing.B) {
					c, a := make([]float32, m*n), noise(m*k, 2)
					run(c, a, m, 0, Panel)
					var reads, products []float64
					for b.Loop() {
						start := time.Now()
						onThreads(threads, n, func(first, last int) {
							Read(weights[len(weights)/Panel*first/n*Panel : len(weights)/Panel*last/n*Panel])
						})
						reads = append(reads, time.Since(start).Seconds())
						start = time.Now()
						onThreads(threads, n, func(first, last int) { run(c, a, m, first, last) })
						products = append(products, time.Since(start).Seconds())
					}
					slices.Sort(reads)
					slices.Sort(products)
					read, product := reads[len(reads)/2], products[len(products)/2]
					b.ReportMetric(float64(len(weights))/product/1e9, "GB/s")
					b.ReportMetric(100*read/product, "%read")
					b.ReportMetric(100*2*float64(m*n*k)/product/1e9/float64(threads)/form.peak.rate(), "%peak")
				})
			}
		}
	}
}

// rate returns the most that one thread does now, in billions of operations a second.
func (p Peak) rate() (best float64) {
	for range 5 {
		start := time.Now()
		operations := p.Run(20000)
		best = max(best, float64(operations)/time.Since(start).Seconds()/1e9)
	}
	return best
}

// BenchmarkProducts measures products of many rows, of the shapes of BERT-base,
// MiniLM, Qwen2.5-0.5B and Llama-3.2-1B.
func BenchmarkProducts(b *testing.B) {
	for _, form := range bencheds {
		for _, s := range []struct{ m, n, k int }{
			{16, 768, 768}, {128, 768, 768}, {512, 768, 768}, {512, 3072, 768}, {128, 768, 3072}, {512, 768, 3072},
			{128, 384, 384}, {512, 1536, 384}, {512, 384, 1536}, {512, 4864, 896}, {512, 896, 4864}, {512, 2048, 2048}, {512, 2048, 8192},
		} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%dx%dx%d/t%d", form.name, s.m, s.n, s.k, threads), func(b *testing.B) {
					benchProduct(b, form, s.m, s.n, s.k, threads)
				})
			}
		}
	}
}

func benchProduct(b *testing.B, form benched, m, n, k, threads int) {
	_, run := form.make(n, k)
	c, a := make([]float32, m*n), noise(m*k, 2)
	run(c, a, m, 0, n)
	before := form.peak.rate()
	b.ResetTimer()
	var times []float64
	for b.Loop() {
		start := time.Now()
		onThreads(threads, n, func(first, last int) { run(c, a, m, first, last) })
		times = append(times, time.Since(start).Seconds())
	}
	slices.Sort(times)
	rate := 2 * float64(m*n*k) / times[len(times)/2] / 1e9
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/float64(threads)/max(before, form.peak.rate()), "%peak")
}

func BenchmarkInt8Rows(b *testing.B) {
	const m, k = 128, 768
	x := noise(m*k, 1)
	var rows Int8Rows
	rows.Resize(m, k)
	b.SetBytes(4 * m * k)
	for b.Loop() {
		rows.Quantize(x, k, 0, m)
	}
}

func BenchmarkPackInt8(b *testing.B) {
	const n, k = 768, 768
	w, packed := noise(n*k, 1), make([]byte, n/Panel*Int8Stride(k))
	b.SetBytes(4 * n * k)
	for b.Loop() {
		PackInt8(packed, w, n, k, k)
	}
}

func BenchmarkPackHalf(b *testing.B) {
	const n, k = 768, 768
	for _, form := range halfForms {
		b.Run(form.name, func(b *testing.B) {
			w, packed := make([]uint16, n*k), make([]uint16, n/Panel*form.stride(k))
			b.SetBytes(2 * n * k)
			for b.Loop() {
				form.pack(packed, w, n, k, k)
			}
		})
	}
}
