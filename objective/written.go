package objective

import (
	"math/rand/v2"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// TextToText trains an encoder-decoder to write Target for Input, whatever these
// are.
type TextToText struct {
	Pad     int32
	Entropy tensor.Entropy
}

// Terms is the one term.
func (o TextToText) Terms() []string { return []string{"lm"} }

// Count returns how many tokens of e are predicted.
func (o TextToText) Count(e Example) []int { return []int{count(e.Target)} }

// Loss returns the sum of the cross-entropies of each target's tokens, given the
// input and the target up to there.
func (o TextToText) Loss(p *nn.Pass, m model.EncoderDecoder, batch []Example) []*tensor.Tensor {
	memory := m.Encode(p, collate(p, m, batch, o.Pad, false))
	length := 0
	for _, e := range batch {
		length = max(length, len(e.Target))
	}
	target := targets(batch, length)
	ids := &nn.IDs{Data: make([]int32, len(target)), B: len(batch), T: length}
	for i := range target {
		ids.Data[i] = o.Pad
		if i%length == 0 {
			ids.Data[i] = m.Start()
		} else if target[i-1] != tensor.Ignore {
			ids.Data[i] = target[i-1]
		}
	}
	p.Lens, p.Types, p.Positions, p.From, p.Until = nil, nil, nil, nil, nil // were the source's
	return []*tensor.Tensor{sum(p, o.Entropy, m.Decode(p, memory, ids), target)}
}

// Written is TextToText for texts that have their answers with them: T5's tasks, each
// told by what its texts begin with (arXiv:1910.10683, section 2.4). A Text is the input,
// End, and the answer.
type Written struct {
	TextToText
	End    int32
	Length int // most tokens of an input, and of an answer, with End
}

// Tokens returns length: inputs and answers are cut to it each by itself.
func (o Written) Tokens(length int) int { return length }

// Example cuts t in its two parts. A text without End gives the zero Example.
func (o Written) Example(_ *rand.Rand, t Text) Example {
	at := slices.Index(t.IDs, o.End)
	if at < 0 {
		return Example{}
	}
	ended := func(ids []int32) []int32 {
		return append(slices.Clone(ids[:min(len(ids), o.Length-1)]), o.End)
	}
	return Example{Input: ended(t.IDs[:at]), Target: ended(t.IDs[at+1:])}
}

// written returns the data half of texts with their answers.
func written(v Vocab, e EntropyOptions) func(length int) Maker {
	return func(length int) Maker {
		return Written{TextToText: TextToText{Pad: v.Pad, Entropy: e.entropy()}, End: v.End, Length: length}
	}
}

func init() {
	register("text-to-text", func() Options { return &TextToTextOptions{} })
}

// TextToTextOptions are those of TextToText.
type TextToTextOptions struct {
	EntropyOptions `yaml:",inline"`
}

// Check refuses what is no share.
func (o *TextToTextOptions) Check() error { return o.check() }

// Task needs a token that ends a text.
func (o *TextToTextOptions) Task(v Vocab) (Task, error) {
	if err := has("text-to-text", "token that ends a text", v.End); err != nil {
		return Task{}, err
	}
	return Task{Separator: -1, Answered: written(v, o.EntropyOptions), Bind: bind(TextToText{Pad: v.Pad, Entropy: o.entropy()})}, nil
}
