package measure

import (
	"time"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// Limits are what the threads can do at most: medians of what was measured between
// the tests.
type Limits struct {
	Read     float64 `json:"read_gbps"`               // gigabytes a second from memory
	Float32  float64 `json:"float32_gflops"`          // 0: the kernels in use have no assembly
	Int8     float64 `json:"int8_gops"`               // 0: no instruction for it
	BFloat16 float64 `json:"bfloat16_gops,omitempty"` // 0: no instruction for it
}

// gauge measures the limits.
type gauge struct {
	memory  *mmap.Memory
	samples map[string][]float64
}

// gaugeBytes is read at a time: well beyond any cache.
const gaugeBytes = 256 << 20

func newGauge() *gauge {
	g := &gauge{memory: mmap.NewMemory(gaugeBytes), samples: map[string][]float64{}}
	b := g.memory.Bytes()
	for i := 0; i < len(b); i += 4096 { // else all pages are the one of zeros
		b[i] = 1
	}
	return g
}

func (g *gauge) close() { _ = g.memory.Close() }

// readTask reads pieces of memory.
type readTask struct{ data []byte }

const gaugePiece = 4 << 20

func (t readTask) Run(lo, hi int) { kernel.Read(t.data[lo*gaugePiece : hi*gaugePiece]) }

// read returns the bytes a second that the threads read now.
func (g *gauge) read() float64 {
	return g.best("read", func() float64 {
		parallel.Default().Do(gaugeBytes/gaugePiece, 1, readTask{g.memory.Bytes()})
		return gaugeBytes
	})
}

// peakTask does arithmetic in registers.
type peakTask struct{ peak kernel.Peak }

const gaugeTurns = 10000 // some 15 µs

func (t peakTask) Run(lo, hi int) {
	for range hi - lo {
		t.peak.Run(gaugeTurns)
	}
}

var peakNames = [...]string{kernel.Float32Peak: "float32", kernel.Int8Peak: "int8", kernel.BFloat16Peak: "bfloat16"}

// peak returns the operations a second that the threads do now.
func (g *gauge) peak(p kernel.Peak) float64 {
	return g.best(peakNames[p], func() float64 {
		parts := 100 * parallel.Threads()
		parallel.Default().Do(parts, 1, peakTask{p})
		return float64(p.Run(1)) * gaugeTurns * float64(parts)
	})
}

// best returns the best of three rates of work, and keeps it.
func (g *gauge) best(name string, work func() (amount float64)) (rate float64) {
	for range 3 {
		start := time.Now()
		amount := work()
		rate = max(rate, amount/time.Since(start).Seconds())
	}
	g.samples[name] = append(g.samples[name], rate)
	return rate
}

// limits sums up what was measured.
func (g *gauge) limits() Limits {
	giga := func(name string) float64 {
		if len(g.samples[name]) == 0 {
			return 0
		}
		return median(g.samples[name]) / 1e9
	}
	return Limits{giga("read"), giga("float32"), giga("int8"), giga("bfloat16")}
}
