package objective

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

var (
	_ Objective[model.PreTrainer] = Pairs{}
	_ Objective[model.BoundaryLM] = Boundary{}
	_ Objective[model.Decoder]    = Infilling{}
	_                             = []Maker{Boundary{}, Infilling{}}
	_ Sampler                     = Pairs{}
)

// corpus has documents whose tokens are counted through all of them, and whose
// sentences have seven tokens.
type corpus [][]int32

func (c corpus) Len() int               { return len(c) }
func (c corpus) Document(i int) []int32 { return c[i] }

func counted(lengths ...int) corpus {
	var c corpus
	next := int32(100)
	for _, n := range lengths {
		var d []int32
		for range n {
			d = append(d, next)
			next++
		}
		c = append(c, d)
	}
	return c
}

func sevens(ids []int32) (ends []int) {
	for i := 7; i < len(ids); i += 7 {
		ends = append(ends, i)
	}
	if len(ids) > 0 {
		ends = append(ends, len(ids))
	}
	return ends
}

func testPairs() Pairs {
	m := masking(Tokens)
	m.Vocab = 1 << 20
	return Pairs{
		Masked: Masked{Masking: m, Begin: testCLS, End: testSEP},
		Cut:    sevens, Short: 0.1, Copies: 3,
	}
}

func sampled(t *testing.T, o Pairs, c Corpus, seed uint64) *pairs {
	t.Helper()
	s, err := o.Samples(c, 64, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*pairs)
}

// text puts the targets back, and returns both parts.
func parted(t *testing.T, e Example) (a, b []int32) {
	t.Helper()
	ids := slices.Clone(e.Input)
	for i, id := range e.Target {
		if id != tensor.Ignore {
			ids[i] = id
		}
	}
	split := slices.Index(e.Types, 1)
	if ids[0] != testCLS || ids[split-1] != testSEP || ids[len(ids)-1] != testSEP || slices.Index(e.Types[split:], 0) >= 0 {
		t.Fatalf("%v with types %v is no pair", ids, e.Types)
	}
	return ids[1 : split-1], ids[split : len(ids)-1]
}

// TestPairs: both parts are runs of documents, together no longer than they may be;
// a part that follows does so in the text; half of the second parts are random.
func TestPairs(t *testing.T) {
	c := counted(400, 10, 0, 900, 77, 3, 250)
	s := sampled(t, testPairs(), c, 1)
	random, follows, long := 0, 0, 0
	for range s.plan.pairs {
		e, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		a, b := parted(t, e)
		if len(a) == 0 || len(b) == 0 || len(e.Input) > 64 {
			t.Fatalf("parts of %d and %d tokens", len(a), len(b))
		}
		for _, part := range [][]int32{a, b} {
			if part[len(part)-1]-part[0] != int32(len(part)-1) {
				t.Fatalf("%v is no run of the text", part)
			}
		}
		if random += int(e.Label); e.Label == 0 {
			gap := b[0] - a[len(a)-1] - 1 // what was trimmed at the seam
			if gap < 0 || len(a)+len(b) < 61 && gap != 0 {
				t.Fatalf("%v does not follow %v", b, a)
			}
			follows++
		}
		if len(e.Input) > 56 {
			long++
		}
	}
	n := len(s.plan.pairs)
	near(t, "random", float64(random)/float64(n), 0.5, 0.15)
	if follows == 0 || long < n/2 {
		t.Errorf("%d pairs, %d follow, %d are long", n, follows, long)
	}
}

// TestPairsStatic: an example comes again in the next epoch with the same masks, or
// with others where these are dynamic; copies have masks of their own.
func TestPairsStatic(t *testing.T) {
	for _, dynamic := range []bool{false, true} {
		o := testPairs()
		o.Dynamic = dynamic
		s := sampled(t, o, counted(400, 300), 1)
		n, alike := len(s.plan.pairs), 0
		epochs := [2]map[string]bool{{}, {}}
		for i := range epochs {
			for range n {
				e, err := s.Next()
				if err != nil {
					t.Fatal(err)
				}
				epochs[i][fmt.Sprint(e)] = true
			}
		}
		for e := range epochs[0] {
			if epochs[1][e] {
				alike++
			}
		}
		if len(epochs[0]) != n || !dynamic && alike != n || dynamic && alike > n/4 {
			t.Errorf("dynamic %v: %d of %d examples come again alike, of %d different", dynamic, alike, n, len(epochs[0]))
		}
	}
}

func TestPairsRestore(t *testing.T) {
	c := counted(400, 300)
	s := sampled(t, testPairs(), c, 1)
	n := 2*len(s.plan.pairs) + 3
	var whole []Example
	var states [][]byte
	for range n {
		saved, err := s.State()
		if err != nil {
			t.Fatal(err)
		}
		e, _ := s.Next()
		whole, states = append(whole, e), append(states, saved)
	}
	for i, saved := range states {
		s := sampled(t, testPairs(), c, 1)
		if err := s.Restore(saved); err != nil {
			t.Fatal(err)
		}
		if e, _ := s.Next(); !same(e, whole[i]) {
			t.Fatalf("restored before example %d, another comes", i)
		}
	}
	for _, bad := range []string{"", `{"epoch":-1}`, `{"at":100000}`} {
		if err := s.Restore([]byte(bad)); err == nil {
			t.Errorf("state %q is taken", bad)
		}
	}
	var _ data.Stream[Example] = s
	if _, err := testPairs().Samples(counted(0), 64, 1); err == nil {
		t.Error("pairs of no text")
	}
}

