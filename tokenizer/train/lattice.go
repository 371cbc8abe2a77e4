package train

import (
	"math"
	"slices"
)

// edge is a piece at a place of a word.
type edge struct{ from, to, piece int32 } // piece -1: an unknown character

// model is a unigram model while it is fitted.
type model struct {
	*pieces
	trie        *trie
	probs       []float64 // exp of scores
	unknown     float64   // score of an unknown character
	unknownProb float64
	longest     int // characters of a piece
}

// unknownPenalty is how far below the least likely piece an unknown character is.
const unknownPenalty = 10

// newModel makes a model of sorted pieces of characters below size.
func newModel(p *pieces, size int) *model {
	m := &model{pieces: p, trie: newTrie(p, size), probs: make([]float64, p.len()), longest: 1}
	for i, s := range p.scores {
		m.probs[i] = math.Exp(s)
		m.longest = max(m.longest, len(p.at(i)))
	}
	m.unknown = m.lowest() - unknownPenalty
	m.unknownProb = math.Exp(m.unknown)
	return m
}

// lowest returns the score of the least likely piece.
func (p *pieces) lowest() float64 { return slices.Min(p.scores) }

// lattice is the memory for one word at a time.
type lattice struct {
	edges       []edge
	alpha, beta []float64
	up, down    []int32 // times that alpha and beta were scaled, by place
	best        []arrival
	path        []int32
}

// arrival is the most likely way to a place.
type arrival struct {
	score float64
	from  int32
	piece int32
}

// build finds the edges of a word, by where they begin.
func (l *lattice) build(m *model, word []int32) {
	l.edges = l.edges[:0]
	for i := range word {
		single := false
		node := m.trie.root[word[i]]
		for j := i; node != 0; {
			j++
			if p := m.trie.piece[node]; p >= 0 {
				l.edges = append(l.edges, edge{int32(i), int32(j), p})
				single = single || j == i+1
			}
			if j == len(word) {
				break
			}
			node = m.trie.step(node, word[j])
		}
		if !single {
			l.edges = append(l.edges, edge{int32(i), int32(i + 1), -1})
		}
	}
}

func (m *model) prob(e edge) float64 {
	if e.piece < 0 {
		return m.unknownProb
	}
	return m.probs[e.piece]
}

// unit is what expectations are counted in: sums of whole numbers are the same in
// any order.
const unit = 1 << 20

// expect adds to counts how often each piece is expected in n occurrences of a
// word, in parts of 1/unit.
func (l *lattice) expect(m *model, word []int32, n int64, counts []int64) {
	l.build(m, word)
	l.forward(m, len(word))
	l.backward(m, len(word))
	end := len(word)
	weight := float64(n) * unit / l.alpha[end]
	for _, e := range l.edges {
		if e.piece < 0 {
			continue
		}
		x := weight * l.alpha[e.from] * m.probs[e.piece] * l.beta[e.to]
		if s := l.up[end] - l.up[e.from] - l.down[e.to]; s != 0 {
			x = math.Ldexp(x, scaleBits*int(s))
		}
		counts[e.piece] += int64(x + 0.5)
	}
}

// Sums of probabilities are multiplied by 2^scaleBits whenever all that are still
// used are below small. No probability is below the inverse of a corpus's size by
// much, so that products with one are above zero.
const (
	scaleBits = 400
	scale     = 1 << 400
	small     = 1.0 / (1 << 400)
)

// forward sums, for each place, over all ways to it from the beginning.
func (l *lattice) forward(m *model, end int) {
	l.alpha, l.up = zeros(l.alpha, end+1), zeros(l.up, end+1)
	l.alpha[0] = 1
	at, times := -1, int32(0)
	arrive := func(i int) {
		at = i
		for window := l.alpha[i : min(i+m.longest, end)+1]; allSmall(window); times++ {
			for k := range window {
				window[k] *= scale
			}
		}
		l.up[i] = times
	}
	for _, e := range l.edges {
		if int(e.from) != at {
			arrive(int(e.from))
		}
		l.alpha[e.to] += float64(l.alpha[at] * m.prob(e)) // the conversion keeps the product from being fused
	}
	arrive(end)
}

// backward sums, for each place, over all ways from it to the end.
func (l *lattice) backward(m *model, end int) {
	l.beta, l.down = zeros(l.beta, end+1), zeros(l.down, end+1)
	l.beta[end] = 1
	times := int32(0)
	for i := len(l.edges) - 1; i >= 0; {
		at := l.edges[i].from
		sum := 0.0
		for ; i >= 0 && l.edges[i].from == at; i-- {
			sum += float64(m.prob(l.edges[i]) * l.beta[l.edges[i].to])
		}
		l.beta[at], l.down[at] = sum, times
		for hi := min(int(at)+m.longest, end); allSmall(l.beta[at : hi+1]); times++ {
			for k := int(at); k <= hi; k++ {
				l.beta[k] *= scale
				l.down[k]++
			}
		}
	}
}

// allSmall reports whether all of x are small, and not all are zero.
func allSmall(x []float64) bool {
	if x[0] >= small {
		return false // as nearly always
	}
	largest := slices.Max(x)
	return largest < small && largest > 0
}

// zeros returns n zeros, in the memory of x if it is enough.
func zeros[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n, n*3/2)
	}
	x = x[:n]
	clear(x)
	return x
}

// viterbi returns the most likely pieces of a word, -1 for unknown characters,
// leaving out one whose number is without. ok is false if there is no way.
func (l *lattice) viterbi(m *model, word []int32, without int32) (path []int32, score float64, ok bool) {
	l.build(m, word)
	l.best = zeros(l.best, len(word)+1)
	for i := 1; i <= len(word); i++ {
		l.best[i].from = -1
	}
	for _, e := range l.edges {
		if l.best[e.from].from < 0 || e.piece == without && without >= 0 {
			continue
		}
		s := m.unknown
		if e.piece >= 0 {
			s = m.scores[e.piece]
		}
		if s += l.best[e.from].score; l.best[e.to].from < 0 || s > l.best[e.to].score {
			l.best[e.to] = arrival{s, e.from, e.piece}
		}
	}
	l.path = l.path[:0]
	end := int32(len(word))
	if l.best[end].from < 0 {
		return nil, 0, false
	}
	score = l.best[end].score
	for end > 0 {
		l.path = append(l.path, l.best[end].piece)
		end = l.best[end].from
	}
	return l.path, score, true
}
