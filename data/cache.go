package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"

	"github.com/nlp-zoo/zoo/internal/mmap"
)

// The cache's form: docs/format/tokens.md.
const (
	cacheMagic = "zootoks1"
	cacheHead  = 16  // bytes before the ids
	cacheFoot  = 112 // bytes after the ends
)

// footer is the end of a cache, with what it holds.
type footer struct {
	Tokens, Documents uint64
	Vocab             uint32 // ids are below it
	Sum               uint32 // CRC-32C of all before the footer
	Coder, Sources    Digest
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrStale is what OpenCache returns for a cache of another tokenizer or of other
// sources.
var ErrStale = errors.New("it was made by another tokenizer or of other files")

// A Cache is a Corpus in a file, mapped into memory: corpora larger than memory
// can be read. Its documents have one token at least.
type Cache struct {
	file *mmap.File
	ids  []byte
	ends []byte // 8 bytes a document
	wide bool   // ids have 4 bytes, not 2
	footer
}

// width is the number of bytes of an id.
func width(vocab uint32) uint64 {
	if vocab <= 1<<16 {
		return 2
	}
	return 4
}

// OpenCache opens the cache at path, which must be one of the tokens of coder in
// sources (ErrStale, if not). It reads all of the file, once: lengths, ends, ids
// and the checksum are held against each other, so that nothing in a damaged or
// hostile file is found out later.
func OpenCache(path string, coder, sources Digest) (*Cache, error) {
	f, err := mmap.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: cache: %w", err)
	}
	c := &Cache{file: f}
	err = c.parse(f.Bytes())
	if err == nil && (c.Coder != coder || c.Sources != sources) {
		err = ErrStale
	}
	if err == nil {
		err = c.verify(f.Bytes())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data: cache: %s: %w", path, err), f.Close())
	}
	return c, nil
}

// parse finds the parts of a cache.
func (c *Cache) parse(b []byte) error {
	if len(b) < cacheHead+cacheFoot || string(b[:len(cacheMagic)]) != cacheMagic {
		return errors.New("it is no cache of tokens, or of another version")
	}
	foot := b[len(b)-cacheFoot:]
	if string(foot[cacheFoot-12:]) != "\x00\x00\x00\x00"+cacheMagic {
		return errors.New("it is cut short")
	}
	if _, err := binary.Decode(foot, binary.LittleEndian, &c.footer); err != nil {
		return err
	}
	if c.Vocab > math.MaxInt32 {
		return fmt.Errorf("vocabulary: %d: must be below 2^31", c.Vocab)
	}
	if sum := crc32.Checksum(foot[:cacheFoot-16], castagnoli); sum != binary.LittleEndian.Uint32(foot[cacheFoot-16:]) {
		return errors.New("footer: the checksum is another")
	}
	room := uint64(len(b) - cacheHead - cacheFoot)
	w := width(c.Vocab)
	if c.Tokens > room/w || c.Documents > room/8 || align(c.Tokens*w)+c.Documents*8 != room {
		return fmt.Errorf("%d tokens in %d documents do not fill its %d bytes", c.Tokens, c.Documents, len(b))
	}
	if uint64(b[len(cacheMagic)]) != w {
		return fmt.Errorf("ids of %d bytes do not suit a vocabulary of %d", b[len(cacheMagic)], c.Vocab)
	}
	b = b[cacheHead : cacheHead+room]
	c.wide, c.ids, c.ends = w == 4, b[:c.Tokens*w], b[align(c.Tokens*w):]
	return nil
}

// align returns the multiple of 8 at or above n.
func align(n uint64) uint64 { return (n + 7) &^ 7 }

// verify reads all of a cache.
func (c *Cache) verify(b []byte) error {
	if sum := crc32.Checksum(b[:len(b)-cacheFoot], castagnoli); sum != c.Sum {
		return errors.New("the checksum is another: it is damaged")
	}
	var before uint64
	for i := range c.Documents {
		end := binary.LittleEndian.Uint64(c.ends[8*i:])
		if end <= before || end > c.Tokens {
			return fmt.Errorf("document %d: it cannot end at token %d of %d", i, end, c.Tokens)
		}
		before = end
	}
	if before != c.Tokens {
		return fmt.Errorf("documents end at token %d of %d", before, c.Tokens)
	}
	for i := range c.Tokens {
		if id := c.id(i); id >= c.Vocab {
			return fmt.Errorf("token %d: id %d is not in the vocabulary of %d", i, id, c.Vocab)
		}
	}
	return nil
}

func (c *Cache) id(i uint64) uint32 {
	if c.wide {
		return binary.LittleEndian.Uint32(c.ids[4*i:])
	}
	return uint32(binary.LittleEndian.Uint16(c.ids[2*i:]))
}

// Close gives the mapping back; the cache may not be used afterwards.
func (c *Cache) Close() error { return c.file.Close() }

// Len is part of Corpus.
func (c *Cache) Len() int { return int(c.Documents) }

// Before is part of Corpus.
func (c *Cache) Before(i int) int64 {
	if i == 0 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(c.ends[8*(i-1):]))
}

// Document is part of Corpus.
func (c *Cache) Document(i int) []int32 {
	lo, hi := c.Before(i), c.Before(i+1)
	return c.Append(make([]int32, 0, hi-lo), lo, hi)
}

// Append is part of Corpus.
func (c *Cache) Append(dst []int32, from, to int64) []int32 {
	if c.wide {
		for b := c.ids[4*from : 4*to]; len(b) > 0; b = b[4:] {
			dst = append(dst, int32(binary.LittleEndian.Uint32(b)))
		}
		return dst
	}
	for b := c.ids[2*from : 2*to]; len(b) > 0; b = b[2:] {
		dst = append(dst, int32(binary.LittleEndian.Uint16(b)))
	}
	return dst
}

// Cached opens the cache at path if it is one of the tokens of coder in sources,
// and makes it anew if it is not there, stale or damaged. docs is called where
// texts must be read. Whether the cache was made is told too.
func Cached(path string, sources Digest, docs func() (Stream[Document], error), coder Coder) (c *Cache, made bool, err error) {
	c, err = OpenCache(path, coder.Digest, sources)
	if err == nil {
		return c, false, nil
	}
	if _, err := os.Stat(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, false, fmt.Errorf("data: cache: %w", err)
	}
	in, err := docs()
	if err != nil {
		return nil, false, err
	}
	err = BuildCache(path, sources, in, coder)
	if closer, ok := in.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	if err != nil {
		return nil, false, err
	}
	c, err = OpenCache(path, coder.Digest, sources)
	return c, true, err
}
