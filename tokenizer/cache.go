package tokenizer

import (
	"encoding/binary"
	"math/bits"
)

// wordCache remembers the ids of short words that one scratch has encoded: text
// has few different words. It has a fixed size; a word that comes to a full place
// drives out the one that was not asked for last. Since a word always has the same
// ids, it changes nothing but the time.
type wordCache struct{ sets [cacheSets][2]cached }

const (
	cacheSets = 1 << 13
	longWord  = 15 // bytes of the longest word that is remembered
	cachedIDs = 4
	// useCache is how many bytes a scratch must have seen before a cache pays.
	useCache = 1 << 12
)

// cached is a word of at most 15 bytes and its ids, at most 4. With fewer the last
// is the complement of their number.
type cached struct {
	low, high uint64 // the bytes of the word; the highest is its length
	ids       [cachedIDs]int32
}

// masks hold ones for the bytes of words of each length.
var masks = func() (m [longWord + 1][2]uint64) {
	for n := range m {
		m[n] = [2]uint64{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return m
}()

// wordKey returns the key of b[i:j], at most 15 bytes.
func wordKey(b []byte, i, j int) (low, high uint64) {
	n := j - i
	if i+16 <= len(b) {
		m := &masks[n]
		low = binary.LittleEndian.Uint64(b[i:]) & m[0]
		high = binary.LittleEndian.Uint64(b[i+8:]) & m[1]
	} else {
		var end [16]byte
		copy(end[:], b[i:j])
		low, high = binary.LittleEndian.Uint64(end[:]), binary.LittleEndian.Uint64(end[8:])
	}
	return low, high | uint64(n)<<56
}

func (c *wordCache) set(low, high uint64) *[2]cached {
	hi, lo := bits.Mul64(low^0x9E3779B97F4A7C15, high^0xE7037ED1A0B428DB)
	return &c.sets[(hi^lo)&(cacheSets-1)]
}

// appendWord appends the ids of b[i:j] to s.ids.
func (t *Tokenizer) appendWord(s *scratch, b []byte, i, j int) {
	if s.cache == nil || j-i > longWord || i == j {
		t.encodeWord(s, b[i:j])
		return
	}
	low, high := wordKey(b, i, j)
	set := s.cache.set(low, high)
	w := &set[0]
	if w.low != low || w.high != high {
		if set[1].low != low || set[1].high != high {
			t.remember(s, b[i:j], set, cached{low: low, high: high})
			return
		}
		set[0], set[1] = set[1], set[0]
	}
	count := cachedIDs
	if last := w.ids[cachedIDs-1]; last < 0 {
		count = int(^last)
	}
	n := len(s.ids)
	if cap(s.ids)-n < cachedIDs {
		s.ids = append(s.ids, w.ids[:]...)
	} else {
		s.ids = s.ids[:n+cachedIDs]
		*(*[cachedIDs]int32)(s.ids[n:]) = w.ids
	}
	s.ids = s.ids[:n+count]
}

// remember encodes a word and puts it into its set if it has few ids.
func (t *Tokenizer) remember(s *scratch, word []byte, set *[2]cached, w cached) {
	n := len(s.ids)
	t.encodeWord(s, word)
	if count := len(s.ids) - n; count <= cachedIDs {
		w.ids[cachedIDs-1] = ^int32(count)
		copy(w.ids[:], s.ids[n:])
		set[0], set[1] = w, set[0]
	}
}

// encodeWord appends the ids of what the first steps of cutting made of a text.
func (t *Tokenizer) encodeWord(s *scratch, word []byte) {
	if t.rest == nil {
		t.model.encode(s, word)
		return
	}
	w := &s.words
	w.text.borrow(word)
	w.at = append(w.at[:0], span{0, int32(len(word))})
	t.rest.split(s, false)
	w = &s.words
	for _, at := range w.at {
		t.model.encode(s, w.text.b[at.start:at.end])
	}
}
