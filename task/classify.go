package task

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/model"
)

// A Pair is a text to be classified, and another that it is to be read with.
type Pair struct{ Text, Second string } // Second "": there is no other

// A Label is a class with its score.
type Label struct {
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

// Classify returns the classes of each input, best first, with the names and in the
// sense that config.json gives them: probabilities that add up to 1; for problem_type
// multi_label_classification, and for models of one class, each class's own
// probability; for problem_type regression the numbers themselves.
func Classify(ctx context.Context, m *model.Model, inputs []Pair) ([][]Label, error) {
	return classify(ctx, m, alone(m), inputs)
}

// Classify is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Classify(ctx context.Context, inputs []Pair) ([][]Label, error) {
	return classify(ctx, g.m, g.run, inputs)
}

// ClassScores is [Gatherer.Classify] with the scores of classes as the network has them.
func (g *Gatherer) ClassScores(ctx context.Context, inputs []Pair) ([][]Label, error) {
	return classified(ctx, g.m, g.run, inputs, func(_ *settings, scores []float32) []float64 {
		return (&settings{ProblemType: "regression"}).probabilities(scores)
	})
}

func classify(ctx context.Context, m *model.Model, run run, inputs []Pair) ([][]Label, error) {
	return classified(ctx, m, run, inputs, (*settings).probabilities)
}

// classified returns the classes of each input, in the order of what say makes of their
// scores.
func classified(ctx context.Context, m *model.Model, run run, inputs []Pair, say func(*settings, []float32) []float64) ([][]Label, error) {
	s, err := settingsOf(m)
	if err != nil {
		return nil, err
	}
	rows, err := classScores(ctx, m, run, s, inputs)
	if err != nil {
		return nil, err
	}
	all := make([][]Label, len(rows))
	for i, row := range rows {
		for c, p := range say(&s, row) {
			all[i] = append(all[i], Label{s.label(c), p})
		}
		slices.SortStableFunc(all[i], func(a, b Label) int { return cmp.Compare(b.Score, a.Score) })
	}
	return all, nil
}

// probabilities returns what transformers' pipeline makes of the scores of classes.
func (s *settings) probabilities(scores []float32) []float64 {
	switch {
	case s.ProblemType == "regression":
		p := make([]float64, len(scores))
		for i, x := range scores {
			p[i] = float64(x)
		}
		return p
	case s.ProblemType == "multi_label_classification" || len(scores) == 1:
		p := make([]float64, len(scores))
		for i, x := range scores {
			p[i] = sigmoid(x)
		}
		return p
	}
	return softmax(scores)
}

// classScores returns the scores of classes as the network has them.
func classScores(ctx context.Context, m *model.Model, run run, s settings, inputs []Pair) ([][]float32, error) {
	if _, ok := m.Net.(model.Classifier); !ok {
		return nil, unable(m, "classify")
	}
	if err := ready(m, "classify"); err != nil {
		return nil, err
	}
	rows := make([][]float32, len(inputs))
	all := make([]*sequence, len(inputs))
	for i, in := range inputs {
		row := &sequence{head: classHead, take: func(y, _ []float32, _ int) { rows[i] = slices.Clone(y) }}
		if in.Second == "" {
			row.ids = m.Tokenizer.Encode(in.Text)
		} else {
			row.ids, row.types = m.Tokenizer.EncodePair(in.Text, in.Second)
			row.types = s.typed(row.types)
		}
		if len(row.ids) == 0 {
			return nil, refuse("text", "number %d has no tokens", i)
		}
		if err := fits(m, len(row.ids)); err != nil {
			return nil, err
		}
		all[i] = row
	}
	if err := run(ctx, all); err != nil {
		return nil, err
	}
	return rows, nil
}

// A Rank is how well a text answers a query.
type Rank struct {
	Index int     `json:"index"` // of the text
	Score float64 `json:"score"`
	Raw   float64 `json:"raw"` // before the sigmoid; the score itself where there is none
}

// Rerank orders texts by how well they answer query, best first. A classifier reads
// query and text together: of one class the score is its probability, and of two that
// of the second. Any other encoder is asked how alike their vectors are, -1 to 1.
func Rerank(ctx context.Context, m *model.Model, query string, texts []string) ([]Rank, error) {
	return rerank(ctx, m, alone(m), query, texts)
}

// Rerank is the function of that name, among the texts of other goroutines.
func (g *Gatherer) Rerank(ctx context.Context, query string, texts []string) ([]Rank, error) {
	return rerank(ctx, g.m, g.run, query, texts)
}

func rerank(ctx context.Context, m *model.Model, run run, query string, texts []string) ([]Rank, error) {
	ranks := make([]Rank, len(texts))
	if _, ok := m.Net.(model.Classifier); ok {
		s, err := settingsOf(m)
		if err != nil {
			return nil, err
		}
		inputs := make([]Pair, len(texts))
		for i, text := range texts {
			inputs[i] = Pair{query, text}
		}
		rows, err := classScores(ctx, m, run, s, inputs)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			switch len(row) {
			case 1:
				ranks[i] = Rank{i, sigmoid(row[0]), float64(row[0])}
			case 2:
				ranks[i] = Rank{i, softmax(row)[1], float64(row[1] - row[0])}
			default:
				return nil, unable(m, fmt.Sprintf("rank texts: it has %d classes, not one or two", len(row)))
			}
		}
	} else {
		vectors, err := embed(ctx, m, run, append([]string{query}, texts...), EmbedOptions{Normalize: true})
		if err != nil {
			return nil, err
		}
		for i := range ranks {
			score := dot(vectors[0], vectors[i+1])
			ranks[i] = Rank{i, score, score}
		}
	}
	slices.SortStableFunc(ranks, func(a, b Rank) int { return cmp.Compare(b.Raw, a.Raw) })
	return ranks, nil
}
