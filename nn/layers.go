package nn

import "github.com/nlp-zoo/zoo/tensor"

// Inputs are the tensors that a layer of a stack reads: the hidden states, and what
// else a gradient flows into. Some may be nil.
type Inputs [3]*tensor.Tensor

// Layer returns what forward makes of in with layer l, one of many in a row. Of a pass
// without gradients it leaves no memory behind but the result, so that the next layer
// works in memory that is still in the processor's cache; with p.Recompute it keeps
// nothing but in until the backward pass.
func Layer[L any](p *Pass, l L, forward func(l L, p *Pass, in Inputs) *tensor.Tensor, in Inputs) *tensor.Tensor {
	if !p.Recompute || !p.Train {
		return p.Arena.Keep(p.Arena.Mark(), forward(l, p, in))
	}
	return recomputed(p, l, forward, in)
}

// recomputed stands apart from Layer for the sake of passes that allocate nothing.
func recomputed[L any](p *Pass, l L, forward func(l L, p *Pass, in Inputs) *tensor.Tensor, in Inputs) *tensor.Tensor {
	first := p.drops
	return tensor.Recompute(p.Arena, func(in []*tensor.Tensor) *tensor.Tensor {
		last := p.drops
		p.drops = first // the same dropouts again
		y := forward(l, p, Inputs(in))
		p.drops = max(last, p.drops)
		return y
	}, in[:]...)
}
