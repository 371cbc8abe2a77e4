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

// spill holds counted words in temporary files, each sorted by their texts.
type spill struct {
	limit int    // of a table, in bytes
	dir   string // of the files
	mu    sync.Mutex
	files []*os.File
}

func newSpill(c *Config) *spill {
	return &spill{limit: int(c.memory() / int64(2*c.threads())), dir: c.TempDir}
}

func (s *spill) empty() bool { return len(s.files) == 0 }

// close removes the files.
func (s *spill) close() {
	for _, f := range s.files {
		f.Close()
		os.Remove(f.Name())
	}
}

// relieve writes a table that is over the limit to a file and empties it.
func (s *spill) relieve(t *table) error {
	if t.size() <= s.limit {
		return nil
	}
	f, err := os.CreateTemp(s.dir, "zoo-words-*")
	if err != nil {
		return fmt.Errorf("words on disk: %w", err)
	}
	s.mu.Lock()
	s.files = append(s.files, f)
	s.mu.Unlock()
	w := bufio.NewWriterSize(f, 1<<18)
	var head [2 * binary.MaxVarintLen64]byte
	for _, i := range t.sorted() {
		word := t.at(int(i))
		n := binary.PutUvarint(head[:], uint64(len(word)))
		n += binary.PutUvarint(head[n:], uint64(t.counts[i]))
		w.Write(head[:n]) // an error stays until Flush
		w.Write(word)
	}
	t.clear()
	if err := w.Flush(); err != nil {
		return fmt.Errorf("words on disk: %w", err)
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

// merge gives keep the words of all files and tables.
func (s *spill) merge(tables []*table, keep *keeper) error {
	var runs []*run
	for _, t := range tables {
		runs = append(runs, &run{table: t, order: t.sorted()})
	}
	for _, f := range s.files {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("words on disk: %w", err)
		}
		runs = append(runs, &run{from: bufio.NewReaderSize(f, 1<<18)})
	}
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
