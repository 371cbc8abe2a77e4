package train

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// The settings of SentencePiece's trainer, which always drops a quarter.
const (
	defaultCoverage = 0.9995
	longestPiece    = 16
	shrink          = 0.75 // of the pieces are left by one round
	gentle          = 0.95 // where they are less than twice those that are wanted
	surplus         = 1.1  // times the size of the vocabulary are left by the last
	subIterations   = 2    // of expectation and maximisation in each round
	rarest          = 0.5  // occurrences that are expected of a piece that stays
)

// learnUnigram fits a unigram model (Kudo 2018), as SentencePiece does: it starts
// from the frequent substrings, fits their probabilities by expectation and
// maximisation, and drops those that are missed least, until there are few enough.
func (v *Vocabulary) learnUnigram(ctx context.Context, c *Config, w *words) error {
	f := fitter{ctx: ctx, config: c, threads: c.threads()}
	coverage, longest := c.Coverage, c.MaxTokenLength
	if coverage == 0 {
		coverage = defaultCoverage
	}
	if longest == 0 {
		longest = longestPiece
	}
	c.report(Seeding, 0, 1)
	f.spelling = newSpelling(w, c.Alphabet, coverage)
	fixed := c.fixed()
	f.size = c.VocabSize - len(fixed.tokens)
	if chars := len(f.chars) - letters; f.size < chars || f.size < 1 {
		return fmt.Errorf("vocab-size %d: smaller than the special tokens and the alphabet, which are %d tokens (see coverage)", c.VocabSize, len(fixed.tokens)+chars)
	}
	f.words = f.spell(w)
	start := f.seeds(f.words, longest, f.each)
	c.report(Seeding, 1, 1)
	p, err := f.fit(start)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	list := f.final(p)
	if len(list) < f.size {
		return fmt.Errorf("vocab-size %d: the corpus gives no more than %d tokens", c.VocabSize, len(fixed.tokens)+len(list))
	}
	v.Tokens = fixed.tokens
	v.Scores = make([]float64, len(fixed.tokens), c.VocabSize)
	for _, t := range list {
		v.Tokens, v.Scores = append(v.Tokens, t.text), append(v.Scores, t.score)
	}
	return nil
}

// fitter fits a unigram model to words.
type fitter struct {
	ctx    context.Context // once it is done, work is left undone
	config *Config
	*spelling
	words   *spelled
	size    int // pieces that are wanted
	threads int
}

// fit returns pieces that are a little more than wanted.
func (f *fitter) fit(p *pieces) (*pieces, error) {
	wanted := int(float64(f.size) * surplus)
	left := func(n int) int {
		if n > 2*wanted {
			return int(shrink * float64(n))
		}
		return max(wanted, int(gentle*float64(n)))
	}
	rounds := int64(1)
	for n := p.len(); n > wanted; n = left(n) {
		rounds++
	}
	for done := int64(0); ; done++ {
		f.config.report(Fitting, min(done, rounds), rounds)
		for range subIterations {
			m := newModel(p, len(f.chars))
			expected := f.expect(m)
			if err := f.ctx.Err(); err != nil {
				return nil, err
			}
			p = maximize(p, expected)
		}
		if p.len() <= wanted {
			f.config.report(Fitting, rounds, rounds)
			return p, nil
		}
		before := p.len()
		if p = f.prune(p, left(before)); p.len() == before {
			return p, nil // nothing can be spared
		}
	}
}

