package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
)

const length = 64 // tokens of a row

// A scorer returns scores of all tokens for the places at of an example.
type scorer func(e objective.Example, at []int) (rows [][]float32)

// judge holds a checkpoint against held-out documents.
func judge(checkpoint string, held [][]int32) (map[string]float64, error) {
	m, err := model.Open(checkpoint, model.Plain())
	if err != nil {
		return nil, err
	}
	defer m.Close()
	net, ok := m.Net.(model.MaskedAt)
	if !ok {
		return nil, fmt.Errorf("%T predicts no masked tokens", m.Net)
	}
	return measures(objective.VocabOf(m.Tokenizer), held, func(e objective.Example, at []int) (rows [][]float32) {
		logits := net.MaskLogitsAt(&nn.Pass{Types: e.Types}, &nn.IDs{Data: e.Input, B: 1, T: len(e.Input)}, at)
		return slices.Collect(slices.Chunk(logits.Data(), logits.Dim(1)))
	})
}

// frequencies predicts each token by its share of docs, one added to each count:
// what a model knows that looks at no other token.
func frequencies(docs [][]int32, vocab int) scorer {
	row := make([]float32, vocab)
	for i := range row {
		row[i] = 1
	}
	for _, d := range docs {
		for _, id := range d {
			row[id]++
		}
	}
	for i, n := range row {
		row[i] = float32(math.Log(float64(n)))
	}
	return func(_ objective.Example, at []int) [][]float32 { return slices.Repeat([][]float32{row}, len(at)) }
}

// measures judges a scorer under masks that are the same for all: no token is kept or
// replaced at random.
func measures(v objective.Vocab, held [][]int32, score scorer) (map[string]float64, error) {
	masking := objective.Masking{
		Rate: 0.15, Mask: v.Mask, Vocab: int32(v.Size), Special: v.Special, Continues: v.Continues, Geometric: 0.2, LongestSpan: 10,
	}
	spans := masking
	spans.Unit = objective.Spans
	tokens, pairs, hidden := sums{}, sums{}, sums{}
	for i, row := range rows(held, length-2) {
		t := objective.Text{IDs: row}
		tokens.add(score, objective.Masked{Masking: masking, Begin: v.Begin, End: v.End}.Example(objective.Rand(1, 0, i), t))
		hidden.add(score, several(objective.Masked{Masking: spans, Begin: v.Begin, End: v.End}.Example(objective.Rand(2, 0, i), t)))
	}
	o := objective.Pairs{Masked: objective.Masked{Masking: masking, Begin: v.Begin, End: v.End}, Cut: v.Sentences.Cut, Copies: 1}
	s, err := o.Samples(documents(held), length, 3)
	if err != nil {
		return nil, err
	}
	for range 400 {
		e, err := s.Next()
		if err != nil {
			return nil, err
		}
		pairs.add(score, e)
	}
	return map[string]float64{
		"loss of masked tokens": tokens.loss / tokens.n, "masked tokens found": tokens.right / tokens.n,
		"the same in pairs of parts": pairs.loss / pairs.n,
		"loss of tokens in spans":    hidden.loss / hidden.n, "tokens of spans found": hidden.right / hidden.n,
		"whole spans found": hidden.whole / hidden.spans,
	}, nil
}

// documents is a corpus in memory.
type documents [][]int32

func (d documents) Len() int               { return len(d) }
func (d documents) Document(i int) []int32 { return d[i] }

// rows cuts documents into texts of n tokens; the rest is left out.
func rows(docs [][]int32, n int) (all [][]int32) {
	for _, d := range docs {
		for c := range slices.Chunk(d, n) {
			if len(c) == n {
				all = append(all, c)
			}
		}
	}
	return all
}

// several leaves out the spans of one token.
func several(e objective.Example) objective.Example {
	for i, id := range e.Target {
		alone := (i == 0 || e.Target[i-1] == tensor.Ignore) && (i+1 == len(e.Target) || e.Target[i+1] == tensor.Ignore)
		if id != tensor.Ignore && alone {
			e.Input[i], e.Target[i] = id, tensor.Ignore
		}
	}
	return e
}

// sums are what predictions came to.
type sums struct{ loss, right, n, whole, spans float64 }

// add predicts the targets of e.
func (s *sums) add(score scorer, e objective.Example) {
	var at []int
	var target []int32
	for i, id := range e.Target {
		if id != tensor.Ignore {
			at, target = append(at, i), append(target, id)
		}
	}
	if at == nil {
		return
	}
	scores := score(e, at)
	all := true
	for i, id := range target {
		row := scores[i]
		right := row[id] == slices.Max(row)
		s.loss += tensor.LogSumExp(row) - float64(row[id])
		if all = all && right; right {
			s.right++
		}
		s.n++
		if i+1 == len(at) || at[i+1] != at[i]+1 {
			if s.spans++; all {
				s.whole++
			}
			all = true
		}
	}
}
