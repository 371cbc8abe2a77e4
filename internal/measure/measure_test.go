package measure

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		path  string
		o     Options
		tests []string // name and rows
	}{
		{"llama/testdata/gqa", Options{Prompt: []int{3, 8}, Generate: 4, Batch: []int{1, 3}, Depth: 2, Repeat: 2}, []string{"pp3 1", "pp8 1", "tg4 1", "tg4 3"}},
		{"llama/testdata/gqa", Options{Prompt: []int{0}, Generate: 2, Repeat: 1, Cache: tensor.F16}, []string{"tg2 1"}},
		{"bert/testdata/bert", Options{Prompt: []int{4}, Generate: 9, Batch: []int{1, 2}, Repeat: 2}, []string{"enc4 1", "enc4 2"}},
		{"t5/testdata/t5", Options{Prompt: []int{5}, Generate: 3, Batch: []int{2}, Repeat: 1}, []string{"enc5 2", "dec3 2"}},
	} {
		var told []string
		r, err := Run(t.Context(), "../../models/"+c.path, c.o, func(s string) { told = append(told, s) })
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, x := range r.Tests {
			rows := "1"
			if x.Batch > 1 {
				rows = string(rune('0' + x.Batch))
			}
			names = append(names, x.Name+" "+rows)
			s := x.Rate
			if len(s.Samples) != c.o.Repeat || !(s.Min > 0 && s.Min <= s.Median && s.Median <= s.Max) || x.Bandwidth <= 0 || x.Weights <= 0 {
				t.Errorf("%s: %+v", c.path, x)
			}
			if (x.Peak > 0) != (kernel.Float32Peak.Run(1) > 0) {
				t.Errorf("%s: peak share %v", c.path, x.Peak)
			}
		}
		if !slices.Equal(names, c.tests) || len(told) != len(c.tests) {
			t.Errorf("%s: tests %v, told of %v, want %v", c.path, names, told, c.tests)
		}
		if r.Load <= 0 || r.Limits.Read <= 0 || r.Threads < 1 || r.Bytes <= 0 || r.Weights != "f32" || (r.FirstToken > r.Load) != strings.HasPrefix(c.tests[0], "pp") && c.tests[0] != "tg2 1" {
			t.Errorf("%s: %+v", c.path, r)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	const path = "../../models/llama/testdata/gqa"
	for name, o := range map[string]Options{
		"prompt": {Prompt: []int{-1}, Repeat: 1}, "generate": {Generate: -1, Repeat: 1}, "batch": {Batch: []int{0}, Repeat: 1},
		"depth": {Depth: -1, Repeat: 1}, "repeat": {}, "cache: Q4_0": {Repeat: 1, Cache: tensor.Q4_0}, "prompt: 100000 tokens": {Prompt: []int{100000}, Repeat: 1},
		"generate: 90000 tokens": {Generate: 90000, Repeat: 1},
	} {
		if _, err := Run(t.Context(), path, o, nil); err == nil || !strings.HasPrefix(err.Error(), "measure: "+name) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := Run(t.Context(), "none", Options{Repeat: 1}, nil); err == nil {
		t.Error("a model that is not there was measured")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, path, Options{Generate: 1, Repeat: 1}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}

// The cost is that of the matrices, as the config has them.
func TestCost(t *testing.T) {
	net, err := model.New([]byte(`{"model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
		"vocab_size": 96, "tie_word_embeddings": true}`))
	if err != nil {
		t.Fatal(err)
	}
	nn.Init(net, nn.Rand(1))
	defer nn.Pack(net).Close()
	all := func(string) bool { return true }
	c := costOf(net, 96, all)
	layer := 4*32*32 + 3*32*64
	if want := 2*layer + 96*32; c.bytes != 4*want || c.flops != 2*want || c.headFLOPs != 2*96*32 || c.headBytes != 4*96*32 {
		t.Errorf("cost %+v, want %d values", c, want)
	}
	if h := c.headless(); h.flops != 4*layer || h.bytes != 8*layer {
		t.Errorf("without head: %+v", h)
	}
	if c.mostly() != "f32" || c.peak() != kernel.Float32Peak {
		t.Errorf("form %s, peak %v", c.mostly(), c.peak())
	}
	for form, want := range map[tensor.Form]kernel.Peak{
		tensor.FormQ8_0: kernel.Int8Peak, tensor.FormQ4_K: kernel.Int8Peak, tensor.FormInt8: kernel.Int8Peak, tensor.FormBF16: kernel.Float32Peak,
		tensor.FormF16: kernel.Float32Peak, tensor.FormBF16Fast: kernel.BFloat16Peak, tensor.FormQ2_K: kernel.Float32Peak, tensor.Exact: kernel.Float32Peak,
	} {
		if got := peakOf(form); got != want {
			t.Errorf("%s has peak %v, want %v", form, got, want)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		samples []float64
		median  float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 5}, 5}, {[]float64{1, 8, 2, 4}, 3}} {
		s := NewSpread(c.samples)
		if s.Median != c.median || s.Min != slices.Min(c.samples) || s.Max != slices.Max(c.samples) {
			t.Errorf("%v: %+v", c.samples, s)
		}
	}
}
