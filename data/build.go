package data

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"

	"github.com/nlp-zoo/zoo/internal/atomicfile"
)

// A Coder turns text into tokens.
type Coder struct {
	// Append appends the tokens of text to dst. Several goroutines call it at once,
	// and it must give the same tokens always.
	Append func(dst []int32, text string) []int32
	Vocab  int    // ids are below it, and 0 or more
	Digest Digest // of all that Append depends on
	// Threads is how many goroutines call Append; 0: one. The tokens are the same
	// with any number.
	Threads int
}

// chunk is the number of bytes of text that go to a goroutine at once.
const chunk = 1 << 18

// batch is documents that are encoded together.
type batch struct {
	docs []Document
	ids  []int32
	ends []int // in ids, of the documents that have tokens
	err  error // of reading, after the documents
	done chan struct{}
}

// encode sets the tokens of a batch.
func (b *batch) encode(c Coder) {
	defer close(b.done)
	for _, d := range b.docs {
		n := len(b.ids)
		if b.ids = c.Append(b.ids, d.Text); len(b.ids) > n {
			b.ends = append(b.ends, len(b.ids))
		}
	}
	b.docs = nil
}

// encoded reads docs to the end, encodes them on c.Threads goroutines, and gives
// the tokens to each, in order. The texts in memory are at most about four chunks
// a thread, or as many of the longest document.
func encoded(docs Stream[Document], c Coder, each func(*batch) error) error {
	threads := max(c.Threads, 1)
	work, order := make(chan *batch), make(chan *batch, 2*threads)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range threads {
		all.Go(func() {
			for b := range work {
				b.encode(c)
			}
		})
	}
	all.Go(func() {
		defer close(order)
		defer close(work)
		for err := error(nil); err == nil; {
			b := gather(docs)
			err = b.err
			select {
			case <-stop:
				return
			case order <- b:
			}
			work <- b
		}
	})
	var failed error
	for b := range order {
		if <-b.done; failed != nil {
			continue
		}
		failed = each(b)
		if failed == nil && !errors.Is(b.err, io.EOF) {
			failed = b.err
		}
		if failed != nil {
			close(stop)
		}
	}
	all.Wait()
	return failed
}

// gather reads documents until they have a chunk of text.
func gather(docs Stream[Document]) *batch {
	b := &batch{done: make(chan struct{})}
	for n := 0; n < chunk; {
		d, err := docs.Next()
		if err != nil {
			b.err = err
			break
		}
		n += len(d.Text)
		b.docs = append(b.docs, d)
	}
	return b
}

// BuildCache writes the tokens of docs to a cache at path, which OpenCache opens. It
// holds a few documents in memory at a time; while it works it needs room on the
// disk for 8 bytes a document beside the file. A file at path is replaced once the
// new one is whole.
func BuildCache(path string, sources Digest, docs Stream[Document], coder Coder) error {
	if coder.Vocab < 1 || coder.Vocab > math.MaxInt32 {
		return fmt.Errorf("data: cache: vocabulary: %d: must be 1 … 2^31-1", coder.Vocab)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("data: cache: %w", err)
	}
	ends, err := os.CreateTemp(filepath.Dir(path), ".ends")
	if err != nil {
		return fmt.Errorf("data: cache: %w", err)
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		b := &builder{w: w, ends: bufio.NewWriter(ends)}
		b.Vocab, b.Coder, b.Sources = uint32(coder.Vocab), coder.Digest, sources
		return b.build(docs, coder, ends)
	})
	err = errors.Join(err, ends.Close(), os.Remove(ends.Name()))
	if err != nil {
		return fmt.Errorf("data: cache: %w", err)
	}
	return nil
}

// builder writes a cache.
type builder struct {
	w    io.Writer
	ends *bufio.Writer // ends of documents, apart until all ids are written
	buf  []byte
	footer
}

func (b *builder) write(p []byte) error {
	b.Sum = crc32.Update(b.Sum, castagnoli, p)
	_, err := b.w.Write(p)
	return err
}

// Write is write, for io.Copy.
func (b *builder) Write(p []byte) (int, error) { return len(p), b.write(p) }

func (b *builder) build(docs Stream[Document], coder Coder, ends io.ReadSeeker) error {
	w := width(b.Vocab)
	head := append([]byte(cacheMagic), byte(w), 0, 0, 0, 0, 0, 0, 0)
	if err := b.write(head); err != nil {
		return err
	}
	if err := encoded(docs, coder, b.add); err != nil {
		return err
	}
	if b.Documents == 0 {
		return errors.New("there is no text")
	}
	if err := b.write(make([]byte, align(b.Tokens*w)-b.Tokens*w)); err != nil {
		return err
	}
	if err := b.ends.Flush(); err != nil {
		return err
	}
	if _, err := ends.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(b, ends); err != nil {
		return err
	}
	foot, err := binary.Append(nil, binary.LittleEndian, b.footer)
	if err != nil {
		return err
	}
	foot = append(foot, make([]byte, cacheFoot-16-len(foot))...)
	foot = binary.LittleEndian.AppendUint32(foot, crc32.Checksum(foot, castagnoli))
	foot = append(append(foot, 0, 0, 0, 0), cacheMagic...)
	_, err = b.w.Write(foot)
	return err
}

// add writes the tokens of a batch.
func (b *builder) add(done *batch) error {
	b.buf = b.buf[:0]
	for i, id := range done.ids {
		if id < 0 || uint32(id) >= b.Vocab {
			return fmt.Errorf("token %d: id %d is not in the vocabulary of %d", b.Tokens+uint64(i), id, b.Vocab)
		}
		if width(b.Vocab) == 2 {
			b.buf = binary.LittleEndian.AppendUint16(b.buf, uint16(id))
		} else {
			b.buf = binary.LittleEndian.AppendUint32(b.buf, uint32(id))
		}
	}
	if err := b.write(b.buf); err != nil {
		return err
	}
	b.buf = b.buf[:0]
	for _, end := range done.ends {
		b.buf = binary.LittleEndian.AppendUint64(b.buf, b.Tokens+uint64(end))
	}
	b.Tokens, b.Documents = b.Tokens+uint64(len(done.ids)), b.Documents+uint64(len(done.ends))
	_, err := b.ends.Write(b.buf)
	return err
}
