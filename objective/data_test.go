package objective

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// What trains what, checked by the compiler.
var (
	_ Objective[model.Decoder]        = Causal{}
	_ Objective[model.Decoder]        = Prefix{}
	_ Objective[model.MaskedLM]       = Masked{}
	_ Objective[model.EncoderDecoder] = SpanCorruption{}

	_ = []Maker{Causal{}, Prefix{}, Masked{}, SpanCorruption{}}
)

// Ids of the tests: text from 100 on, every third word has a second token.
const (
	testCLS, testSEP, testMask, testPad = 1, 2, 3, 0
	testVocab                           = 1000
)

func testSpecial(id int32) bool { return id < 100 }

func testContinues(id int32) bool { return id%3 == 2 }

func testText(r *rand.Rand, n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = 100 + r.Int32N(testVocab-100)
	}
	return ids
}

func masking(unit Unit) Masking {
	return Masking{
		Rate: 0.15, Unit: unit, Keep: 0.1, Random: 0.1, Mask: testMask, Vocab: testVocab,
		Special: testSpecial, Continues: testContinues, Geometric: 0.2, LongestSpan: 10,
	}
}

// near fails unless got lies within tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %.4f, want %.4f within %v", what, got, want, tolerance)
	}
}

// TestMasking: as much is hidden as the rate says, shared out 80/10/10, never a
// special token; what is no target stands as it stood; the targets are the text.
func TestMasking(t *testing.T) {
	for name, m := range map[string]Masking{
		"tokens": masking(Tokens), "words": masking(Words), "spans": masking(Spans),
		"dither": {Rate: 0.15, Dither: true, Keep: 0.1, Random: 0.1, Mask: testMask, Vocab: testVocab},
	} {
		t.Run(name, func(t *testing.T) {
			r := Rand(1, 0, 0)
			var all, hidden, masked, random, kept float64
			for range 400 {
				ids := append(append([]int32{testCLS}, testText(r, 62+r.IntN(70))...), testSEP)
				input, target := m.Apply(r, ids)
				n := 0.0
				for i, id := range ids {
					switch {
					case target[i] == tensor.Ignore:
						if input[i] != id {
							t.Fatalf("token %d is no target and became %d", id, input[i])
						}
						continue
					case target[i] != id || m.Special != nil && m.Special(id):
						t.Fatalf("token %d has the target %d", id, target[i])
					case input[i] == testMask:
						masked++
					case input[i] == id:
						kept++
					default:
						random++
					}
					n++
				}
				if want := 0.15 * float64(len(ids)); math.Abs(n-want) > 2 {
					t.Fatalf("%v of %d tokens are hidden, want %.1f", n, len(ids), want)
				}
				hidden, all = hidden+n, all+float64(len(ids))
			}
			near(t, "rate", hidden/all, 0.15, 0.005)
			near(t, "masked", masked/hidden, 0.8, 0.03)
			near(t, "random", random/hidden, 0.1, 0.02)
			near(t, "kept", kept/hidden, 0.1, 0.02)
		})
	}
}

func TestMaskingMost(t *testing.T) {
	m := masking(Tokens)
	m.Most = 5
	_, target := m.Apply(Rand(1, 0, 0), testText(Rand(1, 0, 1), 400))
	if n := count(target); n != 5 {
		t.Errorf("%d targets, want 5", n)
	}
}

// TestWholeWords: the tokens of a word are all targets or none is.
func TestWholeWords(t *testing.T) {
	r := Rand(2, 0, 0)
	for range 200 {
		ids := testText(r, 100)
		_, target := masking(Words).Apply(r, ids)
		for i := 1; i < len(ids); i++ {
			if testContinues(ids[i]) && (target[i] == tensor.Ignore) != (target[i-1] == tensor.Ignore) {
				t.Fatalf("a word is cut before token %d", i)
			}
		}
	}
}

