package tune

import (
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// Tags trains the scores of tokens for classes.
type Tags struct {
	Pad int32
}

// Terms is the one term.
func (o Tags) Terms() []string { return []string{"tag"} }

// Count returns how many tokens of e have a class.
func (o Tags) Count(e objective.Example) []int { return []int{targetCount(e.Target)} }

func targetCount(target []int32) (n int) {
	for _, t := range target {
		n += boolInt(t != tensor.Ignore)
	}
	return n
}

// Loss returns the sum of the cross-entropies.
func (o Tags) Loss(p *nn.Pass, m model.TokenClassifier, batch []objective.Example) []*tensor.Tensor {
	ids := rows(p, batch, o.Pad)
	return []*tensor.Tensor{tensor.Entropy{}.Loss(m.TokenLogits(p, ids), tokenTargets(batch, ids.T))}
}

// TagOptions are those of the task tag: words and their tags, as files of CoNLL have
// them.
type TagOptions struct {
	Files `yaml:",inline"`
}

// Open reads the sentences.
func (o *TagOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	sentences, held, err := gather(&o.Files, readTagged)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, list := range [][]sentence{sentences, held} {
		for _, s := range list {
			names = append(names, s.tags...)
		}
	}
	names = distinct(names)
	number := map[string]int32{}
	for i, n := range names {
		number[n] = int32(i)
	}
	task := &train.Tuning{Best: "f1"}
	places := make([][]int, len(held)) // of the words' tokens
	for _, s := range sentences {
		e, _, err := tagged(t, length, s, number)
		if err != nil {
			return nil, err
		}
		task.Train = append(task.Train, e)
	}
	for i, s := range held {
		var e objective.Example
		if e, places[i], err = tagged(t, length, s, number); err != nil {
			return nil, err
		}
		task.Eval = append(task.Eval, e)
	}
	p := pad(t)
	task.Bind = binder(Tags{p})
	task.Configure = func(c map[string]any) error { return class(c, "ForTokenClassification", names) }
	task.Measure = measure(task, func(m model.TokenClassifier, all []objective.Example, n int) (map[string]float64, error) {
		return entities(m, all, held, places, n, p, names)
	})
	return task, nil
}

// tagged returns a sentence as an example: the first token of each word has the
// word's tag as its target, and no other token has one. Words are separated by a
// space. The places are those of the words' first tokens; -1 where a word is cut off,
// or has no token.
func tagged(t *tokenizer.Tokenizer, length int, s sentence, number map[string]int32) (x objective.Example, places []int, err error) {
	text := strings.Join(s.words, " ")
	all, err := t.EncodeWindows([]string{text}, tokenizer.Truncation{Length: length}, tokenizer.Literal)
	if err != nil {
		return x, nil, err
	}
	e := all[0]
	x = objective.Example{Input: e.IDs, Target: make([]int32, len(e.IDs))}
	for i := range x.Target {
		x.Target[i] = tensor.Ignore
	}
	at, token := 0, 0 // where a word begins in text, and a token that ends after that
	for w, word := range s.words {
		for token < len(x.Input) && (e.Text[token] != 0 || e.Offsets[token].End <= at) {
			token++
		}
		place := -1
		if token < len(x.Input) && e.Offsets[token].Start < at+len(word) {
			place = token
			x.Target[token] = number[s.tags[w]]
			token++
		}
		places = append(places, place)
		at += len(word) + 1
	}
	return x, places, nil
}

// entities are the metrics of tagging: entities that are exactly right, and words.
// Words without a token are taken to be outside of any entity.
func entities(m model.TokenClassifier, all []objective.Example, held []sentence, places [][]int, n int, pad int32, names []string) (map[string]float64, error) {
	var score EntityScore
	right, words, at := 0, 0, 0
	err := evaluated(all, n, func(p *nn.Pass, part []objective.Example) {
		ids := rows(p, part, pad)
		y := m.TokenLogits(p, ids)
		tags := best(y.Data(), y.Dim(-1))
		for i := range part {
			want := held[at].tags
			got := make([]string, len(want))
			for w, place := range places[at] {
				if got[w] = "O"; place >= 0 {
					got[w] = names[tags[i*ids.T+place]]
				}
				right += boolInt(got[w] == want[w])
			}
			words += len(want)
			score.Add(got, want)
			at++
		}
	})
	precision, recall, f := score.Score()
	return map[string]float64{"precision": precision, "recall": recall, "f1": f, "accuracy": share(right, words)}, err
}

func init() {
	train.RegisterTask("tag", func() train.TaskOptions { return &TagOptions{} })
}
