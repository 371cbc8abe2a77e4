package task

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// AnswerOptions say which answers are looked for. Zeros stand for what transformers'
// question-answering pipeline does.
type AnswerOptions struct {
	Top        int  // answers; 0: 1
	Longest    int  // tokens of an answer; 0: 15
	Window     int  // tokens of question and context together that are read at once; 0: 384, or what the model reads
	Stride     int  // tokens that windows share; 0: 128, or half a window
	Impossible bool // that there is none may be the answer, with the text ""
}

// An Answer is a part of a context.
type Answer struct {
	Text  string  `json:"answer"`
	Score float64 `json:"score"` // probability of its start times that of its end, in its window
	Place
}

// FindAnswers returns the likeliest answers to a question in a context, best first: whole words.
// Where the same words are found several times their scores add up.
func FindAnswers(ctx context.Context, m *model.Model, question, text string, o AnswerOptions) ([]Answer, error) {
	return findAnswers(ctx, m, alone(m), question, text, o)
}

// Answer is FindAnswers among the texts of other goroutines.
func (g *Gatherer) Answer(ctx context.Context, question, text string, o AnswerOptions) ([]Answer, error) {
	return findAnswers(ctx, g.m, g.run, question, text, o)
}

// fill puts defaults in the place of zeros.
func (o *AnswerOptions) fill(m *model.Model) error {
	o.Top, o.Longest = cmp.Or(o.Top, 1), cmp.Or(o.Longest, 15)
	o.Window = cmp.Or(o.Window, 384)
	if r := room(m); r > 0 {
		o.Window = min(o.Window, r)
	}
	o.Stride = cmp.Or(o.Stride, min(o.Window/2, 128))
	for _, v := range []struct {
		name        string
		n, from, to int
	}{{"top", o.Top, 1, 1000}, {"longest", o.Longest, 1, 1 << 16}, {"window", o.Window, 4, 1 << 20}, {"stride", o.Stride, 0, o.Window / 2}} {
		if v.n < v.from || v.n > v.to {
			return refuse(v.name, "%d is not from %d to %d", v.n, v.from, v.to)
		}
	}
	return nil
}

func findAnswers(ctx context.Context, m *model.Model, run run, question, text string, o AnswerOptions) ([]Answer, error) {
	if _, ok := m.Net.(model.QuestionAnswerer); !ok {
		return nil, unable(m, "answer questions from a text")
	}
	if err := ready(m, "answer"); err != nil {
		return nil, err
	}
	if err := o.fill(m); err != nil {
		return nil, err
	}
	for name, s := range map[string]string{"question": question, "context": text} {
		if strings.TrimSpace(s) == "" {
			return nil, refuse(name, "it is empty")
		}
	}
	s, err := settingsOf(m)
	if err != nil {
		return nil, err
	}
	encodings, err := windows(m, o.Window, o.Stride, question, text)
	if err != nil {
		return nil, err
	}
	parts := make([][]Answer, len(encodings))
	none := make([]float64, len(encodings))
	all := make([]*sequence, len(encodings))
	for i, e := range encodings {
		all[i] = &sequence{head: spanHead, ids: e.IDs, types: s.typed(e.Types), take: func(start, end []float32, _ int) {
			parts[i], none[i] = spans(m, &encodings[i], text, question, start, end, o)
		}}
	}
	if err := run(ctx, all); err != nil {
		return nil, err
	}
	var found []Answer
	for _, a := range slices.Concat(parts...) {
		same := func(b Answer) bool { return strings.EqualFold(a.Text, b.Text) }
		if i := slices.IndexFunc(found, same); i >= 0 {
			found[i].Score += a.Score
		} else {
			found = append(found, a)
		}
	}
	if o.Impossible {
		found = append(found, Answer{Score: slices.Min(none)})
	}
	slices.SortStableFunc(found, func(a, b Answer) int { return cmp.Compare(b.Score, a.Score) })
	return found[:min(o.Top, len(found))], nil
}

// span is where an answer may stand, in tokens.
type span struct {
	start, end int
	score      float64
}

// spans returns the likeliest answers in a window, and the probability of there being
// none. Tokens outside of the context have no part in the probabilities, but for the
// first, which stands for no answer.
func spans(m *model.Model, e *tokenizer.Encoding, text, question string, start, end []float32, o AnswerOptions) ([]Answer, float64) {
	cls, hasCLS := m.Tokenizer.CLS()
	may := make([]bool, len(e.IDs))
	for i, id := range e.IDs {
		may[i] = e.Text[i] == 1 && !e.Special[i] || hasCLS && id == cls
	}
	first, last := masked(start, may), masked(end, may)
	none := first[0] * last[0]
	first[0], last[0] = 0, 0
	var all []span
	for i, p := range first {
		for j := i; p > 0 && j < min(i+o.Longest, len(last)); j++ {
			if last[j] > 0 {
				all = append(all, span{i, j, p * last[j]})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b span) int { return cmp.Compare(b.score, a.score) })
	characters := e.RuneOffsets(question, text)
	var found []Answer
	for _, s := range all[:min(len(all), 2*o.Top+10)] { // more than asked for, as some are in the same words
		i, j := wordStart(e, s.start), wordEnd(e, s.end)
		at := Place{characters[i].Start, characters[j].End, e.Offsets[i].Start, e.Offsets[j].End}
		if at.EndByte > at.StartByte && at.EndByte <= len(text) {
			found = append(found, Answer{text[at.StartByte:at.EndByte], s.score, at})
		}
	}
	return found, none
}

// masked returns the probabilities of places, of those that may be.
func masked(scores []float32, may []bool) []float64 {
	most := math.Inf(-1)
	for i, x := range scores {
		if may[i] {
			most = max(most, float64(x))
		}
	}
	p, sum := make([]float64, len(scores)), 0.0
	for i, x := range scores {
		if may[i] {
			p[i] = math.Exp(float64(x) - most)
			sum += p[i]
		}
	}
	for i := range p {
		p[i] /= max(sum, math.SmallestNonzeroFloat64)
	}
	return p
}

// wordStart returns the first token of the word that token i is of.
func wordStart(e *tokenizer.Encoding, i int) int {
	for i > 0 && e.Words[i] >= 0 && e.Words[i-1] == e.Words[i] && e.Text[i-1] == e.Text[i] {
		i--
	}
	return i
}

// wordEnd returns the last token of the word that token i is of.
func wordEnd(e *tokenizer.Encoding, i int) int {
	for i+1 < len(e.IDs) && e.Words[i] >= 0 && e.Words[i+1] == e.Words[i] && e.Text[i+1] == e.Text[i] {
		i++
	}
	return i
}
