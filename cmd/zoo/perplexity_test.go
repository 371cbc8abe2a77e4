package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/tensor"
)

// TestPerplexity holds models under each form of weights to be no worse than
// llama.cpp has them in the same form, by 2 percent at most. The golden values come
// from its own programs, tools/golden/perplexity.py.
func TestPerplexity(t *testing.T) {
	data, err := os.ReadFile("testdata/perplexity.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct {
		Window     int
		Perplexity map[string]float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	paths := map[string]func(t *testing.T) string{
		"stories260K": func(t *testing.T) string { return testkit.Shared(t, "data/weights/stories260K/stories260K.bin") },
		"tied":        func(*testing.T) string { return models + "llama/testdata/tied" },
	}
	for name, g := range golden {
		t.Run(name, func(t *testing.T) {
			path := paths[name](t)
			for form, limit := range g.Perplexity {
				t.Run(form, func(t *testing.T) {
					file := filepath.Join(t.TempDir(), "model.gguf")
					if code, _, stderr := call("", "convert", path, file, "--weights", form); code != exitDone {
						t.Fatal(stderr)
					}
					holdPerplexity(t, file, g.Window, limit)
				})
			}
			for _, f := range tensor.Forms() { // forms that llama.cpp does not have are held to float32
				form := f.String()
				if values, _ := f.DType().Block(); values == 1 && g.Perplexity[form] == 0 {
					t.Run(form, func(t *testing.T) { holdPerplexity(t, path, g.Window, g.Perplexity["f32"], "--weights", form) })
				}
			}
		})
	}
}

// holdPerplexity holds the perplexity of the model at path to a limit.
func holdPerplexity(t *testing.T, path string, window int, limit float64, flags ...string) {
	t.Helper()
	text, err := os.ReadFile("testdata/stories.txt")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"score", path, "--window", strconv.Itoa(window), "--json"}, flags...)
	code, out, stderr := call(string(text), args...)
	var got struct{ Perplexity float64 }
	if err := json.Unmarshal([]byte(out), &got); code != exitDone || err != nil {
		t.Fatalf("zoo %v: %s %v", args, stderr, err)
	}
	t.Logf("perplexity %.4f, the reference's %.4f (%+.2f %%)", got.Perplexity, limit, 100*(got.Perplexity/limit-1))
	if !(got.Perplexity <= 1.02*limit) || got.Perplexity < 0.5*limit {
		t.Errorf("perplexity %.4f, the reference has %.4f", got.Perplexity, limit)
	}
}
