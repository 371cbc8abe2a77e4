package objective

import (
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Onward is Causal for a masked language model, whose tokens then see those before
// them only. Every token is a target, so a small encoder learns in a fraction of
// the texts to look at its neighbours; a phase of Masked after it gives a better
// encoder than Masked alone ("Should We Still Pretrain Encoders with Masked Language
// Modeling?", arXiv:2507.00994).
type Onward struct {
	Causal
}

// Loss returns the sum of the cross-entropies.
func (o Onward) Loss(p *nn.Pass, m model.MaskedLM, batch []Example) []*tensor.Tensor {
	ids := collate(p, m, batch, o.Pad, true)
	p.Until = make([]int32, len(ids.Data))
	for i, e := range batch {
		e.until(p.Until[i*ids.T:(i+1)*ids.T], true)
	}
	return []*tensor.Tensor{sum(p, o.Entropy, m.MaskLogits(p, ids), targets(batch, ids.T))}
}
