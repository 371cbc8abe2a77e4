package task

import (
	"context"
	"math"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// MaxAttention is how many weights [Attention] computes at most, of all layers and heads
// together.
const MaxAttention = 1 << 20

// An Attended is a text as tokens, and what each of them looks at.
type Attended struct {
	Encoding tokenizer.Encoding
	// Weights are [layers][heads][tokens][tokens]: how much the token of the third index
	// takes from that of the fourth. Over the fourth they add up to 1.
	Weights [][][][]float32
}

// Attention returns the weights of the attention of a text's tokens to each other: of an
// encoder-decoder those of its encoder.
func Attention(ctx context.Context, m *model.Model, text string) (Attended, error) {
	if err := ready(m, "attend"); err != nil {
		return Attended{}, err
	}
	a := Attended{Encoding: m.Tokenizer.EncodeWithOffsets(text)}
	n := len(a.Encoding.IDs)
	if n == 0 {
		return a, refuse("text", "it has no tokens")
	}
	if err := fits(m, n); err != nil {
		return a, err
	}
	var long error
	count := 0
	p := &nn.Pass{Arena: &tensor.Arena{}}
	p.Attended = func(q, k, bias *tensor.Tensor, scale float32, mask tensor.Mask) {
		if count += q.Dim(2) * n * n; count > MaxAttention {
			long = refuse("text", "it has %d tokens, whose attention has more than %d weights", n, MaxAttention)
			return
		}
		a.Weights = append(a.Weights, weights(q, k, bias, scale, mask))
	}
	ids := &nn.IDs{Data: a.Encoding.IDs, B: 1, T: n}
	var err error
	switch net := m.Net.(type) {
	case model.EncoderDecoder:
		err = tensor.Try(func() { net.Encode(p, ids) })
	case model.Encoder:
		err = tensor.Try(func() { net.Hidden(p, ids) })
	default:
		return a, unable(m, "show its attention")
	}
	switch {
	case ctx.Err() != nil:
		return a, ctx.Err()
	case err != nil:
		return a, err
	case long != nil:
		return a, long
	case len(a.Weights) == 0:
		return a, unable(m, "show its attention")
	}
	return a, nil
}

// Attention is the function of that name; one text at a time is looked at.
func (g *Gatherer) Attention(ctx context.Context, text string) (Attended, error) {
	if err := g.solo(ctx); err != nil {
		return Attended{}, err
	}
	defer g.done()
	return Attention(ctx, g.m, text)
}

// weights returns the probabilities [H][T][T] of one layer for one row, of queries
// [1,T,H,D] and keys [1,T,K,D], each of which serves H/K heads, as tensor.Attention
// has them.
func weights(q, k, bias *tensor.Tensor, scale float32, mask tensor.Mask) [][][]float32 {
	T, H, D, K := q.Dim(1), q.Dim(2), q.Dim(3), k.Dim(2)
	all := make([][][]float32, H)
	for h := range all {
		all[h] = make([][]float32, T)
		for t := range all[h] {
			row := make([]float32, T)
			all[h][t] = row
			from, until := seen(mask, t, T)
			for s := from; s < until; s++ {
				var sum float32
				x, y := q.Data()[(t*H+h)*D:], k.Data()[(s*K+h*K/H)*D:]
				for d := range D {
					sum += x[d] * y[d]
				}
				row[s] = sum * scale
				if bias != nil {
					row[s] += bias.Data()[(h*T+t)*bias.Dim(-1)+s]
				}
			}
			probabilities(row[from:until])
		}
	}
	return all
}

// seen returns the keys that a query sees, of T.
func seen(mask tensor.Mask, t, T int) (from, until int) {
	until = T
	if mask.Causal {
		until = t + 1
	}
	if mask.Window > 0 {
		from = max(0, t+1-mask.Window)
		until = min(until, t+1)
	}
	return from, until
}

// probabilities makes scores their softmax.
func probabilities(row []float32) {
	total := tensor.LogSumExp(row)
	for i, x := range row {
		row[i] = float32(math.Exp(float64(x) - total))
	}
}
