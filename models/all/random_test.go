package all_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/model"
)

const (
	llamaConfig = `{"model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 900,
		"tie_word_embeddings": true, "torch_dtype": "bfloat16", "bos_token_id": 898, "eos_token_id": 300}`
	gptConfig  = `{"model_type": "gpt2", "n_embd": 32, "n_layer": 1, "n_head": 4, "n_positions": 64, "vocab_size": 700, "eos_token_id": 699}`
	bertConfig = `{"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": 1000,
		"max_position_embeddings": 64, "pad_token_id": 0}`
	t5Config = `{"model_type": "t5", "d_model": 32, "d_ff": 64, "d_kv": 8, "num_heads": 4, "num_layers": 1, "vocab_size": 800, "pad_token_id": 0, "eos_token_id": 1}`
)

func TestRandom(t *testing.T) {
	for _, c := range []struct {
		name, config, text string
		tokens             int
		gguf               bool
	}{
		{"llama", llamaConfig, "Hello, wide world!", 900, true}, {"gpt2", gptConfig, "don't  ünder\n5", 700, true},
		{"bert", bertConfig, "some words, 123", 1000, true}, {"t5", t5Config, "translate this, please", 800, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			config, folder, file := filepath.Join(dir, "config.json"), filepath.Join(dir, "folder"), filepath.Join(dir, "file.gguf")
			if err := os.WriteFile(config, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, dst := range []string{folder, file} {
				if dst == file && !c.gguf {
					continue
				}
				if _, err := model.Random(config, dst, model.RandomOptions{}); err != nil {
					t.Fatal(err)
				}
				m, err := model.Open(dst)
				if err != nil {
					t.Fatal(err)
				}
				if n := m.Tokenizer.VocabSize(); n != c.tokens {
					t.Errorf("%s has %d tokens, want %d", dst, n, c.tokens)
				}
				if got := m.Tokenizer.Decode(m.Tokenizer.Encode(c.text), true); got != c.text {
					t.Errorf("%s reads %q as %q", dst, c.text, got)
				}
				evaluate(t, m)
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
			if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
				t.Errorf("left over: %v, %v", left, err)
			}
		})
	}
}

// The seed decides, and nothing else.
func TestRandomRepeats(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.json")
	if err := os.WriteFile(config, []byte(llamaConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	weights := func(name string, seed uint64) []byte {
		dst := filepath.Join(dir, name)
		if _, err := model.Random(config, dst, model.RandomOptions{Seed: seed}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dst, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a := weights("a", 1)
	if !bytes.Equal(a, weights("b", 1)) {
		t.Error("the same seed gives other weights")
	}
	if bytes.Equal(a, weights("c", 2)) {
		t.Error("another seed gives the same weights")
	}
}

func TestRandomRefuses(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.json")
	if err := os.WriteFile(config, []byte(llamaConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	q9 := model.RandomOptions{ExportOptions: model.ExportOptions{Weights: "q9"}}
	for name, c := range map[string]struct {
		src, dst string
		o        model.RandomOptions
	}{
		"no config":    {filepath.Join(dir, "none.json"), filepath.Join(dir, "x"), model.RandomOptions{}},
		"taken":        {config, taken, model.RandomOptions{}},
		"no tokenizer": {config, filepath.Join(dir, "x"), model.RandomOptions{Tokenizer: filepath.Join(dir, "none")}},
		"no such form": {config, filepath.Join(dir, "x"), q9},
		"form of gguf": {config, filepath.Join(dir, "x.gguf"), q9},
	} {
		if _, err := model.Random(c.src, c.dst, c.o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}