// TestSpanLengths: lengths follow the renormalised geometric distribution, whose
// mean is 3.797 for SpanBERT's numbers; a longer text is hidden in runs, each
// replaced as one.
func TestSpanLengths(t *testing.T) {
	m, r := masking(Spans), Rand(3, 0, 0)
	counts, sum := make([]float64, 11), 0.0
	const n = 200000
	for range n {
		length := m.length(r)
		counts[length]++
		sum += float64(length)
	}
	near(t, "mean", sum/n, 3.797, 0.03)
	for i, want := range []float64{0.2241, 0.1792, 0.1434, 0.1147, 0.0918, 0.0734, 0.0587, 0.0470, 0.0376, 0.0301} {
		near(t, fmt.Sprintf("spans of %d", i+1), counts[i+1]/n, want, 0.005)
	}
	for range 100 {
		ids := testText(r, 300)
		input, target := m.Apply(r, ids)
		for i := 1; i < len(ids); i++ {
			if target[i] != tensor.Ignore && target[i-1] != tensor.Ignore && (input[i] == testMask) != (input[i-1] == testMask) {
				t.Fatalf("a span is part mask, part not, at %d", i)
			}
		}
	}
}

// restored puts back what each sentinel hides.
func restored(t *testing.T, o SpanCorruption, e Example) []int32 {
	t.Helper()
	hidden, at := map[int32][]int32{}, int32(-1)
	for _, id := range e.Target[:len(e.Target)-1] {
		if slices.Contains(o.Sentinels, id) {
			at = id
		} else {
			hidden[at] = append(hidden[at], id)
		}
	}
	var back []int32
	for _, id := range e.Input[:len(e.Input)-1] {
		if slices.Contains(o.Sentinels, id) {
			back = append(back, hidden[id]...)
		} else {
			back = append(back, id)
		}
	}
	if e.Input[len(e.Input)-1] != o.End || e.Target[len(e.Target)-1] != o.End {
		t.Fatalf("%v and %v do not end with %d", e.Input, e.Target, o.End)
	}
	return back
}

func corruption() SpanCorruption {
	o := SpanCorruption{Density: 0.15, Mean: 3, End: 1}
	for i := range int32(100) {
		o.Sentinels = append(o.Sentinels, 32099-i)
	}
	return o
}

// TestSpanCorruption: sentinels put back give the text, and as much is hidden, in
// as many spans, as the numbers say.
func TestSpanCorruption(t *testing.T) {
	o := corruption()
	for n := 2; n < 600; n++ {
		text := testText(Rand(4, 0, n), n)
		e := o.Example(Rand(5, 0, n), Text{IDs: text})
		if back := restored(t, o, e); !slices.Equal(back, text) {
			t.Fatalf("n=%d: %v and %v do not make the text", n, e.Input, e.Target)
		}
		if input, target := o.Lengths(n); len(e.Input) != input || len(e.Target) != target {
			t.Fatalf("n=%d: lengths %d, %d, want %d, %d", n, len(e.Input), len(e.Target), input, target)
		}
		if e.Input[0] == o.Sentinels[0] {
			t.Fatalf("n=%d: begins with a hidden span", n)
		}
	}
	// The published lengths: 568 tokens make 512 and 114, 1137 make 1024 and 229.
	for _, want := range [][3]int{{512, 568, 114}, {1024, 1137, 229}} {
		n := o.Tokens(want[0])
		input, target := o.Lengths(n)
		if n != want[1] || input != want[0] || target != want[2] {
			t.Errorf("input of %d: %d tokens, target of %d, want %v", input, n, target, want)
		}
	}
}

// TestParts: each way to cut is equally likely, so each part is as long as others.
func TestParts(t *testing.T) {
	r, sums := Rand(6, 0, 0), make([]float64, 4)
	for range 20000 {
		total := 0
		for i, n := range parts(r, 12, 4) {
			sums[i], total = sums[i]+float64(n), total+n
			if n < 1 {
				t.Fatal("an empty part")
			}
		}
		if total != 12 {
			t.Fatalf("parts of 12 have %d in sum", total)
		}
	}
	for i, s := range sums {
		near(t, fmt.Sprintf("part %d", i), s/20000, 3, 0.06)
	}
}

