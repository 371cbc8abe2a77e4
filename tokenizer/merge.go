package tokenizer

// symbol is a part of a word while its parts are merged.
type symbol struct {
	id         int32 // negative: is never merged
	made       int32 // what this and the next symbol merge to
	rank       uint32
	start, end int32 // in the word
	prev, next int32 // neighbours; -1 none
	dead       bool  // was merged into its neighbour
}

// few is the length from which a heap beats looking through all ranks.
const few = 24

// observer is told of every pair that could merge, for vocabularies with pieces
// that must be taken apart again.
type observer interface{ candidate(made, left, right int32) }

// mergeAll merges s.symbols, linked from first to last, lowest rank first and of
// equal ranks the leftmost, until no pair merges. It takes time n log n.
func mergeAll(s *scratch, table *pairs, see observer) {
	symbols := s.symbols
	for i := range symbols {
		symbols[i].prev, symbols[i].next = int32(i)-1, int32(i)+1
		symbols[i].rank = none
	}
	symbols[len(symbols)-1].next = -1
	for i := range len(symbols) - 1 {
		rank(symbols, int32(i), table, see)
	}
	if len(symbols) <= few {
		mergeFew(symbols, table, see)
		return
	}
	h := s.heap[:0]
	for i := range symbols {
		if symbols[i].rank != none {
			h = append(h, uint64(symbols[i].rank)<<32|uint64(i))
		}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		down(h, i)
	}
	for len(h) > 0 {
		at := int32(uint32(h[0]))
		fresh := uint32(h[0]>>32) == symbols[at].rank && !symbols[at].dead
		h[0] = h[len(h)-1]
		h = h[:len(h)-1]
		down(h, 0)
		if !fresh {
			continue
		}
		for _, i := range unite(symbols, at, table, see) {
			if i >= 0 && symbols[i].rank != none {
				h = append(h, uint64(symbols[i].rank)<<32|uint64(i))
				up(h)
			}
		}
	}
	s.heap = h
}

func mergeFew(symbols []symbol, table *pairs, see observer) {
	for {
		best, at := none, int32(-1)
		for i := int32(0); i >= 0; i = symbols[i].next {
			if symbols[i].rank < best {
				best, at = symbols[i].rank, i
			}
		}
		if at < 0 {
			return
		}
		unite(symbols, at, table, see)
	}
}

// rank looks up what symbol i and its neighbour merge to.
func rank(symbols []symbol, i int32, table *pairs, see observer) {
	a := &symbols[i]
	if a.next < 0 {
		a.rank = none
		return
	}
	right := symbols[a.next].id
	a.rank, a.made = table.get(a.id, right)
	if see != nil && a.rank != none {
		see.candidate(a.made, a.id, right)
	}
}

// unite merges symbol i with the next and returns the two whose pairs are new.
func unite(symbols []symbol, i int32, table *pairs, see observer) [2]int32 {
	a := &symbols[i]
	b := &symbols[a.next]
	a.id, a.end, a.next, b.dead = a.made, b.end, b.next, true
	if a.next >= 0 {
		symbols[a.next].prev = i
	}
	if a.prev >= 0 {
		rank(symbols, a.prev, table, see)
	}
	rank(symbols, i, table, see)
	return [2]int32{a.prev, i}
}

// down restores a heap of which h[i] may be too large.
func down(h []uint64, i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[i] <= h[child] {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// up restores a heap of which the last may be too small.
func up(h []uint64) {
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if h[parent] <= h[i] {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}
