package tune

import (
	"fmt"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// rows packs the inputs of examples, padded with pad, and tells p of their lengths
// and types.
func rows(p *nn.Pass, all []objective.Example, pad int32) *nn.IDs {
	inputs := make([][]int32, len(all))
	typed := false
	for i, e := range all {
		inputs[i] = e.Input
		typed = typed || e.Types != nil
	}
	ids, lens := nn.Rows(pad, inputs...)
	p.Lens, p.Types = nil, nil
	for _, n := range lens {
		if n != ids.T {
			p.Lens = lens
		}
	}
	if typed {
		p.Types = make([]int32, len(ids.Data))
		for i, e := range all {
			copy(p.Types[i*ids.T:(i+1)*ids.T], e.Types)
		}
	}
	return ids
}

// withOthers returns each example, and after it those that belong to it.
func withOthers(all []objective.Example) (flat []objective.Example) {
	for _, e := range all {
		flat = append(append(flat, e), e.Others...)
	}
	return flat
}

// tokenTargets packs the targets of examples to rows of t.
func tokenTargets(all []objective.Example, t int) []int32 {
	targets := make([]int32, 0, len(all)*t)
	for _, e := range all {
		targets = append(targets, e.Target...)
		for range t - len(e.Target) {
			targets = append(targets, tensor.Ignore)
		}
	}
	return targets
}

func labels(all []objective.Example) []int32 {
	l := make([]int32, len(all))
	for i, e := range all {
		l[i] = e.Label
	}
	return l
}

// values returns the values of examples, one after another.
func values(all []objective.Example) (v []float32) {
	for _, e := range all {
		v = append(v, e.Values...)
	}
	return v
}

// one says that each example has one target.
type one struct{}

// Count returns 1.
func (one) Count(objective.Example) []int { return []int{1} }

// evaluated calls f with the examples, at most n at a time, and a pass that computes
// in an arena: what f gets out of it holds until it returns.
func evaluated(all []objective.Example, n int, f func(p *nn.Pass, part []objective.Example)) error {
	arena := &tensor.Arena{}
	for lo := 0; lo < len(all); lo += n {
		part := all[lo:min(lo+n, len(all))]
		if err := tensor.Try(func() { f(&nn.Pass{Arena: arena}, part) }); err != nil {
			return fmt.Errorf("tune: %w", err)
		}
		arena.Reset()
	}
	return nil
}

// best returns the index of the largest value of each row of n.
func best(x []float32, n int) []int32 {
	at := make([]int32, len(x)/n)
	for i := range at {
		row := x[i*n : (i+1)*n]
		for j, v := range row {
			if v > row[at[i]] {
				at[i] = int32(j)
			}
		}
	}
	return at
}

// encoded returns a text, or a pair of texts, as an example of at most length tokens.
func encoded(t *tokenizer.Tokenizer, length int, texts ...string) (objective.Example, error) {
	if len(texts) == 2 && texts[1] == "" {
		texts = texts[:1]
	}
	e, err := t.EncodeWindows(texts, tokenizer.Truncation{Length: length}, tokenizer.Literal)
	if err != nil {
		return objective.Example{}, err
	}
	x := objective.Example{Input: e[0].IDs}
	if len(texts) == 2 {
		x.Types = e[0].Types
	}
	if len(x.Input) == 0 {
		return x, fmt.Errorf("a text without a token")
	}
	return x, nil
}

// pad is what rows are padded with: no token sees it.
func pad(t *tokenizer.Tokenizer) int32 {
	if id, ok := t.PAD(); ok {
		return id
	}
	return 0
}
