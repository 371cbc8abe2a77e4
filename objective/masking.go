package objective

import (
	"math"
	"math/rand/v2"

	"github.com/nlp-zoo/zoo/tensor"
)

// Masking chooses the tokens of a text that a model is to predict, and what
// stands in their places: BERT's masks (arXiv:1810.04805, section 3.1), and what
// others made of them.
type Masking struct {
	Rate float64 // of the tokens that are targets: 0.15 in BERT
	Unit Unit    // what is masked together
	// Most is the largest number of targets in a text; 0: no limit. BERT's
	// max_predictions_per_seq.
	Most int
	// Dither rounds the number of targets up or down at random, so that its mean
	// is the rate, as fairseq does; else to the nearest, and at least one, as BERT does.
	Dither bool
	// Keep and Random are the shares of the targets that stay as they are, and that
	// a random token replaces: 0.1 each in BERT. Mask replaces the others.
	Keep, Random float64

	Mask  int32
	Vocab int32
	// Special tells of tokens that are never targets, such as separators; nil: none.
	Special func(id int32) bool
	// Continues tells of tokens that are no word's first; needed where Unit is not Tokens.
	Continues func(id int32) bool
	// Draw draws a random token; nil: all that are not Special are equally likely.
	Draw func(r *rand.Rand) int32

	// Spans have Geometric's lengths in words, cut at LongestSpan: 0.2 and 10 in
	// SpanBERT.
	Geometric   float64
	LongestSpan int
}

// Unit is what Masking masks together.
type Unit int

// The units.
const (
	Tokens Unit = iota // each by itself
	Words              // all tokens of a word: BERT's whole word masking, 2019
	Spans              // words in sequence: SpanBERT, arXiv:1907.10529, section 3.1
)

// Apply returns a copy of ids with masks, and the targets: tensor.Ignore where
// there is none.
func (m Masking) Apply(r *rand.Rand, ids []int32) (input, target []int32) {
	input, target = append([]int32{}, ids...), make([]int32, len(ids))
	hidden := m.choose(r, ids)
	for i := range target {
		target[i] = tensor.Ignore
		if hidden[i] {
			target[i] = ids[i]
		}
	}
	for lo := 0; lo < len(ids); lo++ {
		if !hidden[lo] {
			continue
		}
		hi := lo + 1
		for m.Unit == Spans && hi < len(ids) && hidden[hi] {
			hi++
		}
		m.replace(r, input[lo:hi])
		lo = hi - 1
	}
	return input, target
}

// replace decides once for all of ids what stands in their places.
func (m Masking) replace(r *rand.Rand, ids []int32) {
	u := r.Float64()
	for i := range ids {
		switch {
		case u < m.Keep:
		case u < m.Keep+m.Random:
			ids[i] = m.draw(r)
		default:
			ids[i] = m.Mask
		}
	}
}

func (m Masking) draw(r *rand.Rand) int32 {
	if m.Draw != nil {
		return m.Draw(r)
	}
	for {
		if id := r.Int32N(m.Vocab); m.Special == nil || !m.Special(id) {
			return id
		}
	}
}

// budget returns how many of n tokens are to be targets.
func (m Masking) budget(r *rand.Rand, n int) int {
	want := m.Rate * float64(n)
	k := max(1, int(math.RoundToEven(want)))
	switch {
	case m.Dither:
		k = int(want + r.Float64())
	case m.Unit == Spans:
		k = int(math.Ceil(want))
	}
	if m.Most > 0 {
		k = min(k, m.Most)
	}
	return k
}

// choose tells which of ids are targets.
func (m Masking) choose(r *rand.Rand, ids []int32) []bool {
	words := m.words(ids)
	budget := m.budget(r, len(ids))
	hidden := make([]bool, len(ids))
	if m.Unit == Spans {
		m.spans(r, words, budget, hidden)
		return hidden
	}
	for _, i := range r.Perm(len(words)) {
		w := words[i]
		if budget == 0 {
			break
		}
		if n := w.hi - w.lo; n <= budget {
			budget -= n
			for t := w.lo; t < w.hi; t++ {
				hidden[t] = true
			}
		}
	}
	return hidden
}

// A word is tokens [lo,hi) of a text.
type word struct{ lo, hi int }

// words returns what is masked together, of tokens that may be masked at all.
func (m Masking) words(ids []int32) []word {
	words := make([]word, 0, len(ids))
	for i, id := range ids {
		if m.Special != nil && m.Special(id) {
			continue
		}
		if n := len(words); m.Unit != Tokens && n > 0 && words[n-1].hi == i && m.Continues(id) {
			words[n-1].hi++
			continue
		}
		words = append(words, word{i, i + 1})
	}
	return words
}

// spans hides spans of whole words, whose anchors are equally likely, until
// budget tokens are hidden; the last one may be cut within a word. Spans may
// touch, and so become one.
func (m Masking) spans(r *rand.Rand, words []word, budget int, hidden []bool) {
	of := make([]int, 0, len(hidden)) // the word of each token
	for i, w := range words {
		for range w.hi - w.lo {
			of = append(of, i)
		}
	}
	budget = min(budget, len(of))
	for budget > 0 {
		length := m.length(r)
		first := of[r.IntN(len(of))]
		if hidden[words[first].lo] {
			continue
		}
		for i := first; i < min(first+length, len(words)); i++ {
			if i > first && words[i].lo != words[i-1].hi {
				break // a separator lies between
			}
			for t := words[i].lo; t < words[i].hi && budget > 0; t++ {
				if !hidden[t] {
					hidden[t] = true
					budget--
				}
			}
		}
	}
}

// length draws how many words a span has: p(n) ∝ (1-Geometric)ⁿ for 1 to
// LongestSpan, which has the mean 3.8 for SpanBERT's numbers.
func (m Masking) length(r *rand.Rand) int {
	q := 1 - m.Geometric
	u := r.Float64() * (1 - math.Pow(q, float64(m.LongestSpan)))
	n, below := 1, m.Geometric
	for p := m.Geometric; u >= below && n < m.LongestSpan; n++ {
		p *= q
		below += p
	}
	return n
}
