//go:build (amd64 || arm64) && !purego

package kernel

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

func TestReadSeesEveryByte(t *testing.T) {
	p := make([]byte, 3*readPiece+7*readStep+13)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	onEachLevel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 7, 8, readStep - 1, readStep, readStep + 9, 5*readStep + 8, readPiece, len(p)} {
			if got, want := Read(p[:n]), readGeneric(p[:n]); got != want {
				t.Errorf("%d bytes give %x, want %x", n, got, want)
			}
		}
		for range 50 {
			i := r.IntN(len(p))
			before := Read(p)
			p[i] ^= 1
			if Read(p) == before {
				t.Errorf("byte %d is not read", i)
			}
		}
	})
}

func TestPeaksCountOperations(t *testing.T) {
	onEachIntegerLevel(t, func(t *testing.T) {
		for _, p := range []Peak{Float32Peak, Int8Peak, BFloat16Peak} {
			one, many := p.Run(1), p.Run(50)
			if many != 50*one || p.Run(0) != 0 || one < 0 {
				t.Errorf("peak %d: %d operations in a turn, %d in 50", p, one, many)
			}
			if none := one == 0; none && (p == Float32Peak && active != generic || p == Int8Peak && integer != generic && runtime.GOARCH == "amd64") {
				t.Errorf("peak %d: no operations", p)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	p := make([]byte, 256<<20)
	for i := range p {
		p[i] = byte(i)
	}
	onEachLevelB(b, func(b *testing.B) {
		b.SetBytes(int64(len(p)))
		for b.Loop() {
			Read(p)
		}
	})
}

func BenchmarkPeaks(b *testing.B) {
	for i, name := range []string{"Float32", "Int8", "BFloat16"} {
		b.Run(name, func(b *testing.B) {
			onEachIntegerLevelB(b, func(b *testing.B) {
				operations := 0
				for b.Loop() {
					operations += Peak(i).Run(1000)
				}
				b.ReportMetric(float64(operations)/b.Elapsed().Seconds()/1e9, "GOP/s")
			})
		})
	}
}
