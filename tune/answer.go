package tune

import (
	"strings"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

// Answers trains the scores of tokens as the first and the last of an answer.
type Answers struct {
	Pad int32
}

// Terms is the one term.
func (o Answers) Terms() []string { return []string{"span"} }

// Count returns 2: the loss is the mean of both ends.
func (o Answers) Count(objective.Example) []int { return []int{2} }

// Loss returns the sum of the cross-entropies of both ends, over the tokens of a row.
func (o Answers) Loss(p *nn.Pass, m model.QuestionAnswerer, batch []objective.Example) []*tensor.Tensor {
	start, end := m.SpanLogits(p, rows(p, batch, o.Pad))
	first, last := make([]int32, len(batch)), make([]int32, len(batch))
	for i, e := range batch {
		first[i], last[i] = e.Target[0], e.Target[1]
	}
	return []*tensor.Tensor{tensor.Add(tensor.Entropy{}.Loss(start, first), tensor.Entropy{}.Loss(end, last))}
}

// AnswerOptions are those of the task answer: questions whose answers are parts of a
// text, as SQuAD's files have them.
type AnswerOptions struct {
	Files    `yaml:",inline"`
	Stride   int `yaml:"stride"`   // tokens that a window has in common with the next
	Question int `yaml:"question"` // most tokens of a question
	Longest  int `yaml:"longest"`  // most tokens of an answer
}

// window is a part of a context with a question before it.
type window struct {
	question int
	text     string             // of the context
	offsets  []tokenizer.Offset // of tokens, in text; empty where one is none of it
	whole    []bool             // the window is the one of all that has the most around the token
}

// Open reads the questions.
func (o *AnswerOptions) Open(t *tokenizer.Tokenizer, length int) (*train.Tuning, error) {
	questions, held, err := gather(&o.Files, readSQuAD)
	if err != nil {
		return nil, err
	}
	task := &train.Tuning{Best: "f1"}
	var windows []window
	for i, q := range questions {
		e, _, err := o.windows(t, length, i, q)
		if err != nil {
			return nil, err
		}
		task.Train = append(task.Train, e...)
	}
	for i, q := range held {
		e, w, err := o.windows(t, length, i, q)
		if err != nil {
			return nil, err
		}
		task.Eval, windows = append(task.Eval, e...), append(windows, w...)
	}
	p := pad(t)
	task.Bind = binder(Answers{p})
	task.Configure = func(c map[string]any) error { return class(c, "ForQuestionAnswering", nil) }
	task.Measure = measure(task, func(m model.QuestionAnswerer, all []objective.Example, n int) (map[string]float64, error) {
		return o.matches(m, all, windows, held, n, p)
	})
	return task, nil
}

// windows returns a question with each part of its context, and where they are from.
// The answer of a window that does not have all of it is the first token, which
// stands for none.
func (o *AnswerOptions) windows(t *tokenizer.Tokenizer, length, number int, q question) (all []objective.Example, from []window, err error) {
	text := strings.TrimSpace(q.text)
	if ids := t.EncodeWithOffsets(text, tokenizer.Bare, tokenizer.Literal); len(ids.IDs) > o.Question {
		text = text[:ids.Offsets[o.Question-1].End]
	}
	cut := tokenizer.Truncation{Length: length, Strategy: tokenizer.OnlySecond, Stride: o.Stride}
	encodings, err := t.EncodeWindows([]string{text, q.context}, cut, tokenizer.Literal)
	if err != nil {
		return nil, nil, err
	}
	first, last := -1, -1
	if len(q.answers) > 0 {
		a := q.answers[0]
		first = byteOffset(q.context, a.Start)
		last = first + len(a.Text)
	}
	for _, e := range encodings {
		w := window{question: number, text: q.context, offsets: make([]tokenizer.Offset, len(e.IDs)), whole: make([]bool, len(e.IDs))}
		target := []int32{-1, -1}
		for i, at := range e.Offsets {
			if e.Text[i] != 1 || at.End == at.Start {
				continue
			}
			w.offsets[i] = at
			if target[0] < 0 && at.End > first && at.Start <= first {
				target[0] = int32(i)
			}
			if at.Start < last && at.End >= last && first >= 0 {
				target[1] = int32(i)
			}
		}
		if first < 0 || target[0] < 0 || target[1] < target[0] {
			target[0], target[1] = 0, 0
		}
		all = append(all, objective.Example{Input: e.IDs, Types: e.Types, Target: target})
		from = append(from, w)
	}
	mostAround(from)
	return all, from, nil
}

// byteOffset returns where the code point n of s begins.
func byteOffset(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// mostAround marks each token in the window in which it has the most tokens on its
// poorer side, as BERT's run_squad.py does.
func mostAround(windows []window) {
	type best struct {
		score float64
		w, i  int
	}
	found := map[int]best{}
	for n, w := range windows {
		first, last := -1, -1
		for i, at := range w.offsets {
			if at.End > at.Start {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		for i := first; i >= 0 && i <= last; i++ {
			score := float64(min(i-first, last-i)) + 0.01*float64(last-first+1)
			if b, ok := found[w.offsets[i].Start]; !ok || score > b.score {
				found[w.offsets[i].Start] = best{score, n, i}
			}
		}
	}
	for _, b := range found {
		windows[b.w].whole[b.i] = true
	}
}

// candidate is an answer that may be given.
type candidate struct {
	text  string
	score float32
}

// matches are exact matches and F1 of the best answers.
func (o *AnswerOptions) matches(m model.QuestionAnswerer, all []objective.Example, windows []window, held []question, n int, pad int32) (map[string]float64, error) {
	found := make([]candidate, len(held))
	for i := range found {
		found[i].score = float32(-1e30)
	}
	none := map[int]float32{} // the smallest score of there being no answer
	at := 0
	err := evaluated(all, n, func(p *nn.Pass, part []objective.Example) {
		ids := rows(p, part, pad)
		start, end := m.SpanLogits(p, ids)
		for i := range part {
			w := windows[at]
			at++
			s, e := start.Data()[i*ids.T:], end.Data()[i*ids.T:]
			if null, ok := none[w.question]; !ok || s[0]+e[0] < null {
				none[w.question] = s[0] + e[0]
			}
			if c := o.find(w, s, e); c.score > found[w.question].score {
				found[w.question] = c
			}
		}
	})
	var exact, f float64
	for i, q := range held {
		var right []string
		for _, a := range q.answers {
			right = append(right, a.Text)
		}
		text := found[i].text
		if len(right) == 0 && none[i] > found[i].score {
			text = ""
		}
		same, overlap := AnswerMatch(text, right)
		exact, f = exact+float64(boolInt(same)), f+overlap
	}
	count := float64(max(len(held), 1))
	return map[string]float64{"exact_match": exact / count, "f1": f / count}, err
}

// find returns the best answer in a window.
func (o *AnswerOptions) find(w window, start, end []float32) candidate {
	best := candidate{score: -1e30}
	for i := range w.offsets {
		if !w.whole[i] {
			continue
		}
		for j := i; j < min(i+o.Longest, len(w.offsets)); j++ {
			if w.offsets[j].End > w.offsets[j].Start && start[i]+end[j] > best.score {
				best = candidate{w.text[w.offsets[i].Start:w.offsets[j].End], start[i] + end[j]}
			}
		}
	}
	return best
}

func init() {
	train.RegisterTask("answer", func() train.TaskOptions {
		return &AnswerOptions{Stride: 128, Question: 64, Longest: 30}
	})
}
