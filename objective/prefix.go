package objective

import (
	"math/rand/v2"
	"slices"

	"github.com/nlp-zoo/zoo/tensor"
)

// Prefix is Causal with the first part of each text as a prefix whose tokens see
// each other both ways and are no targets ("Unified Language Model Pre-training",
// arXiv:1905.03197; T5's prefix language model, arXiv:1910.10683, section 3.2.1).
type Prefix struct {
	Causal
}

// Example ends the prefix at a place drawn with equal probability from all that
// leave a token of prefix and a target.
func (o Prefix) Example(r *rand.Rand, t Text) Example {
	e := o.Causal.Example(r, Text{IDs: t.IDs})
	if e.Input == nil {
		return e
	}
	return o.At(e, 1+r.IntN(len(e.Input)))
}

// At returns e with its first n tokens as the prefix.
func (o Prefix) At(e Example, n int) Example {
	e.Visible, e.Target = n, slices.Clone(e.Target)
	for i := range n - 1 {
		e.Target[i] = tensor.Ignore
	}
	return e
}
