package objective

import (
	"math/rand/v2"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Causal is the prediction of each token from those before it, as GPT was trained
// (Radford et al., 2018).
type Causal struct {
	Pad     int32          // what rows are padded with; no token sees it
	Entropy tensor.Entropy // label smoothing and the like, in training
}

// Tokens returns one more than length: the last token is a target only.
func (o Causal) Tokens(length int) int { return length + 1 }

// Example takes each token as the target of the one before it. Of a text packed
// from documents, the first token of a document is no target.
func (o Causal) Example(_ *rand.Rand, t Text) Example {
	n := len(t.IDs) - 1
	if n < 1 {
		return Example{}
	}
	e := Example{Input: t.IDs[:n], Target: t.IDs[1:]}
	if t.Documents == nil {
		return e
	}
	e.Documents, e.Target = t.Documents[:n], make([]int32, n)
	for i, id := range t.IDs[1:] {
		if e.Target[i] = id; t.Documents[i+1] != t.Documents[i] {
			e.Target[i] = tensor.Ignore
		}
	}
	return e
}

// Terms is the one term.
func (o Causal) Terms() []string { return []string{"lm"} }

// Count returns how many tokens of e are predicted.
func (o Causal) Count(e Example) []int { return []int{count(e.Target)} }

// Loss returns the sum of the cross-entropies.
func (o Causal) Loss(p *nn.Pass, m model.Decoder, batch []Example) []*tensor.Tensor {
	ids := collate(p, m, batch, o.Pad, true)
	return []*tensor.Tensor{sum(p, o.Entropy, m.Logits(p, ids), targets(batch, ids.T))}
}
