package tokenizer

import (
	"cmp"
	"errors"
	"slices"
)

// spmBPE is SentencePiece's byte-pair encoding: any two neighbours whose text is
// a piece merge, the piece with the best score first. It is the list of merges
// that the pieces imply.
type spmBPE struct {
	merges   *pairs
	vocab    map[string]int32 // pieces, and characters that only larger pieces hold
	user     *trie
	size     int32 // ids from here on are of characters without a piece
	unk      int32
	unused   []bool // pieces that are taken apart again; nil: none
	lengths  []int32
	fallback *[256]int32
	starts   *starts // nil: pieces stay whole or are taken apart, so that all needs a closer look
}

// maxSplits bounds the work of finding merges, in bytes looked at, as a multiple
// of the vocabulary's size in bytes.
const maxSplits = 256

// newSPMBPE finds the merges.
func newSPMBPE(m *spm) (*spmBPE, error) {
	b := &spmBPE{vocab: make(map[string]int32, len(m.pieces)), size: int32(len(m.pieces)), unk: m.unk}
	var user []string
	var userID []int32
	total := 1 << 16
	for i, p := range m.pieces {
		if !m.text(i) {
			continue
		}
		total += len(p)
		b.vocab[p] = int32(i)
		switch m.kinds[i] {
		case userPiece:
			user, userID = append(user, p), append(userID, int32(i))
		case unusedPiece:
			if b.unused == nil {
				b.unused = make([]bool, len(m.pieces))
			}
			b.unused[i] = true
		}
	}
	if len(user) > 0 {
		b.user = newTrie(user, userID)
	}
	if m.byteFallback {
		b.fallback = m.byteIDs()
	}
	if err := b.findMerges(m, total*maxSplits); err != nil {
		return nil, err
	}
	if b.user == nil && b.unused == nil {
		piece := func(text string) int32 {
			if id, ok := b.vocab[text]; ok && id < b.size {
				return id
			}
			return -1
		}
		b.starts = newStarts(b.merges, piece(lowBlock), func(c byte) int32 {
			if id := piece(string(rune(c))); id >= 0 || b.fallback == nil {
				return id
			}
			return b.fallback[c] // which merges with nothing
		})
	}
	if b.unused != nil {
		b.lengths = make([]int32, int(b.size)+len(b.vocab))
		for p, id := range b.vocab {
			b.lengths[id] = int32(len(p))
		}
	}
	return b, nil
}

// byteIDs returns the ids of byte pieces.
func (m *spm) byteIDs() *[256]int32 {
	var ids [256]int32
	for i := range ids {
		ids[i] = -1
	}
	for i, p := range m.pieces {
		if m.kinds[i] == bytePiece {
			if c, ok := byteToken(p); ok {
				ids[c] = int32(i)
			}
		}
	}
	return &ids
}

// split is one way to make a piece of two.
type split struct {
	left, right, made int32
	score             float32
}

func (b *spmBPE) findMerges(m *spm, budget int) error {
	b.addCharacters(m)
	var all []split
	for i, p := range m.pieces {
		if !m.text(i) {
			continue
		}
		for at := runeLen([]byte(p[:min(len(p), 4)])); at < len(p); at += runeLen([]byte(p[at:min(len(p), at+4)])) {
			if budget -= len(p); budget < 0 {
				return errors.New("pieces: too long to find their merges")
			}
			left, lok := b.vocab[p[:at]]
			right, rok := b.vocab[p[at:]]
			if lok && rok {
				all = append(all, split{left, right, int32(i), m.scores[i]})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y split) int { return cmp.Compare(y.score, x.score) })
	b.merges = newPairs(len(all))
	rank := uint32(0)
	for i, s := range all {
		if i > 0 && s.score != all[i-1].score {
			rank++
		}
		b.merges.put(s.left, s.right, rank, s.made)
	}
	return nil
}

// addCharacters gives ids to the characters of pieces that are no pieces
// themselves: they merge too.
func (b *spmBPE) addCharacters(m *spm) {
	next := b.size
	for i, p := range m.pieces {
		if !m.text(i) {
			continue
		}
		for at := 0; at < len(p); {
			n := runeLen([]byte(p[at:min(len(p), at+4)]))
			if c := p[at : at+n]; len(c) < len(p) {
				if _, ok := b.vocab[c]; !ok {
					b.vocab[c] = next
					next++
				}
			}
			at += n
		}
	}
}

func (b *spmBPE) encode(s *scratch, word []byte) {
	if !s.track && b.starts != nil && b.starts.append(s, b.merges, word) {
		return
	}
	s.symbols = s.symbols[:0]
	for i := 0; i < len(word); {
		if b.user != nil {
			if id, n := b.user.longest(word[i:]); n > 0 {
				s.symbols = append(s.symbols, symbol{id: -2 - id, start: int32(i), end: int32(i + n)})
				i += n
				continue
			}
		}
		n := runeLen(word[i:])
		id, ok := b.vocab[string(word[i:i+n])]
		if !ok {
			id = -1
		}
		s.symbols = append(s.symbols, symbol{id: id, start: int32(i), end: int32(i + n)})
		i += n
	}
	if len(s.symbols) == 0 {
		return
	}
	var apart unmerge
	if b.unused == nil {
		mergeAll(s, b.merges, nil)
	} else {
		apart = unmerge{b.unused, map[int32][2]int32{}}
		mergeAll(s, b.merges, apart)
	}
	last := -1 // index of an unknown token just emitted
	for i := int32(0); i >= 0; i = s.symbols[i].next {
		p := s.symbols[i]
		last = b.emit(s, word, p, apart, last)
	}
}

// emit emits one symbol. It returns the index of the unknown token that a next
// unknown symbol joins, or -1.
func (b *spmBPE) emit(s *scratch, word []byte, p symbol, apart unmerge, last int) int {
	switch id := p.id; {
	case id <= -2:
		s.emit(-2-id, int(p.start), int(p.end))
		return -1
	case id >= 0 && id < b.size:
		if b.unused != nil && b.unused[id] {
			apart.emit(s, id, int(p.start), b)
		} else {
			s.emit(id, int(p.start), int(p.end))
		}
		return -1
	}
	if b.fallback != nil {
		for i, c := range word[p.start:p.end] {
			id := b.fallback[c]
			if id < 0 {
				id = b.unk
			}
			s.emit(id, int(p.start)+i, int(p.start)+i+1)
		}
		return -1
	}
	if last >= 0 {
		if s.track {
			s.at[last].end = p.end
		}
		return last
	}
	s.emit(b.unk, int(p.start), int(p.end))
	return len(s.ids) - 1
}

// unmerge remembers of what unused pieces were made.
type unmerge struct {
	unused []bool
	of     map[int32][2]int32
}

func (u unmerge) candidate(made, left, right int32) {
	if u.unused[made] {
		u.of[made] = [2]int32{left, right}
	}
}

// emit emits a piece, or what it was made of if it is unused.
func (u unmerge) emit(s *scratch, id int32, start int, b *spmBPE) int {
	if int(id) < len(u.unused) && u.unused[id] {
		if parts, ok := u.of[id]; ok {
			return u.emit(s, parts[1], u.emit(s, parts[0], start, b), b)
		}
	}
	n := int(b.lengths[id])
	if id >= b.size {
		id = b.unk
	}
	s.emit(id, start, start+n)
	return start + n
}

func (b *spmBPE) has(piece string) bool {
	_, ok := b.vocab[piece]
	return ok
}