func ExampleSpanCorruption() {
	o := SpanCorruption{Density: 0.3, Mean: 2, Sentinels: []int32{99, 98, 97}, End: 0}
	e := o.Example(Rand(4, 0, 0), Text{IDs: []int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}})
	fmt.Println(e.Input)
	fmt.Println(e.Target)
	// Output:
	// [1 2 3 4 5 6 7 99 9 10 98 0]
	// [99 8 98 11 12 13 0]
}

// TestCausal: targets are the next tokens, and none lies in the next document.
func TestCausal(t *testing.T) {
	e := Causal{}.Example(nil, Text{IDs: []int32{5, 6, 7, 8, 9}, Documents: []int32{0, 0, 1, 1, 1}})
	if want := []int32{6, tensor.Ignore, 8, 9}; !slices.Equal(e.Target, want) || len(e.Input) != 4 {
		t.Errorf("target %v, want %v", e.Target, want)
	}
	if e := (Causal{}).Example(nil, Text{IDs: []int32{5}}); e.Input != nil {
		t.Error("an example of one token")
	}
}

// TestPrefix: only what follows the prefix is predicted, and every length of the
// prefix comes.
func TestPrefix(t *testing.T) {
	seen, r := map[int]bool{}, Rand(7, 0, 0)
	for range 500 {
		e := Prefix{}.Example(r, Text{IDs: []int32{5, 6, 7, 8, 9, 10}})
		seen[e.Visible] = true
		if count(e.Target) != 6-e.Visible || e.Target[4] != 10 {
			t.Fatalf("visible %d: target %v", e.Visible, e.Target)
		}
	}
	if len(seen) != 5 || seen[0] {
		t.Errorf("prefixes %v", seen)
	}
}

// texts is a stream that begins again after its last text.
type texts struct {
	all []Text
	at  int
}

func (s *texts) Next() (Text, error) {
	if s.at == 2*len(s.all) {
		return Text{}, io.EOF
	}
	s.at++
	return s.all[(s.at-1)%len(s.all)], nil
}
func (s *texts) State() ([]byte, error) { return fmt.Appendf(nil, "%d", s.at), nil }
func (s *texts) Restore(b []byte) error { _, err := fmt.Sscan(string(b), &s.at); return err }
func some(n int) data.Stream[Text]      { return &texts{all: someTexts(n)} }
func drawn(s data.Stream[Example]) (all []Example) {
	for {
		e, err := s.Next()
		if err != nil {
			return all
		}
		all = append(all, e)
	}
}

func someTexts(n int) []Text {
	all := make([]Text, n)
	for i := range all {
		all[i].IDs = testText(Rand(8, 0, i), 40)
	}
	return all
}

func same(x, y Example) bool {
	return slices.Equal(x.Input, y.Input) && slices.Equal(x.Target, y.Target) && slices.Equal(x.Documents, y.Documents) &&
		slices.Equal(x.Types, y.Types) && x.Visible == y.Visible && x.Label == y.Label
}

// TestExamples: a text that comes again has other masks; a stream goes on from
// any place as if it had not stopped; another seed gives other examples.
func TestExamples(t *testing.T) {
	m := Masked{Masking: masking(Tokens), Begin: testCLS, End: testSEP}
	whole := drawn(Examples(some(10), m, 1))
	if len(whole) != 20 || same(whole[0], whole[10]) || !slices.Equal(whole[0].Input[:1], []int32{testCLS}) {
		t.Fatalf("%d examples, the first twice alike or unframed", len(whole))
	}
	if other := drawn(Examples(some(10), m, 2)); same(whole[0], other[0]) {
		t.Error("the seed changes nothing")
	}
	for stop := range 21 {
		s := Examples(some(10), m, 1)
		for range stop {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
		saved, err := s.State()
		if err != nil {
			t.Fatal(err)
		}
		s = Examples(some(10), m, 1)
		if err := s.Restore(saved); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(drawn(s), whole[stop:], same) {
			t.Fatalf("restored after %d, the stream goes on otherwise", stop)
		}
	}
	for _, bad := range []string{"", "7", `{"n":-1,"in":0}`, `{"n":1}`} {
		if err := Examples(some(1), m, 1).Restore([]byte(bad)); err == nil {
			t.Errorf("state %q is taken", bad)
		}
	}
}