// each calls do with 0 to n-1, on all threads.
func (f *fitter) each(n int, do func(int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range f.threads {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && f.ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// expect returns how often each piece is expected in the corpus.
func (f *fitter) expect(m *model) []float64 {
	sums := f.count(m, func(l *lattice, i int, counts []int64) {
		l.expect(m, f.words.word(i), f.words.counts[i], counts)
	})
	expected := make([]float64, len(sums))
	for i, n := range sums {
		expected[i] = float64(n) / unit
	}
	return expected
}

// count adds up what add counts of each piece in each word.
func (f *fitter) count(m *model, add func(l *lattice, word int, counts []int64)) []int64 {
	// What a thread needs lies here while no thread has it.
	type memory struct {
		lattice
		counts []int64
	}
	spare := make(chan *memory, f.threads)
	for range f.threads {
		spare <- &memory{counts: make([]int64, m.len())}
	}
	const part = 512
	n := len(f.words.counts)
	f.each((n+part-1)/part, func(i int) {
		mine := <-spare
		for i *= part; i < n; i++ {
			add(&mine.lattice, i, mine.counts)
			if (i+1)%part == 0 {
				break
			}
		}
		spare <- mine
	})
	counts := (<-spare).counts
	for range f.threads - 1 {
		for i, n := range (<-spare).counts {
			counts[i] += n
		}
	}
	return counts
}

// maximize returns the pieces that are expected often enough with their new
// probabilities: a Dirichlet process as prior makes the rare ones rarer (Liang and
// Klein 2007).
func maximize(p *pieces, expected []float64) *pieces {
	out := &pieces{}
	sum := 0.0
	for i, n := range expected {
		if n >= rarest {
			out.add(p.at(i), n)
			sum += n
		}
	}
	if out.len() == 0 {
		return p // so little text that each piece is but one way of many
	}
	logSum := digamma(sum)
	for i, n := range out.scores {
		out.scores[i] = digamma(n) - logSum
	}
	return out
}

// digamma is the derivative of the logarithm of the gamma function, by its
// asymptotic series.
func digamma(x float64) float64 {
	result := 0.0
	for ; x < 7; x++ {
		result -= 1 / x
	}
	x -= 0.5
	y := 1 / (x * x)
	return result + math.Log(x) + y*(1.0/24-y*(7.0/960-y*(31.0/8064-y*(127.0/30720))))
}

// loss is what the corpus becomes less likely by when a piece is dropped.
type loss struct {
	piece int32
	value float64
}

// prune keeps n pieces: those that nothing can stand for, and those that the
// likelihood would lose most by.
func (f *fitter) prune(p *pieces, n int) *pieces {
	m := newModel(p, len(f.chars))
	freq := f.count(m, func(l *lattice, i int, counts []int64) {
		path, _, _ := l.viterbi(m, f.words.word(i), -1)
		for _, piece := range path {
			if piece >= 0 {
				counts[piece] += f.words.counts[i]
			}
		}
	})
	losses := f.losses(m, freq)
	keep := make([]bool, p.len())
	kept := 0
	var rest []loss
	for i, x := range losses {
		switch {
		case math.IsInf(x, 1):
			keep[i] = true
			kept++
		case !math.IsInf(x, -1):
			rest = append(rest, loss{int32(i), x})
		}
	}
	slices.SortFunc(rest, func(a, b loss) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.piece, b.piece))
	})
	for _, x := range rest[:min(len(rest), max(0, n-kept))] {
		keep[x.piece] = true
	}
	out := &pieces{}
	for i := range keep {
		if keep[i] {
			out.add(p.at(i), p.scores[i])
		}
	}
	return out
}

// losses returns what dropping each piece would cost, with its next best spelling
// in its place: infinite for one that has none, minus infinite for one that no text
// would become.
func (f *fitter) losses(m *model, freq []int64) []float64 {
	var sum float64
	for _, n := range freq {
		sum += float64(n)
	}
	logSum := math.Log(sum)
	losses := make([]float64, m.len())
	const part = 1024
	f.each((m.len()+part-1)/part, func(k int) {
		var l lattice
		for i := k * part; i < min(m.len(), (k+1)*part); i++ {
			losses[i] = m.loss(&l, int32(i), freq, sum, logSum)
		}
	})
	return losses
}

func (m *model) loss(l *lattice, i int32, freq []int64, sum, logSum float64) float64 {
	path, score, ok := l.viterbi(m, m.at(int(i)), i)
	n := float64(freq[i])
	switch {
	case ok && score > m.scores[i], n == 0:
		return math.Inf(-1)
	case !ok || slices.Contains(path, -1):
		return math.Inf(1)
	}
	// All that the piece stood for goes to the pieces of the other spelling.
	logAlt := math.Log(sum + n*float64(len(path)-1))
	alt := 0.0
	for _, p := range path {
		alt += math.Log(float64(freq[p])+n) - logAlt
	}
	return n * (math.Log(n) - logSum - alt)
}

// scored is a token with its log-probability.
type scored struct {
	text  string
	score float64
}

// final returns the characters and the most likely other pieces, the most likely
// first.
func (f *fitter) final(p *pieces) []scored {
	var chars, rest []scored
	has := make([]bool, len(f.chars))
	for i := range p.len() {
		t := scored{f.text(p.at(i)), p.scores[i]}
		if c := p.at(i); len(c) == 1 {
			has[c[0]] = true
			chars = append(chars, t)
		} else {
			rest = append(rest, t)
		}
	}
	// Characters that no piece is left of are the least likely, and rarer ones less so.
	lowest := p.lowest()
	for c := letters; c < len(has); c++ {
		if !has[c] {
			lowest -= 0.0001
			chars = append(chars, scored{string(f.chars[c]), lowest})
		}
	}
	byScore := func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.text, b.text)) }
	slices.SortFunc(rest, byScore)
	list := append(chars, rest[:min(len(rest), f.size-len(chars))]...)
	slices.SortFunc(list, byScore)
	return list
}
