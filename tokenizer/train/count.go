package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"unicode/utf8"
	"unsafe"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// Source is one text of a corpus, in UTF-8.
type Source struct {
	Name string // for errors
	Size int64  // in bytes, for progress; 0 if it is not known
	Open func() (io.ReadCloser, error)
}

// File returns the source that the file at path is.
func File(path string) Source {
	s := Source{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		s.Size = info.Size()
	}
	return s
}

// Text returns a source that is in memory.
func Text(name, text string) Source {
	return Source{name, int64(len(text)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(unsafe.Slice(unsafe.StringData(text), len(text)))), nil
	}}
}

const (
	blockSize = 1 << 20  // bytes read at once
	maxLine   = 16 << 20 // a longer line is cut, before a space where there is one
)

// block is a number of whole lines.
type block struct {
	source int
	at     int64 // of its first byte in the source
	text   []byte
}

// counter counts the words of a corpus on several threads.
type counter struct {
	config  *Config
	split   *tokenizer.Splitter
	sources []Source
	cancel  context.CancelCauseFunc

	blocks chan block
	spare  chan []byte // blocks to read into
	store  *store
	done   int64 // bytes read
	total  int64

	mu      sync.Mutex
	failure error
	where   block // of the failure, which is the first of all
}

// count returns the words of a corpus, in no order, and how many occurrences of
// words were dropped for lack of memory.
func count(ctx context.Context, c *Config, sources []Source) (*words, int64, error) {
	split, err := tokenizer.NewSplitter(c.Normalizer, c.PreTokenizer)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n := c.threads()
	k := &counter{config: c, split: split, sources: sources, cancel: cancel, blocks: make(chan block, n), spare: make(chan []byte, 2*n+2)}
	for _, s := range sources {
		k.total += s.Size
	}
	k.store = newStore(c)
	defer k.store.close()
	var wait sync.WaitGroup
	for range n {
		wait.Go(k.work)
	}
	err = k.read(ctx)
	close(k.blocks)
	wait.Wait()
	if k.failure != nil {
		err = k.failure
	}
	if err != nil {
		return nil, 0, err
	}
	return k.finish()
}

// finish returns what all threads have counted.
func (k *counter) finish() (*words, int64, error) {
	k.config.report(Counting, k.done, k.done)
	keep := &keeper{limit: k.config.memory()}
	if err := k.store.drain(keep); err != nil {
		return nil, 0, err
	}
	w := &keep.words
	if k.split.Bytes() {
		w = w.spell()
	}
	return w, keep.dropped, nil
}

// spell writes words of bytes in GPT-2's alphabet.
func (w *words) spell() *words {
	out := &words{counts: w.counts, ends: make([]int, 0, w.len()), text: make([]byte, 0, len(w.text)*5/4)}
	for i := range w.len() {
		out.text = tokenizer.Spell(out.text, w.at(i))
		out.ends = append(out.ends, len(out.text))
	}
	return out
}

// read sends the lines of all sources to the workers.
func (k *counter) read(ctx context.Context) error {
	for i, s := range k.sources {
		if err := k.readSource(ctx, i, s); err != nil {
			return err
		}
	}
	return nil
}

func (k *counter) readSource(ctx context.Context, i int, s Source) error {
	f, err := s.Open()
	if err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	defer f.Close()
	next := block{source: i, text: k.take()}
	for end := false; !end; {
		n, err := readFull(ctx, f, room(&next.text))
		next.text = next.text[:len(next.text)+n]
		k.done += int64(n)
		k.config.report(Counting, k.done, max(k.done, k.total))
		end = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil && !end {
			return fmt.Errorf("corpus: %s: %w", s.Name, err)
		}
		cut := len(next.text)
		if !end {
			if cut = lineEnd(next.text); cut == 0 {
				continue
			}
		}
		rest := append(k.take(), next.text[cut:]...)
		next.text = next.text[:cut]
		k.blocks <- next
		next = block{i, next.at + int64(cut), rest}
	}
	return nil
}

// readFull is io.ReadFull that does not wait for a source once ctx is done.
func readFull(ctx context.Context, r io.Reader, b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := io.ReadFull(r, b)
		done <- result{n, err}
	}()
	select {
	case x := <-done:
		return x.n, x.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// room grows b by the size of a block and returns the new part.
func room(b *[]byte) []byte {
	n := len(*b)
	if cap(*b)-n < blockSize {
		*b = append(make([]byte, 0, n+max(blockSize, n)), *b...)
	}
	return (*b)[n : n+blockSize]
}

// lineEnd returns where the last line of b ends, or 0 if there is no end and the
// line may go on.
func lineEnd(b []byte) int {
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
		return i + 1
	}
	if len(b) < maxLine {
		return 0
	}
	if i := bytes.LastIndexByte(b[:len(b)-1], ' '); i > 0 {
		return i
	}
	for i := len(b) - 1; i > len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) && !utf8.FullRune(b[i:]) {
			return i // the rest of the character comes with the next block
		}
	}
	return len(b)
}

func (k *counter) take() []byte {
	select {
	case b := <-k.spare:
		return b[:0]
	default:
		return make([]byte, 0, blockSize*3/2)
	}
}

// smallTable is the number of words that a thread counts by itself: most of a text
// are few words, which stay in the processor's cache so.
const smallTable = 1 << 15

// work counts the words of blocks.
func (k *counter) work() {
	var t table
	count := func(word []byte) { t.count(word, 1) }
	var last block
	for b := range k.blocks {
		if k.idle(b) {
			continue
		}
		last = b
		err := k.block(b, count)
		if err == nil && (t.len() >= smallTable || len(t.text) >= blockSize) {
			err = k.store.add(&t)
		}
		if err != nil {
			k.fail(b, err)
		}
		if cap(b.text) <= 4*blockSize {
			select {
			case k.spare <- b.text:
			default:
			}
		}
	}
	if err := k.store.add(&t); err != nil {
		k.fail(last, err)
	}
}

// block counts the words of one block.
func (k *counter) block(b block, count func([]byte)) error {
	if i := invalid(b.text); i >= 0 {
		return fmt.Errorf("corpus: %s: not UTF-8 at byte %d", k.sources[b.source].Name, b.at+int64(i))
	}
	for text := b.text; len(text) > 0; {
		n := bytes.IndexByte(text, '\n') + 1
		if n == 0 {
			n = len(text)
		}
		line := text[:n]
		if !k.config.WholeLines {
			line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		}
		if len(line) > 0 {
			k.split.Each(unsafe.String(&line[0], len(line)), count)
		}
		text = text[n:]
	}
	return nil
}

// invalid returns where b is no UTF-8, or -1.
func invalid(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// idle reports whether b is behind a failure.
func (k *counter) idle(b block) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failure != nil && k.where.before(b)
}

func (b block) before(other block) bool {
	return b.source < other.source || b.source == other.source && b.at < other.at
}

// fail keeps the failure that comes first in the corpus, and stops the reading.
func (k *counter) fail(b block, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure == nil || b.before(k.where) {
		k.failure, k.where = err, block{source: b.source, at: b.at}
	}
	k.cancel(err)
}
