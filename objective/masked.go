package objective

import (
	"math/rand/v2"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Masked is the prediction of masked tokens from those on both sides.
type Masked struct {
	Masking
	Begin, End int32 // stand around each text: [CLS] and [SEP], or <s> and </s>
	Pad        int32
	Entropy    tensor.Entropy
}

// Tokens leaves room for Begin and End.
func (o Masked) Tokens(length int) int { return length - 2 }

// Example masks t between Begin and End, which are targets only if they are not
// Special.
func (o Masked) Example(r *rand.Rand, t Text) Example {
	if len(t.IDs) == 0 {
		return Example{}
	}
	ids := append(append(append(make([]int32, 0, len(t.IDs)+2), o.Begin), t.IDs...), o.End)
	e := Example{}
	e.Input, e.Target = o.Apply(r, ids)
	if d := t.Documents; d != nil {
		e.Documents = append(append(append(make([]int32, 0, len(ids)), d[0]), d...), d[len(d)-1])
	}
	return e
}

// Terms is the one term.
func (o Masked) Terms() []string { return []string{"mlm"} }

// Count returns how many tokens of e are predicted.
func (o Masked) Count(e Example) []int { return []int{count(e.Target)} }

// Loss returns the sum of the cross-entropies. It asks a model that can for the
// scores of the targets alone.
func (o Masked) Loss(p *nn.Pass, m model.MaskedLM, batch []Example) []*tensor.Tensor {
	ids := collate(p, m, batch, o.Pad, false)
	all := targets(batch, ids.T)
	if m, ok := m.(model.MaskedAt); ok {
		at, target := picked(all)
		return []*tensor.Tensor{sum(p, o.Entropy, m.MaskLogitsAt(p, ids, at), target)}
	}
	return []*tensor.Tensor{sum(p, o.Entropy, m.MaskLogits(p, ids), all)}
}
