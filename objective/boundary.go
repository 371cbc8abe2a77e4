package objective

import (
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Boundary is SpanBERT's objective ("SpanBERT: Improving Pre-training by
// Representing and Predicting Spans", arXiv:1907.10529, section 3.2): each token
// of a masked span is predicted twice, from its own place, and from the tokens
// next to the span and its place in the span.
type Boundary struct {
	Masked
	Most int // tokens of a span that are predicted from its boundary; 15 in the published runs
}

// Terms are that of the masks and that of the boundaries.
func (o Boundary) Terms() []string { return []string{"mlm", "sbo"} }

// Count returns how many tokens of e each term predicts.
func (o Boundary) Count(e Example) []int {
	n := 0
	for lo := 0; lo < len(e.Target); lo++ {
		_, hi := span(e.Target, lo)
		if lo > 0 && hi < len(e.Target) && hi > lo {
			n += min(hi-lo, o.Most)
		}
		lo = max(lo, hi)
	}
	return []int{count(e.Target), n}
}

// span returns the targets in sequence from lo on: [lo,hi).
func span(target []int32, lo int) (first, hi int) {
	for hi = lo; hi < len(target) && target[hi] != tensor.Ignore; hi++ {
	}
	return lo, hi
}

// spans returns what is predicted from boundaries: for each token the places of its
// span's neighbours among the rows of length t, its place in the span, and itself.
func (o Boundary) spans(batch []Example, t int) (s model.Boundaries, target []int32) {
	for b, e := range batch {
		for lo := 0; lo < len(e.Target); lo++ {
			_, hi := span(e.Target, lo)
			if lo > 0 && hi < len(e.Target) { // a span at an end of the text has no neighbour there
				for i := lo; i < min(hi, lo+o.Most); i++ {
					s.Left, s.Right = append(s.Left, b*t+lo-1), append(s.Right, b*t+hi)
					s.Place, target = append(s.Place, int32(i-lo)), append(target, e.Target[i])
				}
			}
			lo = max(lo, hi)
		}
	}
	if target == nil { // as no tensor is empty
		return model.Boundaries{Left: []int{0}, Right: []int{0}, Place: []int32{0}}, []int32{tensor.Ignore}
	}
	return s, target
}

// Loss returns the sums of both predictions' cross-entropies.
func (o Boundary) Loss(p *nn.Pass, m model.BoundaryLM, batch []Example) []*tensor.Tensor {
	ids := collate(p, m, batch, o.Pad, false)
	at, target := picked(targets(batch, ids.T))
	spans, inner := o.spans(batch, ids.T)
	mask, boundary := m.BoundaryLogits(p, ids, at, spans)
	return []*tensor.Tensor{sum(p, o.Entropy, mask, target), sum(p, o.Entropy, boundary, inner)}
}
