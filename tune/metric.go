package tune

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// Accuracy returns the share of got that is want.
func Accuracy(got, want []int32) float64 {
	right := 0
	for i := range got {
		if got[i] == want[i] {
			right++
		}
	}
	return share(right, len(got))
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// MacroF1 returns the mean of the F1 of all classes that got or want has.
func MacroF1(got, want []int32) float64 {
	type counts struct{ right, got, want int }
	classes := map[int32]*counts{}
	of := func(c int32) *counts {
		if classes[c] == nil {
			classes[c] = &counts{}
		}
		return classes[c]
	}
	for i := range got {
		of(got[i]).got++
		of(want[i]).want++
		if got[i] == want[i] {
			of(got[i]).right++
		}
	}
	var sum float64
	order := make([]int32, 0, len(classes))
	for c := range classes {
		order = append(order, c)
	}
	slices.Sort(order) // one order of summation
	for _, c := range order {
		n := classes[c]
		sum += f1(share(n.right, n.got), share(n.right, n.want))
	}
	return sum / float64(max(len(classes), 1))
}

func f1(precision, recall float64) float64 {
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}

// A Span is an entity: tags [First,Last) of a text, of a type.
type Span struct {
	First, Last int
	Type        string
}

// Spans returns the entities that tags in the form IOB2 tell. An I-X that follows no
// B-X or I-X begins one, as conlleval has it.
func Spans(tags []string) (all []Span) {
	open := false
	for i, tag := range tags {
		prefix, kind, _ := strings.Cut(tag, "-")
		switch {
		case prefix == "I" && open && all[len(all)-1].Type == kind:
			all[len(all)-1].Last = i + 1
		case prefix == "B" || prefix == "I":
			all, open = append(all, Span{i, i + 1, kind}), true
		default:
			open = false
		}
	}
	return all
}

// An EntityScore adds up the entities of texts: those found, those there are, and
// those that are both, bounds and type.
type EntityScore struct{ Found, There, Right int }

// Add adds the tags of a text, in the form IOB2.
func (s *EntityScore) Add(got, want []string) {
	found, there := Spans(got), Spans(want)
	s.Found += len(found)
	s.There += len(there)
	for _, f := range found {
		if slices.Contains(there, f) {
			s.Right++
		}
	}
}

// Score returns precision, recall and F1.
func (s EntityScore) Score() (precision, recall, f float64) {
	precision, recall = share(s.Right, s.Found), share(s.Right, s.There)
	return precision, recall, f1(precision, recall)
}

// words are those of an answer as SQuAD compares them: lower case, without
// punctuation and articles.
func words(answer string) []string {
	answer = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			return -1
		}
		return unicode.ToLower(r)
	}, answer)
	return slices.DeleteFunc(strings.Fields(answer), func(w string) bool { return w == "a" || w == "an" || w == "the" })
}

// AnswerMatch returns whether an answer is one of those that are right, and the F1 of
// its words with those of the nearest, as SQuAD counts them (arXiv:1606.05250).
func AnswerMatch(got string, right []string) (exact bool, f float64) {
	said := words(got)
	for _, r := range right {
		exact = exact || slices.Equal(said, words(r))
		f = max(f, overlap(said, words(r)))
	}
	if len(right) == 0 && len(said) == 0 {
		return true, 1
	}
	return exact, f
}

// overlap is the F1 of words that both have.
func overlap(got, want []string) float64 {
	if len(got) == 0 || len(want) == 0 {
		return share(boolInt(len(got) == len(want)), 1)
	}
	left := map[string]int{}
	for _, w := range want {
		left[w]++
	}
	same := 0
	for _, w := range got {
		if left[w] > 0 {
			left[w]--
			same++
		}
	}
	return f1(share(same, len(got)), share(same, len(want)))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Pearson returns the correlation of x and y, 0 where one of them does not vary.
func Pearson(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

func mean(x []float64) (m float64) {
	for _, v := range x {
		m += v / float64(len(x))
	}
	return m
}

// Spearman returns the correlation of the ranks of x and y; equal values share the
// mean of their ranks.
func Spearman(x, y []float64) float64 { return Pearson(ranks(x), ranks(y)) }

func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return a - b
	})
	r := make([]float64, len(x))
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && x[order[hi]] == x[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			r[i] = float64(lo+hi-1) / 2
		}
		lo = hi
	}
	return r
}
