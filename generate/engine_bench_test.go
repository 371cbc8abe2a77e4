package generate_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// BenchmarkEngine measures an engine on a model of ZOO_BENCH_MODELS, ZOO_BENCH_MODEL
// by name: a number of clients, each of which has texts written one after the other.
func BenchmarkEngine(b *testing.B) {
	name := os.Getenv("ZOO_BENCH_MODEL")
	if name == "" {
		name = "qwen2.5-0.5b.q8_0.gguf"
	}
	path := filepath.Join(os.Getenv("ZOO_BENCH_MODELS"), name)
	if _, err := os.Stat(path); err != nil {
		b.Skip("no model: ZOO_BENCH_MODELS names a folder of models")
	}
	m := open(b, path)
	for _, c := range []struct {
		clients, prompt, made int
		o                     generate.Options
	}{
		{8, 32, 64, generate.Options{}},
		{16, 32, 64, generate.Options{}},
		{16, 32, 64, generate.Options{Temperature: 0.8, TopP: 0.95}},
		{16, 32, 64, generate.Options{Temperature: 0.8, TopK: 40, TopP: 0.95}},
		{16, 400, 64, generate.Options{}},
	} {
		b.Run(fmt.Sprintf("%d clients, %d to %d, temperature %v, top_k %d", c.clients, c.prompt, c.made, c.o.Temperature, c.o.TopK), func(b *testing.B) {
			e, err := generate.NewEngine(m.Net.(model.Decoder), m.Tokenizer, generate.EngineOptions{Rows: c.clients, Room: 2048})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			c.o.MaxTokens = c.made
			tokens := 0
			for range b.N {
				tokens += together(b, e, m.Net.(model.Decoder).Vocab(), c.clients, c.prompt, c.o)
			}
			s := e.Stats()
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(s.StepTime.Microseconds())/float64(s.Steps)/1e3, "ms/step")
		})
	}
}

// together has each of a number of clients have two texts written.
func together(b *testing.B, e *generate.Engine, vocab, clients, length int, o generate.Options) int {
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano())))
			for range 2 {
				prompt := make([]int32, length)
				for j := range prompt {
					prompt[j] = r.Int32N(int32(vocab))
				}
				if got, err := collect(context.Background(), e, prompt, o, 0); err != nil || len(got) != o.MaxTokens {
					b.Errorf("%d tokens, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	return 2 * clients * o.MaxTokens
}
