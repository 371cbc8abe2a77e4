package modeltest

import (
	"fmt"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// BenchmarkDecoder measures reading a prompt of 128 tokens at once, and writing
// one token after another, on a random model of config.
func BenchmarkDecoder(b *testing.B, config string) {
	m := as[model.Decoder](b, Build(b, config))
	nn.Pack(m)
	arena, cache := &tensor.Arena{}, m.NewCache(1, 256)
	read := func(b *testing.B, ids *nn.IDs) {
		p := &nn.Pass{Arena: arena, Cache: cache, Last: true}
		past := cache.Len(0)
		b.ReportAllocs()
		for b.Loop() {
			m.Logits(p, ids)
			arena.Reset()
			if err := cache.Truncate(0, past); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*ids.T)/b.Elapsed().Seconds(), "tokens/s")
	}
	prompt, _ := nn.Rows(0, Text(128))
	b.Run("Prefill", func(b *testing.B) { read(b, prompt) })
	m.Logits(&nn.Pass{Cache: cache}, prompt)
	b.Run("Decode", func(b *testing.B) { read(b, &nn.IDs{Data: prompt.Data[:1], B: 1, T: 1}) })
}

// BenchmarkEncoder measures reading rows of several numbers and lengths on a random
// model of config, its weights being packed in each of the forms named.
func BenchmarkEncoder(b *testing.B, config string, forms ...tensor.Form) {
	for _, form := range forms {
		m := as[model.Encoder](b, Build(b, config))
		packed := nn.PackAs(m, nn.Every(form))
		for _, s := range [][2]int{{1, 16}, {1, 128}, {1, 512}, {8, 128}} {
			b.Run(fmt.Sprintf("%v/%dx%d", form, s[0], s[1]), func(b *testing.B) {
				ids := &nn.IDs{B: s[0], T: s[1], Data: make([]int32, s[0]*s[1])}
				for i := range ids.Data {
					ids.Data[i] = int32(i % 10)
				}
				p := &nn.Pass{Arena: &tensor.Arena{}}
				m.Hidden(p, ids)
				for b.Loop() {
					p.Arena.Reset()
					m.Hidden(p, ids)
				}
				b.ReportMetric(float64(b.N*len(ids.Data))/b.Elapsed().Seconds(), "tokens/s")
			})
		}
		packed.Close()
	}
}
