package task

import (
	"context"
	"fmt"

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
	l := Likelihood{Tokens: len(logProbs), Perplexity: generate.Perplexity(logProbs)}
	for _, p := range logProbs {
		l.LogLikelihood += p
	}
	return l, nil
}
