package objective

import (
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// collate packs the inputs of batch, padded with pad, and tells p of their
// lengths, token types, documents and prefixes. The model m is asked where its
// positions begin.
func collate(p *nn.Pass, m any, batch []Example, pad int32, causal bool) *nn.IDs {
	rows := make([][]int32, len(batch))
	for i, e := range batch {
		rows[i] = e.Input
	}
	ids, lens := nn.Rows(pad, rows...)
	p.Lens, p.Mask, p.Types, p.Positions, p.From, p.Until = nil, nil, nil, nil, nil, nil
	var typed, documents, prefixed bool
	for i, e := range batch {
		if lens[i] != ids.T {
			p.Lens = lens
		}
		typed, documents, prefixed = typed || e.Types != nil, documents || e.Documents != nil, prefixed || e.Visible > 0
	}
	room := func(want bool) []int32 {
		if !want {
			return nil
		}
		return make([]int32, len(ids.Data))
	}
	p.Types, p.From, p.Positions = room(typed), room(documents), room(documents)
	p.Until = room(prefixed || documents && !causal)
	for i, e := range batch {
		lo, hi := i*ids.T, (i+1)*ids.T
		if typed {
			copy(p.Types[lo:hi], e.Types)
		}
		if documents {
			e.bounds(p.From[lo:hi], p.Positions[lo:hi], offset(m))
		}
		if p.Until != nil {
			e.until(p.Until[lo:hi], causal)
		}
	}
	return ids
}

// offset is the position of a text's first token in m.
func offset(m any) int32 {
	if o, ok := m.(interface{ FirstPosition() int32 }); ok {
		return o.FirstPosition()
	}
	return 0
}

// bounds sets where the document of each token of e begins, and the positions,
// which count from first anew in each document.
func (e Example) bounds(from, positions []int32, first int32) {
	var start int32
	for t := range from {
		switch {
		case t == len(e.Input): // padding, which no token sees
			start = 0
		case t > 0 && t < len(e.Documents) && e.Documents[t] != e.Documents[t-1]:
			start = int32(t)
		}
		from[t], positions[t] = start, first+int32(t)-start
	}
}

// until sets the first token that each token of e does not see: of a causal model
// the one after it, or the end of the prefix; else the end of its document.
func (e Example) until(until []int32, causal bool) {
	end := int32(len(e.Input))
	for t := len(until) - 1; t >= 0; t-- {
		if t+1 < len(e.Documents) && e.Documents[t] != e.Documents[t+1] {
			end = int32(t + 1)
		}
		switch {
		case causal:
			until[t] = int32(max(t+1, min(e.Visible, len(e.Input))))
		case t >= len(e.Input):
			until[t] = int32(t + 1)
		default:
			until[t] = end
		}
	}
}

// targets packs the targets of batch to rows of length t.
func targets(batch []Example, t int) []int32 {
	all := make([]int32, 0, len(batch)*t)
	for _, e := range batch {
		all = append(all, e.Target...)
		for range t - len(e.Target) {
			all = append(all, tensor.Ignore)
		}
	}
	return all
}

// count returns how many of target are targets.
func count(target []int32) int {
	n := 0
	for _, id := range target {
		if id != tensor.Ignore {
			n++
		}
	}
	return n
}

// picked returns the places of the targets among all, and the targets; where there
// is none, one place without a target, as no tensor is empty.
func picked(all []int32) (at []int, target []int32) {
	for i, id := range all {
		if id != tensor.Ignore {
			at, target = append(at, i), append(target, id)
		}
	}
	if at == nil {
		return []int{0}, []int32{tensor.Ignore}
	}
	return at, target
}

// sum returns the sum of the cross-entropies of logits [n,V], with what e adds to
// it in training.
func sum(p *nn.Pass, e tensor.Entropy, logits *tensor.Tensor, target []int32) *tensor.Tensor {
	if !p.Train {
		e = tensor.Entropy{}
	}
	return e.Loss(logits, target)
}
