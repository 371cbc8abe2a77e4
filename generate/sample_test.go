package generate

import (
	"cmp"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// TestProcessorsEqualReference holds penalties and filters to what transformers'
// logits processors made of the same scores.
func TestProcessorsEqualReference(t *testing.T) {
	data, err := os.ReadFile("testdata/process.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Options struct {
			Bias              map[int32]float32
			RepetitionPenalty float64 `json:"repetition_penalty"`
			NoRepeatNGram     int     `json:"no_repeat_ngram"`
			MinTokens         int     `json:"min_tokens"`
			Temperature       float64
			TopK              int     `json:"top_k"`
			TopP              float64 `json:"top_p"`
			MinP              float64 `json:"min_p"`
			Typical           float64
			Epsilon, Eta      float64
		}
		IDs    []int32
		Logits []float32
		Want   []*float32
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		o := Options{
			Bias: c.Options.Bias, RepetitionPenalty: c.Options.RepetitionPenalty, NoRepeatNGram: c.Options.NoRepeatNGram,
			MinTokens: c.Options.MinTokens, Temperature: c.Options.Temperature, TopK: c.Options.TopK, TopP: c.Options.TopP,
			MinP: c.Options.MinP, Typical: c.Options.Typical, Epsilon: c.Options.Epsilon, Eta: c.Options.Eta, EOS: []int32{3, 9},
		}
		if o.Temperature == 0 {
			o.Temperature = 1
		}
		if err := o.Check(len(c.Logits)); err != nil {
			t.Fatal(err)
		}
		s := samplerFor(&o, len(c.Logits))
		o.process(history{c.IDs, 20}, c.Logits, s.marks)
		s.filter(c.Logits)
		got := slices.Repeat([]float32{negInf}, len(c.Want))
		want := slices.Clone(got)
		for _, x := range s.cands {
			got[x.id] = x.logit
		}
		for j, w := range c.Want {
			if w != nil {
				want[j] = *w
			}
		}
		if i%3 == 1 { // equal scores: which of them a filter drops is not defined
			slices.Sort(got)
			slices.Sort(want)
		}
		for j, w := range want {
			if (w == negInf) != (got[j] == negInf) || math.Abs(float64(got[j]-w)) > 1e-5*math.Max(1, math.Abs(float64(w))) {
				t.Errorf("case %d %+v: %d has %v, want %v", i, c.Options, j, got[j], w)
				break
			}
		}
		if slices.ContainsFunc(s.marks, func(m int32) bool { return m != 0 }) {
			t.Errorf("case %d: marks are left", i)
		}
	}
	t.Logf("%d cases", len(cases))
}

func TestFrequencyCountsWhatWasMade(t *testing.T) {
	o := Options{PresencePenalty: 0.5, FrequencyPenalty: 0.25}
	logits := make([]float32, 5)
	o.process(history{[]int32{1, 1, 2, 3, 3, 3, 4}, 3}, logits, make([]int32, 5))
	if want := []float32{0, 0, 0, -1.25, -0.75}; !slices.Equal(logits, want) {
		t.Errorf("scores %v, want %v", logits, want)
	}
}

// TestTopPOfLargeVocabulary holds the selection to sorting everything.
func TestTopPOfLargeVocabulary(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for round := range 60 {
		o := Options{Temperature: 1, TopP: []float64{0.01, 0.3, 0.9, 0.9999, 1e-30}[round%5]}
		logits := make([]float32, 1+r.IntN(3000))
		for i := range logits {
			if logits[i] = float32(r.NormFloat64() * float64(round%7)); round%3 == 0 {
				logits[i] = float32(math.Round(float64(logits[i])))
			}
		}
		s := samplerFor(&o, len(logits))
		s.filter(logits)
		got := len(s.cands)
		least := slices.MinFunc(s.cands, func(a, b candidate) int { return cmp.Compare(a.logit, b.logit) }).logit
		slices.Sort(logits)
		sum, n, mass := logSum(logits), 0, 0.0
		for n < len(logits)-1 {
			if mass += math.Exp(float64(logits[n]) - sum); mass > 1-o.TopP {
				break
			}
			n++
		}
		if got != len(logits)-n || least != logits[n] {
			t.Errorf("round %d, top_p %v of %d: %d kept down to %v, want %d to %v", round, o.TopP, len(logits), got, least, len(logits)-n, logits[n])
		}
	}
}

