package train

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

// store holds the words that all threads have counted: in tables, each of the words
// whose hashes lie in one range, and for tables that got too large in temporary
// files.
type store struct {
	shards [1 << shardBits]shard
	limit  int    // of one table, in bytes
	dir    string // of the files
}

const shardBits = 6

// shard is a part of a store.
type shard struct {
	mu sync.Mutex
	table
	file *os.File
	runs []int64 // where each ends in the file; each is sorted by the words
}

func newStore(c *Config) *store {
	// A third of the memory: tables grow by copying, and training needs more.
	return &store{limit: int(c.memory()/3) >> shardBits, dir: c.TempDir}
}

// close removes the files.
func (s *store) close() {
	for i := range s.shards {
		if f := s.shards[i].file; f != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}
}

// add takes over the words of a table, which it empties.
func (s *store) add(t *table) error {
	var ends [len(s.shards) + 1]int32
	for _, h := range t.hashes {
		ends[h>>(32-shardBits)+1]++
	}
	for i := range s.shards {
		ends[i+1] += ends[i]
	}
	order := make([]int32, t.len())
	at := ends
	for w, h := range t.hashes {
		i := h >> (32 - shardBits)
		order[at[i]] = int32(w)
		at[i]++
	}
	for i := range s.shards {
		if err := s.addTo(&s.shards[i], t, order[ends[i]:ends[i+1]]); err != nil {
			return err
		}
	}
	t.clear()
	return nil
}

func (s *store) addTo(h *shard, t *table, words []int32) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range words {
		h.countAt(t.hashes[w], t.at(int(w)), t.counts[w])
	}
	if h.size() > s.limit {
		return h.spill(s.dir)
	}
	return nil
}

// spill writes the words of the table to the file and empties it.
func (h *shard) spill(dir string) (err error) {
	if h.file == nil {
		if h.file, err = os.CreateTemp(dir, "zoo-words-*"); err != nil {
			return fmt.Errorf("words on disk: %w", err)
		}
	}
	w := bufio.NewWriterSize(h.file, 1<<16)
	var head [2 * binary.MaxVarintLen64]byte
	for _, i := range h.sorted() {
		word := h.at(int(i))
		n := binary.PutUvarint(head[:], uint64(len(word)))
		n += binary.PutUvarint(head[n:], uint64(h.counts[i]))
		_, _ = w.Write(head[:n]) // an error stays until Flush
		_, _ = w.Write(word)
	}
	h.clear()
	err = w.Flush()
	end, seekErr := h.file.Seek(0, io.SeekCurrent)
	if err = errors.Join(err, seekErr); err != nil {
		return fmt.Errorf("words on disk: %w", err)
	}
	h.runs = append(h.runs, end)
	return nil
}

// drain gives keep all words and lets go of the tables.
func (s *store) drain(keep *keeper) error {
	for i := range s.shards {
		h := &s.shards[i]
		if len(h.runs) == 0 {
			for w, n := range h.counts {
				keep.keep(h.at(w), n)
			}
		} else {
			runs := []*run{{table: &h.table, order: h.sorted()}}
			start := int64(0)
			for _, end := range h.runs {
				runs = append(runs, &run{from: bufio.NewReaderSize(io.NewSectionReader(h.file, start, end-start), 1<<16)})
				start = end
			}
			if err := merge(runs, keep); err != nil {
				return err
			}
		}
		h.table = table{}
	}
	if keep.stale > 0 {
		keep.compact()
	}
	return nil
}

// run is one sorted sequence of words: a file, or a table.
type run struct {
	word  []byte
	count int64

	from  *bufio.Reader
	table *table
	order []int32
}

// next moves to the next word. It returns io.EOF at the end.
func (r *run) next() error {
	if r.from == nil {
		if len(r.order) == 0 {
			return io.EOF
		}
		i := int(r.order[0])
		r.word, r.count, r.order = r.table.at(i), r.table.counts[i], r.order[1:]
		return nil
	}
	n, err := binary.ReadUvarint(r.from)
	if err != nil {
		return err
	}
	count, err := binary.ReadUvarint(r.from)
	if err != nil {
		return err
	}
	r.count = int64(count)
	r.word = slices.Grow(r.word[:0], int(n))[:n]
	_, err = io.ReadFull(r.from, r.word)
	return err
}

// merge gives keep the words of several runs.
func merge(runs []*run, keep *keeper) error {
	var h runList
	for _, r := range runs {
		if err := h.advance(r); err != nil {
			return err
		}
	}
	var word []byte
	for len(h) > 0 {
		word = append(word[:0], h[len(h)-1].word...)
		var total int64
		for len(h) > 0 && bytes.Equal(h[len(h)-1].word, word) {
			r := h[len(h)-1]
			h = h[:len(h)-1]
			total += r.count
			if err := h.advance(r); err != nil {
				return err
			}
		}
		keep.keep(word, total)
	}
	return nil
}

// runList is runs by their words, the least last.
type runList []*run

// advance moves a run, which is not in h, to its next word and puts it into h.
func (h *runList) advance(r *run) error {
	if err := r.next(); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return fmt.Errorf("words on disk: %w", err)
	}
	i, _ := slices.BinarySearchFunc(*h, r, func(at, r *run) int { return bytes.Compare(r.word, at.word) })
	*h = slices.Insert(*h, i, r)
	return nil
}
