package generate_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// copier is an encoder-decoder that writes its source down, then the token 1. It
// gives each right token 3/4 of the probability.
type copier struct{ vocab int }

func (c copier) Encode(p *nn.Pass, ids *nn.IDs) *nn.Memory {
	m := &nn.Memory{States: p.Arena.Zeros(1, ids.T, 1)}
	for i, id := range ids.Data {
		m.States.Data()[i] = float32(id)
	}
	return m
}

func (c copier) Decode(p *nn.Pass, m *nn.Memory, ids *nn.IDs) *tensor.Tensor {
	from := 0
	if p.Last {
		from = ids.T - 1
	}
	out := p.Arena.Zeros(ids.B, ids.T-from, c.vocab)
	for b := range ids.B {
		for t := from; t < ids.T; t++ {
			right := 1
			if at := p.Place(b, t); at < m.States.Dim(1) {
				right = int(m.States.Data()[at])
			}
			out.Data()[(b*(ids.T-from)+t-from)*c.vocab+right] = float32(math.Log(3 * float64(c.vocab-1)))
		}
	}
	p.Done(ids)
	return out
}

func (c copier) NewCache(rows, capacity int) *nn.Cache { return nn.NewCache(0, rows, 1, 1, capacity) }
func (c copier) Start() int32                          { return 0 }
func (c copier) Vocab() int                            { return c.vocab }

func TestEncoderDecoder(t *testing.T) {
	net, source := copier{11}, []int32{5, 3, 3, 9, 2}
	want := append(slices.Clone(source), 1)
	o := generate.Options{MaxTokens: 20, EOS: []int32{1}, LengthPenalty: 1}
	if got := ids(t, net, source, o); !slices.Equal(got, want) {
		t.Errorf("greedy %v, want %v", got, want)
	}
	o.Beams = 3
	if got := ids(t, net, source, o); !slices.Equal(got, want) {
		t.Errorf("beams %v, want %v", got, want)
	}
	best, err := generate.BeamSearch(context.Background(), net, source, o)
	if err != nil {
		t.Fatal(err)
	}
	if score := math.Log(0.75); math.Abs(best[0].Score-score) > 1e-5 {
		t.Errorf("score %v, want %v a token", best[0].Score, score)
	}
	p, err := generate.ScoreTarget(context.Background(), net, source, want)
	if err != nil {
		t.Fatal(err)
	}
	if got := generate.Perplexity(p); math.Abs(got-4.0/3) > 1e-5 {
		t.Errorf("perplexity %v, want 4/3", got)
	}
	if got := ids(t, net, source, generate.Options{MaxTokens: 4}); !slices.Equal(got, source[:4]) {
		t.Errorf("four tokens %v", got)
	}
	if _, err := generate.ScoreTarget(context.Background(), net, nil, want); err == nil {
		t.Error("an empty source was scored")
	}
}
