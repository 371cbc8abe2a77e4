package train

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
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

// entry is what a word takes in a table beside its text and slots, in bytes.
const entry = 8 + 8 + 4

// size returns the memory of t in bytes.
func (t *table) size() int { return len(t.text) + entry*t.len() + 4*len(t.slots) }

// merge gives keep the words of several tables, which it empties.
func merge(tables []*table, keep *keeper) {
	if len(tables) == 1 {
		keep.take(&tables[0].words)
		return
	}
	parts := make([]table, len(tables)) // each of the words whose hashes lie in one range
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() {
			for _, t := range tables {
				for i, hash := range t.hashes {
					if uint64(hash)*uint64(len(parts))>>32 == uint64(p) {
						parts[p].countAt(hash, t.at(i), t.counts[i])
					}
				}
			}
		})
	}
	wait.Wait()
	clear(tables)
	for p := range parts {
		keep.take(&parts[p].words)
		parts[p] = table{}
	}
}

// perByte is about how much memory training takes for each byte of the words.
const perByte = 20

// keeper keeps words up to a limit: of more it drops those that occur least.
type keeper struct {
	words
	limit   int64 // bytes of text
	floor   int64 // words that occur so often, or less, are dropped
	dropped int64 // occurrences
}

// take keeps all of w.
func (k *keeper) take(w *words) {
	if k.len() == 0 && int64(len(w.text)) <= k.limit {
		k.words = *w
		return
	}
	for i, n := range w.counts {
		k.keep(w.at(i), n)
	}
}

// keep keeps one word with all its occurrences. Whatever the order, what is left
// at last are the words that occur more often than the last floor.
func (k *keeper) keep(word []byte, n int64) {
	if n <= k.floor {
		k.dropped += n
		return
	}
	k.add(word, n)
	for int64(len(k.text)) > k.limit && k.len() > 0 {
		k.raise()
	}
}

// raise raises the floor until a quarter of the limit is free.
func (k *keeper) raise() {
	order := make([]int32, k.len())
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(k.counts[a], k.counts[b]) })
	size := int64(len(k.text))
	for _, i := range order {
		if n := k.counts[i]; n > k.floor && size <= k.limit*3/4 {
			break
		}
		k.floor = k.counts[i]
		size -= int64(len(k.at(int(i))))
	}
	old := k.words
	k.words = words{text: old.text[:0], ends: old.ends[:0], counts: old.counts[:0]}
	start := 0
	for i, n := range old.counts { // in place: what is written has been read
		end := old.ends[i]
		if n > k.floor {
			k.add(old.text[start:end], n)
		} else {
			k.dropped += n
		}
		start = end
	}
}
