package objective

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Restoration is the writing of a text that some kinds of tokens were left out of:
// BART's deletion (arXiv:1910.13461, section 2.2) of chosen tokens, not of random
// ones. With marks of punctuation and of capitals as the tokens a model learns to
// put them back.
//
//	input   he said no he went </s>
//	target  ⇧ he said , ⇧ no . ⇧ he went . </s>
type Restoration struct {
	Gone     []int32 // tokens that the input lacks
	Ends     []int32 // of Gone, those that end a sentence
	End, Pad int32
	Entropy  tensor.Entropy
}

// Tokens leaves room for End.
func (o Restoration) Tokens(length int) int { return length - 1 }

// Example takes from t whole sentences, as far as there are some: from the first that
// begins in its first half, to the last that ends in its second half.
func (o Restoration) Example(_ *rand.Rand, t Text) Example {
	ids := o.sentences(t.IDs)
	e := Example{Target: append(slices.Clone(ids), o.End)}
	for _, id := range ids {
		if !slices.Contains(o.Gone, id) {
			e.Input = append(e.Input, id)
		}
	}
	if len(e.Input) < 2 {
		return Example{}
	}
	e.Input = append(e.Input, o.End)
	return e
}

func (o Restoration) sentences(ids []int32) []int32 {
	half := len(ids) / 2
	end := func(id int32) bool { return slices.Contains(o.Ends, id) }
	lo, hi := 0, len(ids)
	if at := slices.IndexFunc(ids[:half], end); at >= 0 {
		lo = at + 1
	}
	for at := len(ids) - 1; at >= half; at-- {
		if end(ids[at]) {
			hi = at + 1
			break
		}
	}
	return ids[lo:hi]
}

// Terms is the one term.
func (o Restoration) Terms() []string { return []string{"lm"} }

// Count returns how many tokens of e are predicted.
func (o Restoration) Count(e Example) []int { return []int{count(e.Target)} }

// Loss is that of Target.
func (o Restoration) Loss(p *nn.Pass, m model.EncoderDecoder, batch []Example) []*tensor.Tensor {
	return TextToText{Pad: o.Pad, Entropy: o.Entropy}.Loss(p, m, batch)
}

func init() {
	register("restoration", func() Options {
		return &RestorationOptions{Gone: []string{",", ".", ";", ":", "!", "?"}, Ends: []string{".", "!", "?"}}
	})
}

// RestorationOptions are those of Restoration.
type RestorationOptions struct {
	Gone []string `yaml:"tokens"` // that are to be put back
	Ends []string `yaml:"ends"`   // of them, those that end a sentence

	EntropyOptions `yaml:",inline"`
}

// Check refuses ends that are not put back, and a task without tokens.
func (o *RestorationOptions) Check() error {
	if len(o.Gone) == 0 {
		return fmt.Errorf("tokens: must be one at least")
	}
	for _, token := range o.Ends {
		if !slices.Contains(o.Gone, token) {
			return fmt.Errorf("ends: %.40q must be one of tokens", token)
		}
	}
	return o.check()
}

// Task needs the tokens, and one that ends a text.
func (o *RestorationOptions) Task(v Vocab) (Task, error) {
	if err := has("restoration", "token that ends a text", v.End); err != nil {
		return Task{}, err
	}
	r := Restoration{End: v.End, Pad: v.Pad, Entropy: o.entropy()}
	for _, token := range o.Gone {
		id, ok := v.ID(token)
		if !ok {
			return Task{}, fmt.Errorf("objective: restoration: the tokenizer has no %.40q", token)
		}
		r.Gone = append(r.Gone, id)
		if slices.Contains(o.Ends, token) {
			r.Ends = append(r.Ends, id)
		}
	}
	return Task{Maker: r, Separator: -1, Answered: written(v, o.EntropyOptions), Bind: bind(r)}, nil
}
