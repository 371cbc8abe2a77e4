package tokenizer

import (
	"bytes"
	"unicode/utf8"
)

// short is the length up to which a word's parts are merged in place.
const short = 64

// room is what merging in place needs beside the ids: of each two neighbours the
// rank of their merge and what it makes.
type room struct {
	ranks [short]uint32
	made  [short]int32
}

// asciiPairs holds the merges of two ASCII characters by their codes.
type asciiPairs [1 << 14]struct {
	rank uint32
	id   int32
}

// starts are the ids that ASCII characters and the sign for a space have before
// merging; -1 none.
type starts struct {
	ids   [utf8.RuneSelf]int32
	loose [utf8.RuneSelf]bool // merges with nothing
	space int32
	pairs *asciiPairs
}

func newStarts(merges *pairs, space int32, id func(c byte) int32) *starts {
	s := &starts{pairs: new(asciiPairs), space: space}
	for c := range s.ids {
		s.ids[c] = id(byte(c))
	}
	loose := make(map[int32]bool, len(s.ids))
	for _, id := range s.ids {
		loose[id] = id >= 0
	}
	for m := range merges.all() {
		left, right := m.tokens()
		delete(loose, left)
		delete(loose, right)
	}
	for c, id := range s.ids {
		s.loose[c] = loose[id]
	}
	for a, left := range s.ids {
		for b, right := range s.ids {
			p := &s.pairs[a<<7|b]
			p.rank, p.id = merges.get(left, right)
		}
	}
	return s
}

// append appends the ids of a word to s.ids, merged lowest rank first and of equal
// ranks the leftmost. The word is ASCII, but for a sign for a space that it may
// begin with. It does nothing and returns false if the word is of another kind, or
// too long for this.
func (f *starts) append(s *scratch, merges *pairs, word []byte) bool {
	if len(word) > short {
		return false
	}
	from, r := len(s.ids), &s.room
	if f.space >= 0 {
		if rest, found := bytes.CutPrefix(word, []byte(lowBlock)); found {
			word = rest
			s.ids = append(s.ids, f.space)
			if len(word) > 0 && word[0] < utf8.RuneSelf {
				r.ranks[0], r.made[0] = merges.get(f.space, f.ids[word[0]])
			}
		}
	}
	var before byte
	for i, c := range word {
		if c >= utf8.RuneSelf || f.ids[c] < 0 {
			s.ids = s.ids[:from]
			return false
		}
		if n := len(s.ids) - from; i > 0 {
			p := &f.pairs[int(before)<<7|int(c)]
			r.ranks[n-1], r.made[n-1] = p.rank, p.id
		}
		before = c
		s.ids = append(s.ids, f.ids[c])
	}
	s.ids = s.ids[:from+r.merge(s.ids[from:], merges)]
	return true
}

// merge merges ids in place, of which the ranks are known, and returns how many
// remain.
func (r *room) merge(ids []int32, merges *pairs) int {
	n := len(ids)
	for n > 1 {
		best, at := none, 0
		for i, rank := range r.ranks[:n-1] {
			if rank < best {
				best, at = rank, i
			}
		}
		if best == none {
			break
		}
		ids[at] = r.made[at]
		n--
		for i := at + 1; i < n; i++ {
			ids[i] = ids[i+1]
			r.ranks[i-1], r.made[i-1] = r.ranks[i], r.made[i]
		}
		if at < n-1 {
			r.ranks[at], r.made[at] = merges.get(ids[at], ids[at+1])
		}
		if at > 0 {
			r.ranks[at-1], r.made[at-1] = merges.get(ids[at-1], ids[at])
		}
	}
	return n
}
