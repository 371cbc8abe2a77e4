package bert

import (
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// SpanBERT is BERT with the two heads of "SpanBERT: Improving Pre-training by
// Representing and Predicting Spans", arXiv:1907.10529: that of masked tokens and
// that of spans by their boundaries. Its class, BertForSpanBoundary, is ours:
// published checkpoints have the encoder alone.
type SpanBERT struct {
	MaskedLM `weight:""`
	Spans    *BoundaryHead `weight:"cls.boundary"`
}

// BoundaryHead scores a token of a span by the hidden states of the span's two
// neighbours and the token's place in it: a network of two layers, then the table
// of word embeddings with a bias of its own.
type BoundaryHead struct {
	Positions *nn.Embedding `weight:"position_embeddings"`
	Dense1    *nn.Linear    `weight:"dense1"`
	Norm1     *nn.LayerNorm `weight:"LayerNorm1"`
	Dense2    *nn.Linear    `weight:"dense2"`
	Norm2     *nn.LayerNorm `weight:"LayerNorm2"`
	Bias      *nn.Param     `weight:"bias"`

	words *nn.Param
}

func newBoundaryHead(c *Config, e *Encoder) *BoundaryHead {
	E, P := c.HiddenSize, c.SpanEmbedding
	return &BoundaryHead{
		Positions: nn.NewEmbedding(c.SpanPositions, P),
		Dense1:    nn.NewLinear(2*E+P, E, true), Norm1: nn.NewLayerNorm(E, c.LayerNormEps),
		Dense2: nn.NewLinear(E, E, true), Norm2: nn.NewLayerNorm(E, c.LayerNormEps),
		Bias: &nn.Param{Want: []int{c.VocabSize}}, words: e.Words.Weight,
	}
}

func (h *BoundaryHead) forward(p *nn.Pass, x *tensor.Tensor, s model.Boundaries) *tensor.Tensor {
	n := len(s.Place)
	place := h.Positions.Forward(p, &nn.IDs{Data: s.Place, B: 1, T: n})
	y := tensor.Concat(tensor.Gather(x, s.Left), tensor.Gather(x, s.Right), tensor.Reshape(place, n, -1)) // [N,2E+P]
	y = h.Norm1.Forward(h.Dense1.Then(tensor.ActGELU, y))                                                 // [N,E]
	y = h.Norm2.Forward(h.Dense2.Then(tensor.ActGELU, y))
	return (&nn.Linear{Weight: h.words, Bias: h.Bias}).Forward(y) // [N,V]
}

// BoundaryLogits returns the scores of the tokens at some places of all rows, and of
// those that spans tell of by their boundaries, whose places must be below
// SpanPositions: [N,V] each.
func (m *SpanBERT) BoundaryLogits(p *nn.Pass, ids *nn.IDs, at []int, spans model.Boundaries) (mask, boundary *tensor.Tensor) {
	x := m.Hidden(p, ids)
	return m.scores(tensor.Gather(x, at)), m.Spans.forward(p, x, spans)
}

// SpanPositions returns how many places of a span the model knows.
func (m *SpanBERT) SpanPositions() int { return m.Spans.Positions.Weight.Want[0] }
