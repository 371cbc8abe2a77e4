package task

import (
	"context"
	"slices"

	"github.com/nlp-zoo/zoo/model"
)

// Hidden returns the last hidden states of each token of each row of tokens: as many
// vectors as a row has tokens.
func (g *Gatherer) Hidden(ctx context.Context, rows [][]int32) ([][][]float32, error) {
	if _, ok := g.m.Net.(model.Encoder); !ok {
		return nil, unable(g.m, "embed")
	}
	states := make([][][]float32, len(rows))
	all := make([]*sequence, len(rows))
	for i, ids := range rows {
		if err := readable(g.m, i, ids); err != nil {
			return nil, err
		}
		all[i] = &sequence{head: hiddenHead, ids: ids, take: func(y, _ []float32, width int) {
			states[i] = slices.Collect(slices.Chunk(slices.Clone(y), width))
		}}
	}
	if err := g.run(ctx, all); err != nil {
		return nil, err
	}
	return states, nil
}

// readable refuses row number i of tokens if it is empty, too long, or has tokens that
// the model does not know.
func readable(m *model.Model, i int, ids []int32) error {
	if len(ids) == 0 {
		return refuse("text", "number %d has no tokens", i)
	}
	if err := fits(m, len(ids)); err != nil {
		return err
	}
	if v, ok := m.Net.(interface{ Vocab() int }); ok {
		if err := model.CheckIDs(v.Vocab(), ids); err != nil {
			return refuse("text", "number %d: %v", i, err)
		}
	}
	return nil
}
