package tune

import (
	"math"
	"slices"
	"testing"
)

func about(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestClasses: values of scikit-learn 1.7's accuracy_score and f1_score(macro).
func TestClasses(t *testing.T) {
	got, want := []int32{0, 1, 2, 2, 1, 0}, []int32{0, 1, 1, 2, 0, 0}
	about(t, "accuracy", Accuracy(got, want), 4./6)
	about(t, "macro F1", MacroF1(got, want), (0.8+0.5+2./3)/3)
	about(t, "macro F1 of a class that is never said", MacroF1([]int32{0, 0}, []int32{0, 1}), (2./3)/2)
	about(t, "nothing", Accuracy(nil, nil), 0)
}

// TestSpans: conlleval's reading of IOB2, and exact spans only.
func TestSpans(t *testing.T) {
	for _, c := range []struct {
		tags []string
		want []Span
	}{
		{[]string{"B-PER", "I-PER", "O", "B-LOC"}, []Span{{0, 2, "PER"}, {3, 4, "LOC"}}},
		{[]string{"B-PER", "B-PER"}, []Span{{0, 1, "PER"}, {1, 2, "PER"}}},
		{[]string{"O", "I-PER", "I-PER", "I-LOC"}, []Span{{1, 3, "PER"}, {3, 4, "LOC"}}},
		{[]string{"B-creative-work", "I-creative-work"}, []Span{{0, 2, "creative-work"}}},
		{nil, nil},
	} {
		if got := Spans(c.tags); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.tags, got, c.want)
		}
	}
	var s EntityScore
	s.Add([]string{"B-PER", "I-PER", "O", "B-LOC", "B-ORG"}, []string{"B-PER", "O", "O", "B-LOC", "O"})
	p, r, f := s.Score()
	about(t, "precision", p, 1./3)
	about(t, "recall", r, 1./2)
	about(t, "F1", f, 0.4)
}

// TestAnswers: what SQuAD's evaluation script says of these.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		got   string
		right []string
		exact bool
		f     float64
	}{
		{"The Broncos!", []string{"Denver Broncos", "broncos"}, true, 1},
		{"Denver", []string{"Denver Broncos"}, false, 2. / 3},
		{"a cat sat", []string{"the cat, sat down"}, false, 0.8},
		{"", nil, true, 1},
		{"something", nil, false, 0},
		{"", []string{"x"}, false, 0},
	} {
		exact, f := AnswerMatch(c.got, c.right)
		if exact != c.exact || math.Abs(f-c.f) > 1e-9 {
			t.Errorf("%q for %q: %v %v, want %v %v", c.got, c.right, exact, f, c.exact, c.f)
		}
	}
}

// TestCorrelation: scipy.stats' pearsonr and spearmanr of these.
func TestCorrelation(t *testing.T) {
	x, y := []float64{1, 2, 3, 4, 5}, []float64{2, 1, 4, 3, 7}
	about(t, "Pearson", Pearson(x, y), 12/math.Sqrt(10*21.2))
	about(t, "Spearman", Spearman(x, y), 0.8)
	about(t, "Spearman of ties", Spearman([]float64{1, 2, 2, 3}, []float64{1, 2, 2, 3}), 1)
	about(t, "no variation", Pearson(x, []float64{1, 1, 1, 1, 1}), 0)
	about(t, "the other way", Spearman(x, []float64{5, 4, 3, 2, 1}), -1)
}
