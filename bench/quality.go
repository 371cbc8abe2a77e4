package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// qualityForms are the forms of weights whose perplexity is compared.
var qualityForms = []string{"f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"}

// perplexity compares what is made of the same text with the same file, converted to
// each form of weights.
func perplexity(ctx context.Context, s *settings) (all []contest, closing func(), err error) {
	if s.text == "" || len(s.models) == 0 {
		return nil, none, errors.New("bench: perplexity: --model and --text say of what")
	}
	paths, err := s.found(nil)
	if err != nil {
		return nil, none, err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, none, err
	}
	closing = func() { _ = os.RemoveAll(dir) }
	for _, path := range paths {
		for _, form := range qualityForms {
			file := filepath.Join(dir, filepath.Base(path)+"."+form+".gguf")
			if _, err := execute(ctx, nil, s.zoo.path, "convert", path, file, "--weights", form); err != nil {
				return nil, closing, err
			}
			for _, t := range s.threads {
				c := contest{"perplexity", filepath.Base(path), form + " in windows of " + strconv.Itoa(s.window), t, "", true, nil}
				c.entrants = []contestant{s.zoo.perplexity(file, s.text, t, s.window)}
				for _, l := range s.llamas {
					if l.name == "llama.cpp" { // the fork is no reference: it aborts on heads this small
						c.entrants = append(c.entrants, l.perplexity(file, s.text, t, s.window))
					}
				}
				all = append(all, c)
			}
		}
	}
	return all, closing, nil
}

func (z zoo) perplexity(model, text string, t, window int) contestant {
	return contestant{"zoo", func(ctx context.Context) (sample, error) {
		content, err := os.ReadFile(text)
		if err != nil {
			return sample{}, err
		}
		d, err := executeOn(ctx, content, z.path, "score", model, "--json", "--window", strconv.Itoa(window), "-t", strconv.Itoa(t))
		if err != nil {
			return sample{}, err
		}
		var v struct {
			Perplexity float64 `json:"perplexity"`
		}
		err = decodeFrom(d.stdout, "{", &v)
		return sample{value: v.Perplexity}, err
	}}
}

// estimate is what llama-perplexity prints after each window: that of all so far.
var estimate = regexp.MustCompile(`\[\d+\]([0-9.]+),`)

// parsePerplexity returns the estimate after the last window.
func parsePerplexity(text []byte) (float64, error) {
	all := estimate.FindAllSubmatch(text, -1)
	if len(all) == 0 {
		return 0, errors.New("llama-perplexity: there is no estimate in what it printed")
	}
	return strconv.ParseFloat(string(all[len(all)-1][1]), 64)
}

func (l *llama) perplexity(model, text string, t, window int) contestant {
	return contestant{l.name, func(ctx context.Context) (sample, error) {
		d, err := execute(ctx, nil, l.program("llama-perplexity"), "-m", model, "-f", text, "-c", strconv.Itoa(window), "-t", strconv.Itoa(t))
		if err != nil {
			return sample{}, err
		}
		v, err := parsePerplexity(slices.Concat(d.stdout, d.stderr))
		return sample{value: v}, err
	}}
}

// accuracy compares how far encoders with weights of 8 bits are from float32: one less
// the cosine of the hidden states of each token, on average.
func accuracy(ctx context.Context, s *settings) (all []contest, closing func(), err error) {
	paths, err := s.found(encoders)
	if err != nil || !has(ctx, s.python, "onnxruntime") || !has(ctx, s.python, "torch") {
		return nil, none, errors.Join(err, fmt.Errorf("bench: accuracy: %q has no onnxruntime and torch", s.python))
	}
	weights := s.zoo.weights
	if weights == "" {
		weights = "int8"
	}
	var scripts []*script
	for _, path := range paths {
		c := contest{"accuracy", filepath.Base(path), weights + ", 1 - cosine", s.threads[0], "", true, nil}
		for _, name := range []string{"zoo", "onnxruntime"} {
			p := newScript(s.python, "accuracy.py", name, path, "--zoo", s.zoo.path, "--weights", weights, "--cache", filepath.Join(s.dir, "onnx"))
			scripts = append(scripts, p)
			c.entrants = append(c.entrants, p.asking(name, "4 128"))
		}
		all = append(all, c)
	}
	return all, closeAll(scripts), nil
}
