package train

import (
	"context"
	"slices"
	"strings"
)

// merger learns merges (Sennrich et al. 2016). Counts, and the words that a merge
// is done in, are kept as Hugging Face's trainer keeps them, so that the merges
// are the same even where these are not those of the most frequent pair: the
// places of a pair that were found at different times are merged apart.
type merger struct {
	config *Config
	vocab  *vocabulary
	symbols

	pairs  pairTable
	counts []int64   // by pair
	fresh  [][]int32 // by pair: the words that have it by the merge under way
	grown  []int32   // pairs with fresh words
	places []place
	queue  queue
	merges []uint64
}

// place is where a pair was found at one time.
type place struct {
	pair  int32 // its number
	words []int32
}

// trainBPE learns merges until the vocabulary is full, or no pair is frequent
// enough.
func trainBPE(ctx context.Context, c *Config, vocab *vocabulary, s symbols) ([][2]int32, error) {
	m := &merger{config: c, vocab: vocab, symbols: s}
	m.start()
	had := len(vocab.tokens)
	total := int64(max(0, c.VocabSize-had))
	for len(vocab.tokens) < c.VocabSize && m.step() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.report(Merging, int64(len(vocab.tokens)-had), total)
	}
	c.report(Merging, total, total)
	return m.list(), nil
}

// list returns the merges in order. Of one that was done twice the last counts.
func (m *merger) list() [][2]int32 {
	seen := map[uint64]bool{}
	var list [][2]int32
	for _, pair := range slices.Backward(m.merges) {
		if !seen[pair] {
			seen[pair] = true
			list = append(list, [2]int32{int32(pair >> 32), int32(pair)})
		}
	}
	slices.Reverse(list)
	return list
}

// start counts the pairs of all words.
func (m *merger) start() {
	ids := make([]int32, len(m.ids)) // of the pair that ends at each symbol
	var number []int32               // of words, by pair
	var latest []int32               // of them
	for w := range int32(len(m.size)) {
		word := m.word(w)
		for i := 1; i < len(word); i++ {
			id := m.index(pairOf(word[i-1], word[i]))
			ids[m.begin[w]+i] = id
			m.counts[id] += m.weight[w]
			if int(id) == len(number) {
				number, latest = append(number, 0), append(latest, -1)
			}
			if latest[id] != w {
				latest[id] = w
				number[id]++
			}
		}
	}
	total := 0
	for _, n := range number {
		total += int(n)
	}
	room := make([]int32, total)
	for id, n := range number {
		m.fresh[id], room = room[:0:n], room[n:]
		m.grown = append(m.grown, int32(id))
	}
	for w := range int32(len(m.size)) {
		for i := 1; i < int(m.size[w]); i++ {
			m.found(ids[m.begin[w]+i], w)
		}
	}
	m.enqueue()
}

// index returns the number of a pair.
func (m *merger) index(pair uint64) int32 {
	id, isNew := m.pairs.index(pair)
	if isNew {
		m.counts, m.fresh = append(m.counts, 0), append(m.fresh, nil)
	}
	return id
}

// found notes that word w has a pair.
func (m *merger) found(id, w int32) {
	if f := m.fresh[id]; len(f) == 0 || f[len(f)-1] != w {
		m.fresh[id] = append(f, w)
	}
}

// enqueue puts the pairs with fresh words into the queue.
func (m *merger) enqueue() {
	for _, id := range m.grown {
		if n := m.counts[id]; n > 0 {
			m.queue.push(item{uint64(n), m.pairs.list[id], int32(len(m.places))})
			m.places = append(m.places, place{id, m.fresh[id]})
		}
		m.fresh[id] = nil
	}
	m.grown = m.grown[:0]
}

// step does one merge. It returns false when no pair is frequent enough.
func (m *merger) step() bool {
	for len(m.queue) > 0 {
		top := &m.queue[0]
		at := &m.places[top.place]
		if n := uint64(m.counts[at.pair]); n != top.count {
			top.count = n
			m.queue.down(0)
			continue
		}
		if top.count < max(1, uint64(m.config.MinFrequency)) {
			return false
		}
		pair, in := top.pair, at.words
		at.words = nil
		m.queue.pop()
		m.merge(pair, in)
		return true
	}
	return false
}

// merge makes a token of a pair, in some words.
func (m *merger) merge(pair uint64, in []int32) {
	a, b := int32(pair>>32), int32(pair)
	made := m.vocab.id(m.vocab.tokens[a] + strings.TrimPrefix(m.vocab.tokens[b], m.config.Prefix))
	m.merges = append(m.merges, pair)
	for _, w := range in {
		m.mergeWord(w, a, b, made)
	}
	m.enqueue()
}

// mergeWord replaces a and b by made in word w. Pairs that would make too long a
// token are not counted.
func (m *merger) mergeWord(w, a, b, made int32) {
	word := m.word(w)
	begin := m.begin[w]
	to := 0
	for i := 0; i < len(word); to++ {
		if word[i] != a || i+1 == len(word) || word[i+1] != b {
			m.move(begin+to, begin+i, word[i], 1)
			i++
			continue
		}
		m.move(begin+to, begin+i, made, 2)
		i += 2
		if to > 0 {
			m.change(word[to-1], a, w, -1)
			if m.fits(begin+to-1, begin+to) {
				m.change(word[to-1], made, w, 1)
			}
		}
		if i < len(word) {
			m.change(b, word[i], w, -1)
			if m.fits(begin+to, begin+i) {
				m.change(made, word[i], w, 1)
			}
		}
	}
	m.size[w] = int32(to)
}

// move sets symbol to, which stands for n symbols at from.
func (m *merger) move(to, from int, id int32, n int) {
	m.ids[to] = id
	if m.lengths == nil {
		return
	}
	length := m.lengths[from]
	if n == 2 {
		length += m.lengths[from+1]
	}
	m.lengths[to] = length
}

// fits reports whether two symbols may become one.
func (m *merger) fits(i, j int) bool {
	return m.lengths == nil || m.lengths[i]+m.lengths[j] < int32(m.config.MaxTokenLength)
}

// change adds the occurrences of word w to a pair, or takes them from it.
func (m *merger) change(a, b, w int32, sign int64) {
	id := m.index(pairOf(a, b))
	m.counts[id] += sign * m.weight[w]
	if sign < 0 {
		return
	}
	if m.fresh[id] == nil {
		m.grown = append(m.grown, id)
	}
	m.found(id, w)
}
