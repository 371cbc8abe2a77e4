package bert

import (
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Body is the encoder under a head. One of its fields is set: the one that has
// the name under which the member's checkpoints keep it.
type Body struct {
	Bare    *Encoder `weight:""`
	BERT    *Encoder `weight:"bert"`
	RoBERTa *Encoder `weight:"roberta"`

	names []string // of all of the model's tensors
}

func (b *Body) body() *Body { return b }

// prefix returns the name under which the encoder stands, with its dot.
func (b *Body) prefix() string {
	switch {
	case b.BERT != nil:
		return "bert."
	case b.RoBERTa != nil:
		return "roberta."
	}
	return ""
}

// Encoder returns the encoder.
func (b *Body) Encoder() *Encoder {
	switch {
	case b.BERT != nil:
		return b.BERT
	case b.RoBERTa != nil:
		return b.RoBERTa
	}
	return b.Bare
}

// Hidden returns the last hidden states [B,T,E].
func (b *Body) Hidden(p *nn.Pass, ids *nn.IDs) *tensor.Tensor { return b.Encoder().Forward(p, ids) }

// FirstPosition returns the position of a text's first token.
func (b *Body) FirstPosition() int32 { return b.Encoder().offset }

// Context returns the length of the longest text in tokens.
func (b *Body) Context() int { return b.Encoder().Context() }

// Vocab returns the number of tokens.
func (b *Body) Vocab() int { return b.Encoder().Vocab() }

func (b *Body) pooled(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return b.Encoder().pool(b.Hidden(p, ids))
}

// Model is the encoder with no head: BertModel, RobertaModel.
type Model struct {
	Body `weight:""`
}

// Pools tells whether there is a pooler: some checkpoints are saved without.
func (m *Model) Pools() bool { return m.Bare.Pooler != nil }

// Pool returns what the pooler makes of each row's first token, [B,E], or nil
// where there is none.
func (m *Model) Pool(p *nn.Pass, ids *nn.IDs) *tensor.Tensor { return m.pooled(p, ids) }

// Outputs gives last_hidden_state and, where there is a pooler, pooler_output.
func (m *Model) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	x := m.Hidden(p, in.IDs)
	out := []model.Output{{Name: "last_hidden_state", Value: x}}
	if y := m.Bare.pool(x); y != nil {
		out = append(out, model.Output{Name: "pooler_output", Value: y})
	}
	return out
}

// MaskHead turns hidden states into scores of tokens: a layer of its own, then
// the table of word embeddings.
type MaskHead struct {
	Dense   *nn.Linear    `weight:"transform.dense"`
	Norm    *nn.LayerNorm `weight:"transform.LayerNorm"`
	Bias    *nn.Param     `weight:"bias"` // the decoder's, under its older name
	Decoder *nn.Linear    `weight:"decoder"`

	act *tensor.Activation
}

func newMaskHead(c *Config, e *Encoder, act string) *MaskHead {
	h := &MaskHead{
		Dense: nn.NewLinear(c.HiddenSize, c.HiddenSize, true),
		Norm:  nn.NewLayerNorm(c.HiddenSize, c.LayerNormEps),
		act:   activation(act),
	}
	fresh := nn.NewLinear(c.HiddenSize, c.VocabSize, true)
	h.Bias, h.Decoder = fresh.Bias, fresh
	if c.TieWordEmbeddings {
		h.Decoder = e.Words.Tied()
		h.Decoder.Bias = h.Bias
	}
	return h
}

func (h *MaskHead) forward(x *tensor.Tensor) *tensor.Tensor {
	return h.Decoder.Forward(h.Norm.Forward(h.Dense.Then(h.act, x)))
}

// MaskedLM predicts masked tokens: BertForMaskedLM, RobertaForMaskedLM.
type MaskedLM struct {
	Body    `weight:""`
	BERT    *MaskHead    `weight:"cls.predictions"`
	RoBERTa *robertaHead `weight:"lm_head"`
}

func (m *MaskedLM) scores(x *tensor.Tensor) *tensor.Tensor {
	if m.RoBERTa != nil {
		return (*MaskHead)(m.RoBERTa).forward(x)
	}
	return m.BERT.forward(x)
}

// MaskLogits returns the scores of the token at each place: [B,T,V].
func (m *MaskedLM) MaskLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return m.scores(m.Hidden(p, ids))
}

// MaskLogitsAt returns the scores of the tokens at some places of all rows: [len(at),V].
func (m *MaskedLM) MaskLogitsAt(p *nn.Pass, ids *nn.IDs, at []int) *tensor.Tensor {
	return m.scores(tensor.Gather(m.Hidden(p, ids), at))
}

// Outputs gives logits [B,T,V].
func (m *MaskedLM) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return logits(m.MaskLogits(p, in.IDs))
}

// PreTraining has both heads that BERT was pre-trained with: BertForPreTraining.
type PreTraining struct {
	MaskedLM `weight:""`
	Next     *nn.Linear `weight:"cls.seq_relationship"`
}

// NextSentenceLogits returns the scores of the second sentence following the
// first (column 0), and of its being a random one (column 1): [B,2].
func (m *PreTraining) NextSentenceLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return m.Next.Forward(m.pooled(p, ids))
}

// Both returns the scores of MaskLogits and of NextSentenceLogits from one
// evaluation of the encoder, for their joint loss.
func (m *PreTraining) Both(p *nn.Pass, ids *nn.IDs) (mask, next *tensor.Tensor) {
	x := m.Hidden(p, ids)
	return m.scores(x), m.Next.Forward(m.Encoder().pool(x))
}

// BothAt is Both with the scores of tokens at some places of all rows: [len(at),V].
func (m *PreTraining) BothAt(p *nn.Pass, ids *nn.IDs, at []int) (mask, next *tensor.Tensor) {
	x := m.Hidden(p, ids)
	return m.scores(tensor.Gather(x, at)), m.Next.Forward(m.Encoder().pool(x))
}

// Outputs gives prediction_logits [B,T,V] and seq_relationship_logits [B,2].
func (m *PreTraining) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	mask, next := m.Both(p, in.IDs)
	return []model.Output{{Name: "prediction_logits", Value: mask}, {Name: "seq_relationship_logits", Value: next}}
}

// NextSentence is BertForNextSentencePrediction.
type NextSentence struct {
	Body `weight:""`
	Next *nn.Linear `weight:"cls.seq_relationship"`
}

// NextSentenceLogits is as that of PreTraining: [B,2].
func (m *NextSentence) NextSentenceLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return m.Next.Forward(m.pooled(p, ids))
}

// Outputs gives logits [B,2].
func (m *NextSentence) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return logits(m.NextSentenceLogits(p, in.IDs))
}

func logits(x *tensor.Tensor) []model.Output { return []model.Output{{Name: "logits", Value: x}} }