func TestSentences(t *testing.T) {
	v := vocabulary(t, "bert/testdata/bert")
	ids := v.Encode(`the cat. "who?" she said! no`)
	var got []string
	first := 0
	for _, end := range v.Sentences.Cut(ids) {
		got, first = append(got, v.Decode(ids[first:end])), end
	}
	if len(got) != 4 || !strings.HasSuffix(got[0], ".") || !strings.HasSuffix(got[1], `"`) {
		t.Errorf("sentences %q", got)
	}
}

// TestBoundary: each token of a span within the text is predicted from its
// neighbours, up to Most of them.
func TestBoundary(t *testing.T) {
	no := tensor.Ignore
	o := Boundary{Most: 2}
	batch := []Example{{Target: []int32{5, no, 6, 7, 8, no}}, {Target: []int32{no, 9, no, no, 4}}}
	s, target := o.spans(batch, 6)
	if !slices.Equal(s.Left, []int{1, 1, 6}) || !slices.Equal(s.Right, []int{5, 5, 8}) ||
		!slices.Equal(s.Place, []int32{0, 1, 0}) || !slices.Equal(target, []int32{6, 7, 9}) {
		t.Errorf("%+v %v", s, target)
	}
	for i, want := range [][]int{{4, 2}, {2, 1}} {
		if got := o.Count(batch[i]); !slices.Equal(got, want) {
			t.Errorf("example %d has %v targets, want %v", i, got, want)
		}
	}
}

// filler cuts texts of runes, which are their own tokens.
func filler() Infilling {
	return Infilling{
		Rate: 0.9, SPM: 0.5, Begin: -1, Prefix: 1, Suffix: 2, Mid: 3, End: 4,
		Encode: func(text string) []int32 { return []int32(text) },
		Decode: func(ids []int32) string { return string(ids) },
	}
}

// TestInfilling: the parts put back give the text; as many texts are cut as Rate
// says, half of them with the suffix first; cuts lie anywhere.
func TestInfilling(t *testing.T) {
	o, r, text := filler(), Rand(1, 0, 0), []rune("fünf → 10 lines")
	var whole, psm, spm float64
	cuts := make([]float64, len(text)+1)
	const n = 4000
	for range n {
		e := o.Example(r, Text{IDs: text})
		ids := append(slices.Clone(e.Input), e.Target[len(e.Target)-1])
		if ids[len(ids)-1] != 4 || !slices.Equal(ids[1:], e.Target) {
			t.Fatalf("%v does not end as it should", ids)
		}
		ids = ids[:len(ids)-1]
		var back []int32
		suffix, mid := slices.Index(ids, 2), slices.Index(ids, 3)
		switch {
		case ids[0] != 1:
			whole, back = whole+1, ids
		case suffix == 1:
			spm++
			back = slices.Concat(ids[mid+1:], ids[2:mid])
		default:
			psm++
			cuts[suffix-1]++
			back = slices.Concat(ids[1:suffix], ids[mid+1:], ids[suffix+1:mid])
		}
		if !slices.Equal(back, text) {
			t.Fatalf("%q does not make the text", string(ids))
		}
	}
	near(t, "cut", 1-whole/n, 0.9, 0.02)
	m := float64(len(cuts))
	lesser := func(i int) float64 { return (2*(m-float64(i)) - 1) / (m * m) } // of two uniform places
	near(t, "suffix first", spm/(spm+psm), 0.5+lesser(0)/2, 0.03)             // both forms are one without a prefix
	for i, c := range cuts[1:] {
		near(t, fmt.Sprintf("prefix of %d", i+1), c/psm, lesser(i+1)/(1-lesser(0)), 0.02)
	}
}

// TestInfillingTokens: parts of a real vocabulary decode to the text.
func TestInfillingTokens(t *testing.T) {
	v := vocabulary(t, "gpt/testdata/gpt2")
	o := filler()
	o.Encode, o.Decode, o.EncodeOn = v.Encode, v.Decode, v.EncodeOn
	o.Prefix, o.Suffix, o.Mid, o.End = 1001, 1002, 1003, 1004
	text := v.Encode("The cats sat on the mat, and the dog was not amused.")
	for i := range 200 {
		e := o.Example(Rand(1, 0, i), Text{IDs: text})
		ids := e.Target
		if e.Input[0] != 1001 {
			continue
		}
		suffix, mid := slices.Index(ids, 1002), slices.Index(ids, 1003)
		back := v.Decode(ids[:suffix]) + v.Decode(ids[mid+1:len(ids)-1]) + v.Decode(ids[suffix+1:mid])
		if suffix == 0 {
			back = v.Decode(ids[mid+1:len(ids)-1]) + v.Decode(ids[1:mid])
		}
		if back != v.Decode(text) {
			t.Fatalf("%q does not make the text", back)
		}
	}
}
