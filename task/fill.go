package task

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
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
	net, ok := m.Net.(model.MaskedLM)
	if !ok {
		return nil, unable(m, "fill masks")
	}
	if m.Tokenizer == nil {
		return nil, fmt.Errorf("task: %s: fill: it has no tokenizer", m.Path)
	}
	mask, ok := m.Tokenizer.MASK()
	if !ok {
		return nil, fmt.Errorf("task: %s: fill: its tokenizer has no mask token", m.Path)
	}
	ids := m.Tokenizer.Encode(text)
	if !slices.Contains(ids, mask) {
		name, _ := m.Tokenizer.Token(mask)
		return nil, fmt.Errorf("task: fill: the text has no %s", name)
	}
	if err := errors.Join(ctx.Err(), fits(m, len(ids))); err != nil {
		return nil, err
	}
	rows, _ := nn.Rows(0, ids)
	logits, err := evaluate(func() *tensor.Tensor { return net.MaskLogits(&nn.Pass{Arena: &tensor.Arena{}}, rows) })
	if err != nil {
		return nil, err
	}
	v := logits.Dim(-1)
	var all [][]Prediction
	for i, id := range ids {
		if id == mask {
			all = append(all, likeliest(m, logits.Data()[i*v:(i+1)*v], top))
		}
	}
	return all, nil
}

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

// fits fails where a model has no place for n tokens.
func fits(m *model.Model, n int) error {
	if c, ok := m.Net.(interface{ Context() int }); ok && n > c.Context() && c.Context() > 0 {
		return fmt.Errorf("task: the text has %d tokens, %s has room for %d", n, m.Path, c.Context())
	}
	return nil
}
