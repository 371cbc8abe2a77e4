package task

import (
	"context"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Next returns the top likeliest tokens after a text; of an encoder-decoder the
// likeliest that begin its answer.
func Next(ctx context.Context, m *model.Model, text string, top int) ([]Prediction, error) {
	ids, err := Prompt(m, text)
	if err != nil {
		return nil, err
	}
	if err := fits(m, len(ids)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &nn.Pass{Arena: &tensor.Arena{}, Last: true}
	row := &nn.IDs{Data: ids, B: 1, T: len(ids)}
	var logits *tensor.Tensor
	switch net := m.Net.(type) {
	case model.Decoder:
		err = tensor.Try(func() { logits = net.Logits(p, row) })
	case model.EncoderDecoder:
		err = tensor.Try(func() {
			memory := net.Encode(&nn.Pass{Arena: p.Arena}, row)
			logits = net.Decode(p, memory, &nn.IDs{Data: []int32{net.Start()}, B: 1, T: 1})
		})
	default:
		return nil, unable(m, "write text")
	}
	if err != nil {
		return nil, err
	}
	return likeliest(m, logits.Data(), top), nil
}
