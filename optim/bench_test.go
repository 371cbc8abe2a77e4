package optim

import (
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/tensor"
)

// gpt2 returns parameters of the shapes of the small GPT-2: 124 million values.
func gpt2() (ps []Param, n int) {
	add := func(shape ...int) {
		t := tensor.Zeros(shape...).RequireGrad()
		for i := range t.Data() {
			t.Data()[i], t.Grad()[i] = float32(i%7)*0.01, float32(i%5)*0.01
		}
		ps, n = append(ps, Param{string(rune('a' + len(ps))), t}), n+t.Len()
	}
	const e = 768
	add(50257, e)
	add(1024, e)
	for range 12 {
		for _, shape := range [][]int{{e}, {e}, {3 * e, e}, {3 * e}, {e, e}, {e}, {e}, {e}, {4 * e, e}, {4 * e}, {e, 4 * e}, {e}} {
			add(shape...)
		}
	}
	add(e)
	add(e)
	return ps, n
}

// BenchmarkStep makes steps of the small GPT-2. AdamW reads and writes four arrays; as
// much is what the limit does, which has next to no arithmetic.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"limit", "adamw", "adamw clipped", "lamb", "adafactor", "sgd"} {
		b.Run(name, func(b *testing.B) {
			ps, n := gpt2()
			c := Config{Name: name}
			if name == "limit" || name == "adamw clipped" {
				c.Name = "adamw"
			}
			opt, err := New(c, ps)
			if err != nil {
				b.Fatal(err)
			}
			o := opt.(*optimizer)
			step := func() { o.Step(1e-4) }
			switch name {
			case "limit":
				step = func() {
					each(o.spans, func(_ int, s span) {
						for _, x := range [][]float32{s.values(), s.part(0), s.part(1), s.gradient()} {
							kernel.Scale(x, 1, x)
						}
					})
				}
			case "adamw clipped":
				step = func() { o.StepClipped(1e-4, 1) }
			}
			step() // touches every page
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(n)/float64(b.Elapsed().Nanoseconds())*float64(b.N), "values/ns")
			b.ReportMetric(32*float64(n)/float64(b.Elapsed().Nanoseconds())*float64(b.N), "adamw-GB/s")
		})
	}
}
