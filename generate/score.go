package generate

import (
	"context"
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// scoreChunk bounds the memory of scores: that many tokens times the vocabulary.
const scoreChunk = 128

// Score returns the log-probability of each token of ids after the first, given
// those before it. Texts longer than the model's context are an error.
func Score(ctx context.Context, m model.Decoder, ids []int32) ([]float64, error) {
	var out []float64
	err := scoreText(ctx, m, ids, func(next int32, logits []float32) {
		out = append(out, float64(logits[next])-logSum(logits))
	})
	return out, err
}

// ScoreTop is Score with the top most likely tokens in the place of each: the tokens
// have their ID, LogProb and Top.
func ScoreTop(ctx context.Context, m model.Decoder, ids []int32, top int) ([]Token, error) {
	var out []Token
	err := scoreText(ctx, m, ids, func(next int32, logits []float32) {
		sum := logSum(logits)
		out = append(out, Token{ID: next, LogProb: float64(logits[next]) - sum, Top: mostLikely(logits, top, sum)})
	})
	return out, err
}

func scoreText(ctx context.Context, m model.Decoder, ids []int32, each func(next int32, logits []float32)) error {
	if c := m.Context(); c > 0 && len(ids) > c {
		return fmt.Errorf("generate: score: %d tokens do not fit a context of %d", len(ids), c)
	}
	if err := inVocab(ids, m.Vocab()); err != nil {
		return err
	}
	if len(ids) < 2 {
		return nil
	}
	return score(ctx, ids, m.NewCache(1, len(ids)), m.Logits, each)
}

// ScoreTarget returns the log-probability of each token of target, given source
// and the tokens of target before it.
func ScoreTarget(ctx context.Context, m model.EncoderDecoder, source, target []int32) ([]float64, error) {
	for _, ids := range [][]int32{source, target} {
		if err := inVocab(ids, m.Vocab()); err != nil {
			return nil, err
		}
	}
	if len(source) == 0 || len(target) == 0 {
		return nil, fmt.Errorf("generate: score: empty source or target")
	}
	var memory *nn.Memory
	err := tensor.Try(func() { memory = m.Encode(&nn.Pass{}, &nn.IDs{Data: source, B: 1, T: len(source)}) })
	if err != nil {
		return nil, fmt.Errorf("generate: score: %w", err)
	}
	ids := append([]int32{m.Start()}, target...)
	out := make([]float64, 0, len(target))
	err = score(ctx, ids, m.NewCache(1, len(ids)), func(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
		return m.Decode(p, memory, ids)
	}, func(next int32, logits []float32) { out = append(out, float64(logits[next])-logSum(logits)) })
	return out, err
}

// score calls each with the tokens of ids after the first, and the scores in their place.
func score(ctx context.Context, ids []int32, cache *nn.Cache, run func(*nn.Pass, *nn.IDs) *tensor.Tensor, each func(next int32, logits []float32)) error {
	var arena tensor.Arena
	p := &nn.Pass{Arena: &arena, Cache: cache}
	for at := 0; at < len(ids)-1; at += scoreChunk {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("generate: score: %w", err)
		}
		part := ids[at:min(at+scoreChunk, len(ids)-1)]
		arena.Reset()
		var logits *tensor.Tensor
		err := tensor.Try(func() { logits = run(p, &nn.IDs{Data: part, B: 1, T: len(part)}) })
		if err != nil {
			return fmt.Errorf("generate: score: %w", err)
		}
		V := logits.Dim(-1)
		for t := range part {
			each(ids[at+t+1], logits.Data()[t*V:(t+1)*V])
		}
	}
	return nil
}

// Perplexity is e to the mean of what tokens cost: of the log-probabilities that
// Score returns. Of none it is not a number.
func Perplexity(logProbs []float64) float64 {
	sum := 0.0
	for _, p := range logProbs {
		sum -= p
	}
	return math.Exp(sum / float64(len(logProbs)))
}
