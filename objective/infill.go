package objective

import (
	"math/rand/v2"
	"slices"
	"unicode/utf8"
)

// Infilling is Causal over documents whose middle was moved to the end, so that a
// model learns to write it when it has seen both sides ("Efficient Training of
// Language Models to Fill in the Middle", arXiv:2207.14255; Code Llama,
// arXiv:2308.12950, section 2.3):
//
//	PSM  <PRE> prefix <SUF> suffix <MID> middle <EOT>
//	SPM  <PRE> <SUF> suffix <MID> prefix middle <EOT>
//
// The cuts lie between characters, not between tokens; in SPM the prefix and the
// middle are one text when they become tokens.
type Infilling struct {
	Causal
	Rate float64 // of documents that are cut: 0.9
	SPM  float64 // share of these in suffix-first order: 0.5

	Begin                    int32 // before all; -1: nothing
	Prefix, Suffix, Mid, End int32 // End is <EOT>
	Encode                   func(text string) []int32
	Decode                   func(ids []int32) string
	// EncodeOn encodes a text that goes on within a line, where Encode would put a
	// space before it, as SentencePiece does; nil: Encode.
	EncodeOn func(text string) []int32
}

// slack is how many tokens cuts within tokens may add.
const slack = 8

// Tokens leaves room for the signs, and for tokens that are cut in two.
func (o Infilling) Tokens(length int) int { return max(length+1-6-slack, 1) }

// Example moves the middle of t between two cuts, each of which lies anywhere with
// equal probability. A text that is left whole, or whose parts do not fit, stays
// what it was, between Begin and End.
func (o Infilling) Example(r *rand.Rand, t Text) Example {
	cut, spm := r.Float64() < o.Rate, r.Float64() < o.SPM
	ids := t.IDs
	if cut {
		prefix, middle, suffix := split(r, o.Decode(t.IDs))
		if moved := o.move(prefix, middle, suffix, spm); len(moved) <= len(t.IDs)+4+slack {
			ids = moved
		}
	}
	var all []int32
	if o.Begin >= 0 {
		all = append(all, o.Begin)
	}
	return o.Causal.Example(r, Text{IDs: append(append(all, ids...), o.End)})
}

// split cuts text at two places between characters.
func split(r *rand.Rand, text string) (prefix, middle, suffix string) {
	n := utf8.RuneCountInString(text)
	cuts := []int{r.IntN(n + 1), r.IntN(n + 1)}
	slices.Sort(cuts)
	at := make([]int, 0, 2)
	i := 0
	for p := range text {
		for len(at) < 2 && cuts[len(at)] == i {
			at = append(at, p)
		}
		i++
	}
	for len(at) < 2 {
		at = append(at, len(text))
	}
	return text[:at[0]], text[at[0]:at[1]], text[at[1]:]
}

// move returns the parts in the order of PSM or SPM.
func (o Infilling) move(prefix, middle, suffix string, spm bool) []int32 {
	on := o.EncodeOn
	if on == nil {
		on = o.Encode
	}
	if spm {
		ids := append([]int32{o.Prefix, o.Suffix}, on(suffix)...)
		return append(append(ids, o.Mid), o.Encode(prefix+middle)...)
	}
	ids := append(append([]int32{o.Prefix}, o.Encode(prefix)...), o.Suffix)
	ids = append(append(ids, on(suffix)...), o.Mid)
	return append(ids, on(middle)...)
}
