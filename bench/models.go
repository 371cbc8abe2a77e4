package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// recipes are the models that the comparisons have, by the name of their config.
var recipes = []struct {
	config  string
	name    string
	weights []string // of GGUF files
}{
	{"../model/testdata/config/Qwen2.5-0.5B.json", "qwen2.5-0.5b", []string{"q8_0", "q4_0", "q4_k_m", "bf16", "f16", "f32"}},
	{"../model/testdata/config/Llama-3.2-1B.json", "llama-3.2-1b", []string{"q8_0", "q4_0", "q4_k_m", "bf16"}},
	{"../model/testdata/config/bert-base-uncased.json", "bert-base-uncased", []string{"f32", "f16", "q8_0"}},
	{"config/all-MiniLM-L6-v2.json", "all-minilm-l6-v2", []string{"f32", "f16", "q8_0"}},
	{"../model/testdata/config/gpt2.json", "gpt2", []string{"f32", "q8_0"}},
	{"../model/testdata/config/t5-small.json", "t5-small", nil},
}

// makeModels makes the models that are not there yet, with random weights.
func makeModels(ctx context.Context, s *settings) error {
	if s.dir == "" {
		return errors.New("bench: models: --models says in which folder")
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	for _, r := range recipes {
		folder := filepath.Join(s.dir, r.name)
		if err := s.unless(ctx, folder, "convert", "--random", r.config, folder); err != nil {
			return err
		}
		for _, w := range r.weights {
			file := folder + "." + w + ".gguf"
			if err := s.unless(ctx, file, "convert", folder, file, "--weights", w); err != nil {
				return err
			}
		}
	}
	return nil
}

// unless runs the zoo where there is nothing at path.
func (s *settings) unless(ctx context.Context, path string, args ...string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	d, err := execute(ctx, nil, s.zoo.path, args...)
	fmt.Fprint(os.Stderr, string(d.stdout))
	return err
}
