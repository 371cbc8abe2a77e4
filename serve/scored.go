package serve

import (
	"context"
	"math"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// scoring bounds how many texts are scored at once, in all models: each takes a cache and
// scores of its own, beside those of the engines.
var scoring = make(chan struct{}, 2)

// scored returns the tokens of a text with their log-probabilities, and the top likeliest
// in the place of each. Nothing predicts the first, whose log-probability is no number.
func (m *resident) scored(ctx context.Context, ids []int32, top int) ([]generate.Token, error) {
	net, ok := m.Net.(model.Decoder)
	if !ok {
		return nil, invalid("echo", "%s does not predict its prompts, so that they have no log-probabilities", m.Name)
	}
	select {
	case scoring <- struct{}{}:
		defer func() { <-scoring }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	rest, err := generate.ScoreTop(ctx, net, ids, top)
	if err != nil {
		return nil, err
	}
	return append([]generate.Token{{ID: ids[0], LogProb: math.NaN()}}, rest...), nil
}

// spell returns the bytes of a token; none where the model has no tokenizer.
func (m *resident) spell(id int32) []byte {
	if m.Tokenizer == nil {
		return nil
	}
	return m.Tokenizer.Bytes(id)
}