func TestDrawFollowsProbabilities(t *testing.T) {
	o := Options{Temperature: 1, Seed: 7}
	s := samplerFor(&o, 4)
	want := []float64{0.5, 0.25, 0.2, 0.05}
	counts := make([]float64, 4)
	const n = 40000
	for range n {
		logits := make([]float32, 4)
		for i, p := range want {
			logits[i] = float32(math.Log(p))
		}
		id, err := s.next(history{}, logits)
		if err != nil {
			t.Fatal(err)
		}
		counts[id]++
	}
	chi := 0.0
	for i, p := range want {
		chi += (counts[i] - n*p) * (counts[i] - n*p) / (n * p)
	}
	if chi > 16.27 { // 0.1 % for 3 degrees of freedom
		t.Errorf("counts %v: chi squared %v", counts, chi)
	}
}

func TestSeedDecides(t *testing.T) {
	run := func(seed uint64) []int32 {
		o := Options{Temperature: 1, TopP: 0.95, Seed: seed}
		s := samplerFor(&o, 100)
		r := rand.New(rand.NewPCG(1, 2))
		var out []int32
		for range 50 {
			logits := make([]float32, 100)
			for i := range logits {
				logits[i] = float32(r.NormFloat64())
			}
			id, _ := s.next(history{}, logits)
			out = append(out, id)
		}
		return out
	}
	if !slices.Equal(run(3), run(3)) {
		t.Error("one seed gave two texts")
	}
	if slices.Equal(run(3), run(4)) {
		t.Error("two seeds gave one text")
	}
}

func TestNothingLeftIsAnError(t *testing.T) {
	nan := float32(math.NaN())
	for _, temperature := range []float64{0, 1} {
		for _, logits := range [][]float32{{negInf, negInf}, {nan, nan}} {
			o := Options{Temperature: temperature}
			if id, err := samplerFor(&o, 2).next(history{}, slices.Clone(logits)); err == nil {
				t.Errorf("temperature %v chose %d of %v", temperature, id, logits)
			}
		}
	}
}

func TestCheckNamesTheOption(t *testing.T) {
	for name, o := range map[string]Options{
		"max_tokens":     {MaxTokens: -1},
		"temperature":    {Temperature: math.NaN()},
		"top_p":          {TopP: 1.5},
		"top_k":          {TopK: -2},
		"bias":           {Bias: map[int32]float32{10: 1}},
		"stop":           {Stop: []string{""}},
		"beams":          {Beams: 2, Temperature: 1},
		"early_stopping": {Beams: 2, EarlyStopping: "often"},
	} {
		if err := o.Check(10); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestStopperAgainstWholeText(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 3000 {
		var text strings.Builder
		for range r.IntN(30) {
			text.WriteString([]string{"a", "b", "é", "ab", "\n"}[r.IntN(5)])
		}
		stops := []string{"ab\n", "bé", "aaa"}[:r.IntN(4)]
		want, whole := text.String(), text.String()
		first := -1
		for _, s := range stops {
			if i := strings.Index(whole, s); i >= 0 && (first < 0 || i < first) {
				first = i
			}
		}
		if first >= 0 {
			want = whole[:first]
		}
		s := stopper{stops: stops}
		got, stop := "", ""
		for _, c := range whole {
			var out string
			if out, stop = s.push(string(c)); true {
				got += out
			}
			if stop != "" {
				break
			}
			if !strings.HasPrefix(want, got) {
				t.Fatalf("%q with stops %q: %q went out, want only of %q", whole, stops, got, want)
			}
		}
		if stop == "" {
			got += s.flush()
		}
		if got != want || (stop != "") != (first >= 0) {
			t.Fatalf("%q with stops %q: %q, stop %q; want %q", whole, stops, got, stop, want)
		}
	}
}

func BenchmarkSample(b *testing.B) {
	for name, o := range map[string]Options{
		"greedy": {}, "top_p": {Temperature: 1, TopP: 0.95}, "top_p flat": {Temperature: 1, TopP: 0.95}, "top_k": {Temperature: 1, TopK: 40}, "all": {Temperature: 1},
	} {
		b.Run(name, func(b *testing.B) {
			const vocab = 151936
			r := rand.New(rand.NewPCG(1, 1))
			logits := make([]float32, vocab)
			for i := range logits {
				logits[i] = float32(3 * r.NormFloat64())
			}
			if strings.HasSuffix(name, "flat") {
				kernel.Scale(logits, 0.1, logits)
			}
			s, work := samplerFor(&o, vocab), make([]float32, vocab)
			b.ReportAllocs()
			for b.Loop() {
				copy(work, logits)
				if _, err := s.next(history{}, work); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// samplerFor returns a sampler that chooses by o.
func samplerFor(o *Options, vocab int) *sampler {
	s := newSampler(vocab)
	s.begin(o)
	return s
}
