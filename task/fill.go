package task

import (
	"context"
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// A Prediction is a token that may stand at a mask.
type Prediction struct {
	Token string  `json:"token"`
	ID    int32   `json:"id"`
	Score float64 `json:"score"` // probability
}

// Fill predicts the tokens under each mask in text: for every mask, in order, the
// top likeliest. The mask is written as the tokenizer has it ([MASK], <mask>).
func Fill(ctx context.Context, m *model.Model, text string, top int) ([][]Prediction, error) {
	return fill(ctx, m, alone(m), text, top)
}

// Fill is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Fill(ctx context.Context, text string, top int) ([][]Prediction, error) {
	return fill(ctx, g.m, g.run, text, top)
}

func fill(ctx context.Context, m *model.Model, run run, text string, top int) ([][]Prediction, error) {
	if _, ok := m.Net.(model.MaskedLM); !ok {
		return nil, unable(m, "fill masks")
	}
	if err := ready(m, "fill"); err != nil {
		return nil, err
	}
	mask, ok := m.Tokenizer.MASK()
	if !ok {
		return nil, &Refusal{Field: "model", Path: m.Path, Why: "fill: its tokenizer has no mask token"}
	}
	s := &sequence{head: maskHead, ids: m.Tokenizer.Encode(text)}
	for i, id := range s.ids {
		if id == mask {
			s.at = append(s.at, i)
		}
	}
	if len(s.at) == 0 {
		name, _ := m.Tokenizer.Token(mask)
		return nil, refuse("text", "it has no %s", name)
	}
	if err := fits(m, len(s.ids)); err != nil {
		return nil, err
	}
	all := make([][]Prediction, len(s.at))
	s.take = func(y, _ []float32, v int) {
		for i := range all {
			all[i] = likeliest(m, y[i*v:(i+1)*v], top)
		}
	}
	if err := run(ctx, []*sequence{s}); err != nil {
		return nil, err
	}
	return all, nil
}

// likeliest returns the top likeliest tokens by their scores.
func likeliest(m *model.Model, row []float32, top int) []Prediction {
	order := make([]int32, len(row))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case row[a] > row[b]:
			return -1
		case row[a] < row[b]:
			return 1
		}
		return 0
	})
	total := tensor.LogSumExp(row)
	best := make([]Prediction, 0, top)
	for _, id := range order[:min(max(top, 0), len(order))] {
		token, _ := m.Tokenizer.Token(id)
		best = append(best, Prediction{token, id, math.Exp(float64(row[id]) - total)})
	}
	return best
}
