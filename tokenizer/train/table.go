package train

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// words are distinct words with the number of times each occurs.
type words struct {
	text   []byte // of all words, one after the other
	ends   []int  // of each in text
	counts []int64
}

func (w *words) len() int { return len(w.counts) }

// at returns the text of word i.
func (w *words) at(i int) []byte {
	start := 0
	if i > 0 {
		start = w.ends[i-1]
	}
	return w.text[start:w.ends[i]]
}

func (w *words) add(word []byte, n int64) {
	w.text = append(w.text, word...)
	w.ends = append(w.ends, len(w.text))
	w.counts = append(w.counts, n)
}

// sorted returns the numbers of the words by their texts.
func (w *words) sorted() []int32 {
	order := make([]int32, w.len())
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return bytes.Compare(w.at(int(a)), w.at(int(b))) })
	return order
}

// table counts words in an open hash table.
type table struct {
	words
	hashes []uint32
	slots  []int32 // 1 + the number of a word; 0 is free
}

// hashSeed is of one process: nothing that is learnt depends on the order of a table.
var hashSeed = maphash.MakeSeed()

// count adds n occurrences of a word.
func (t *table) count(word []byte, n int64) {
	t.countAt(uint32(maphash.Bytes(hashSeed, word)), word, n)
}

// countAt is count of a word whose hash is known.
func (t *table) countAt(hash uint32, word []byte, n int64) {
	if t.len()*2 >= len(t.slots) {
		t.grow()
	}
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			t.add(word, n)
			t.hashes = append(t.hashes, hash)
			t.slots[i] = int32(t.len())
			return
		}
		if t.hashes[s-1] == hash && bytes.Equal(t.at(int(s-1)), word) {
			t.counts[s-1] += n
			return
		}
	}
}

func (t *table) grow() {
	t.slots = make([]int32, max(1<<10, 2*len(t.slots)))
	mask := uint32(len(t.slots) - 1)
	for w, hash := range t.hashes {
		i := hash & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = int32(w + 1)
	}
}

// clear empties t and keeps its memory.
func (t *table) clear() {
	t.text, t.ends, t.counts, t.hashes = t.text[:0], t.ends[:0], t.counts[:0], t.hashes[:0]
	clear(t.slots)
}

// size returns about how much memory t takes, in bytes.
func (t *table) size() int {
	return cap(t.text) + 8*(cap(t.ends)+cap(t.counts)) + 4*(cap(t.hashes)+len(t.slots))
}
