package train

import (
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// fromTexts returns words with their counts.
func fromTexts(counts map[string]int64) *words {
	w := &words{}
	for text, n := range counts {
		w.add([]byte(text), n)
	}
	return w
}

// TestSeeds: by their definition, substrings that occur twice and cannot be
// lengthened to the right without occurring less often.
func TestSeeds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 200 {
		counts := map[string]int64{}
		for range 1 + rng.IntN(12) {
			var b strings.Builder
			for range 1 + rng.IntN(9) {
				b.WriteByte(byte('a' + rng.IntN(2+round%3)))
			}
			counts[b.String()] += 1 + rng.Int64N(3)
		}
		longest := 2 + rng.IntN(6)
		f := fitter{ctx: t.Context(), threads: 2}
		occurs := map[string]float64{}
		for word, n := range counts {
			for i := range word {
				for j := i + 1; j <= len(word); j++ {
					occurs[word[i:j]] += float64(n)
				}
			}
		}
		want := map[string]float64{}
		for s, n := range occurs {
			right := 0.0
			for c := 'a'; c < 'a'+5; c++ {
				right = max(right, occurs[s+string(c)])
			}
			if n >= 2 && len(s) >= 2 && len(s) <= longest && right < n {
				want[s] = n * float64(len(s))
			}
		}
		w := fromTexts(counts)
		s := newSpelling(w, nil, 1)
		spelt := s.spell(w)
		got := map[string]float64{}
		for _, x := range substrings(spelt, longest, f.each) {
			text := s.text(spelt.text[x.at : x.at+x.length])
			if got[text] != 0 {
				t.Errorf("%s comes twice", text)
			}
			got[text] = x.score
		}
		if len(got) != len(want) {
			t.Errorf("%v: %d seeds %v, want %d %v", counts, len(got), got, len(want), want)
		}
		for text, score := range want {
			if got[text] != score {
				t.Errorf("%v: %s scores %g, want %g", counts, text, got[text], score)
			}
		}
	}
}

// ways calls f with each way to write word and its log-probability.
func ways(m *model, word []int32, f func(path []int32, score float64)) {
	var go1 func(i int, path []int32, score float64)
	go1 = func(i int, path []int32, score float64) {
		if i == len(word) {
			f(path, score)
			return
		}
		single := false
		for p := range m.len() {
			if piece := m.at(p); len(piece) <= len(word)-i && slices.Equal(piece, word[i:i+len(piece)]) {
				single = single || len(piece) == 1
				go1(i+len(piece), append(slices.Clip(path), int32(p)), score+m.scores[p])
			}
		}
		if !single {
			go1(i+1, append(slices.Clip(path), -1), score+m.unknown)
		}
	}
	go1(0, nil, 0)
}

// TestLattice: expectations and the best way are those of all ways written out,
// also where probabilities are too small for a float64.
func TestLattice(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for round := range 100 {
		p := &pieces{}
		var list [][]int32
		for range 3 + rng.IntN(10) {
			var piece []int32
			for range 1 + rng.IntN(3) {
				piece = append(piece, letters+rng.Int32N(3))
			}
			list = append(list, piece)
		}
		slices.SortFunc(list, slices.Compare)
		list = slices.CompactFunc(list, slices.Equal)
		low := []float64{-3, -40, -120}[round%3]
		for _, piece := range list {
			p.add(piece, low*(0.1+rng.Float64()))
		}
		m := newModel(p, letters+3)
		var word []int32
		for range 1 + rng.IntN(8) {
			word = append(word, letters+rng.Int32N(3))
		}
		best, total := math.Inf(-1), 0.0
		var bestPath []int32
		ways(m, word, func(path []int32, score float64) {
			if score > best {
				best, bestPath = score, slices.Clone(path)
			}
		})
		want := make([]float64, p.len())
		ways(m, word, func(path []int32, score float64) {
			weight := math.Exp(score - best)
			total += weight
			for _, id := range path {
				if id >= 0 {
					want[id] += 7 * weight
				}
			}
		})
		var l lattice
		path, score, ok := l.viterbi(m, word, -1)
		path = slices.Clone(path)
		slices.Reverse(path)
		if !ok || math.Abs(score-best) > 1e-9*math.Abs(best) || score == best && !slices.Equal(path, bestPath) && uniqueBest(m, word, best) {
			t.Errorf("viterbi = %v %g, want %v %g", path, score, bestPath, best)
		}
		got := make([]int64, p.len())
		l.expect(m, word, 7, got)
		for id := range got {
			if x := float64(got[id]) / unit; math.Abs(x-want[id]/total) > 1e-5 {
				t.Errorf("round %d: piece %v is expected %g times, want %g", round, p.at(id), x, want[id]/total)
			}
		}
	}
}

func uniqueBest(m *model, word []int32, best float64) bool {
	n := 0
	ways(m, word, func(_ []int32, score float64) {
		if best-score < 1e-9 {
			n++
		}
	})
	return n == 1
}

// TestDigamma: against its values at 1, 1/2 and by its recurrence.
func TestDigamma(t *testing.T) {
	const euler = 0.57721566490153286
	for x, want := range map[float64]float64{1: -euler, 0.5: -euler - 2*math.Ln2, 2: 1 - euler, 100: 4.600161852738087} {
		if got := digamma(x); math.Abs(got-want) > 1e-9 {
			t.Errorf("digamma(%g) = %.12g, want %.12g", x, got, want)
		}
	}
}

// TestValid: SentencePiece's rules for pieces.
func TestValid(t *testing.T) {
	w := fromTexts(map[string]int64{"▁abйяの漢カ12éー\u0301,.": 1})
	s := newSpelling(w, nil, 1)
	for text, want := range map[string]bool{
		"ab": true, "▁ab": true, "a▁b": false, "▁▁": false, "aй": false, "йя": true, "の漢カー": true, "a1": false, "12": true,
		"e": false, "a\u0301b": true, "a,": false, ",.": true, "1,": true, "▁1": true, "": true,
	} {
		var piece []int32
		for _, r := range text {
			piece = append(piece, max(s.numbers[r], uncovered))
		}
		if got := s.valid(piece); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestUnigramSize: exactly as many tokens as asked for, and shorter texts with more
// of them.
func TestUnigramSize(t *testing.T) {
	text := File("testdata/corpus/words.txt")
	before := math.MaxInt
	for _, size := range []int{60, 100, 300, 600} {
		c := mustPreset(t, "t5")
		c.VocabSize = size
		v := mustTrain(t, c, text)
		k, err := v.Tokenizer()
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Tokens) != size || k.VocabSize() != size {
			t.Errorf("%d tokens, want %d", len(v.Tokens), size)
		}
		n := len(k.Encode(string(mustRead(t, text)), tokenizer.Bare))
		if n >= before {
			t.Errorf("%d tokens of %d, %d with a smaller vocabulary", n, size, before)
		}
		before = n
	}
}

func mustRead(t testing.TB, s Source) []byte {
	t.Helper()
	f, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, f); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}
