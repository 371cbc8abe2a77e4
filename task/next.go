package task

import (
	"context"

	"github.com/nlp-zoo/zoo/model"
)

// Next returns the top likeliest tokens after a text; of an encoder-decoder the
// likeliest that begin its answer.
func Next(ctx context.Context, m *model.Model, text string, top int) ([]Prediction, error) {
	return next(ctx, m, alone(m), text, top)
}

// Next is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Next(ctx context.Context, text string, top int) ([]Prediction, error) {
	return next(ctx, g.m, g.run, text, top)
}

func next(ctx context.Context, m *model.Model, run run, text string, top int) ([]Prediction, error) {
	switch m.Net.(type) {
	case model.Decoder, model.EncoderDecoder:
	default:
		return nil, unable(m, "write text")
	}
	ids, err := Prompt(m, text)
	if err != nil {
		return nil, err
	}
	if err := fits(m, len(ids)); err != nil {
		return nil, err
	}
	var found []Prediction
	take := func(y, _ []float32, _ int) { found = likeliest(m, y, top) }
	if err := run(ctx, []*sequence{{head: nextHead, ids: ids, take: take}}); err != nil {
		return nil, err
	}
	return found, nil
}
