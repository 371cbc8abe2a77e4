package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// A Likelihood is how likely a model finds a text.
type Likelihood struct {
	LogLikelihood float64 `json:"log_likelihood"` // natural logarithm, of all tokens together
	Tokens        int     `json:"tokens"`         // tokens predicted: the first only begins
	Perplexity    float64 `json:"perplexity"`
}

// Score returns how likely text is. The tokenizer's first token, where it adds
// one, is given and not predicted.
func Score(ctx context.Context, m *model.Model, text string) (Likelihood, error) {
	net, ok := m.Net.(model.Decoder)
	if !ok {
		return Likelihood{}, unable(m, "score text")
	}
	ids, err := Prompt(m, text)
	if err != nil {
		return Likelihood{}, err
	}
	if len(ids) < 2 {
		return Likelihood{}, fmt.Errorf("task: score: the text has no token that another stands before")
	}
	logProbs, err := generate.Score(ctx, net, ids)
	if err != nil {
		return Likelihood{}, err
	}
	return likelihood(logProbs), nil
}

func likelihood(logProbs []float64) Likelihood {
	l := Likelihood{Tokens: len(logProbs), Perplexity: generate.Perplexity(logProbs)}
	for _, p := range logProbs {
		l.LogLikelihood += p
	}
	return l
}

// ScoreWindows returns how likely a text is that may be longer than the model's
// context, as llama.cpp's llama-perplexity measures it: the tokens are cut into
// windows of that many, each begins with the token that begins a text, where the
// model has one, in place of its first, and of each the second half counts. Tokens
// that do not fill a window are left out.
func ScoreWindows(ctx context.Context, m *model.Model, text string, window int) (Likelihood, error) {
	net, ok := m.Net.(model.Decoder)
	if !ok {
		return Likelihood{}, unable(m, "score text")
	}
	if c := net.Context(); window < 4 || c > 0 && window > c {
		return Likelihood{}, fmt.Errorf("task: score: a window of %d tokens is not from 4 to the context of %d", window, c)
	}
	ids, err := Prompt(m, text)
	if err != nil {
		return Likelihood{}, err
	}
	if len(ids) < window {
		return Likelihood{}, fmt.Errorf("task: score: the text has %d tokens, fewer than a window of %d", len(ids), window)
	}
	bos, begins := m.Tokenizer.BOS()
	begins = begins && m.Tokenizer.AddBOS()
	var counted []float64
	for at := 0; at+window <= len(ids); at += window {
		part := slices.Clone(ids[at : at+window])
		if begins {
			part[0] = bos
		}
		logProbs, err := generate.Score(ctx, net, part)
		if err != nil {
			return Likelihood{}, err
		}
		counted = append(counted, logProbs[window/2:]...)
	}
	return likelihood(counted), nil
}
