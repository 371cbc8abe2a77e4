package objective

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// SpanCorruption is T5's objective (arXiv:1910.10683, section 3.1.4): spans of
// Mean tokens on average, Density of all tokens in sum, leave the input, and a
// sentinel stands in for each. The target tells what each sentinel hides:
//
//	Thank you for inviting me to your party last week
//	input   Thank you <X> me to your party <Y> </s>
//	target  <X> for inviting <Y> last week </s>
//
// A text begins with kept tokens and ends with hidden ones, as in the paper's
// code, where no sentinel closes the target.
type SpanCorruption struct {
	Density   float64 // 0.15 in the paper
	Mean      float64 // 3 in the paper
	Sentinels []int32 // <X>, <Y> and so on; a text has no more spans than these
	End, Pad  int32
	Entropy   tensor.Entropy
}

// spans returns how many of n tokens are hidden, and in how many spans.
func (o SpanCorruption) spans(n int) (hidden, spans int) {
	hidden = int(math.RoundToEven(float64(n) * o.Density))
	hidden = min(max(hidden, 1), n-1)
	spans = int(math.RoundToEven(float64(hidden) / o.Mean))
	return hidden, min(max(spans, 1), hidden, n-hidden, len(o.Sentinels))
}

// Lengths returns how long the input and the target of a text of n tokens are,
// with End.
func (o SpanCorruption) Lengths(n int) (input, target int) {
	hidden, spans := o.spans(n)
	return n - hidden + spans + 1, hidden + spans + 1
}

// Tokens returns the length of the longest text whose input has no more than
// length tokens: 568 for 512 with the paper's numbers.
func (o SpanCorruption) Tokens(length int) int {
	n := max(length, 2)
	for {
		if input, _ := o.Lengths(n + 1); input > length {
			return n
		}
		n++
	}
}

// Example hides the spans that r chooses: each way to cut the hidden tokens into
// spans and the others into the parts between them is equally likely.
func (o SpanCorruption) Example(r *rand.Rand, t Text) Example {
	ids := t.IDs
	if len(ids) < 2 {
		return Example{}
	}
	hidden, spans := o.spans(len(ids))
	gone, kept := parts(r, hidden, spans), parts(r, len(ids)-hidden, spans)
	e := Example{Input: make([]int32, 0, len(ids)-hidden+spans+1), Target: make([]int32, 0, hidden+spans+1)}
	for i, sentinel := range o.Sentinels[:spans] {
		e.Input = append(append(e.Input, ids[:kept[i]]...), sentinel)
		ids = ids[kept[i]:]
		e.Target = append(append(e.Target, sentinel), ids[:gone[i]]...)
		ids = ids[gone[i]:]
	}
	e.Input, e.Target = append(e.Input, o.End), append(e.Target, o.End)
	return e
}

// parts cuts n into k lengths of at least 1, each such cut equally likely.
func parts(r *rand.Rand, n, k int) []int {
	cuts := r.Perm(n - 1)[:k-1]
	slices.Sort(cuts)
	lengths, last := make([]int, k), 0
	for i, c := range append(cuts, n-1) {
		lengths[i], last = c+1-last, c+1
	}
	return lengths
}

// Terms is the one term.
func (o SpanCorruption) Terms() []string { return []string{"lm"} }

// Count returns how many tokens of e are predicted.
func (o SpanCorruption) Count(e Example) []int { return []int{count(e.Target)} }

// Loss is that of TextToText.
func (o SpanCorruption) Loss(p *nn.Pass, m model.EncoderDecoder, batch []Example) []*tensor.Tensor {
	return TextToText{Pad: o.Pad, Entropy: o.Entropy}.Loss(p, m, batch)
}
