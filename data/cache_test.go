package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// letters is a coder whose tokens are bytes, spaces left out.
func letters(threads int) Coder {
	return Coder{Threads: threads, Vocab: 256, Digest: sha256.Sum256([]byte("letters")),
		Append: func(dst []int32, text string) []int32 {
			for _, b := range []byte(text) {
				if b != ' ' {
					dst = append(dst, int32(b))
				}
			}
			return dst
		}}
}

// wide is letters in a vocabulary that needs four bytes an id.
func wide() Coder {
	c := letters(2)
	c.Vocab = 1<<16 + 300
	inner := c.Append
	c.Append = func(dst []int32, text string) []int32 {
		n := len(dst)
		dst = inner(dst, text)
		for i := range dst[n:] {
			dst[n+i] += 1 << 16
		}
		return dst
	}
	return c
}

func documents(n int) (docs Slice[Document]) {
	for i := range n {
		docs = append(docs, Document{Text: strings.Repeat(fmt.Sprintf("document %d ", i), i%50)})
	}
	return docs
}

func build(t testing.TB, path string, c Coder, docs Slice[Document]) *Cache {
	t.Helper()
	if err := BuildCache(path, Digest{}, InOrder[Document](docs), c); err != nil {
		t.Fatal(err)
	}
	cache, err := OpenCache(path, c.Digest, Digest{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	return cache
}

// A cache holds what the coder says, in the same bytes at any number of threads.
func TestCacheHolds(t *testing.T) {
	dir := t.TempDir()
	docs := documents(3000)
	var want []byte
	for i, c := range []Coder{letters(1), letters(0), letters(5), wide()} {
		path := filepath.Join(dir, fmt.Sprint(i))
		cache := build(t, path, c, docs)
		var filled [][]int32
		for _, d := range docs {
			if ids := c.Append(nil, d.Text); len(ids) > 0 {
				filled = append(filled, ids)
			}
		}
		sameCorpus(t, cache, NewMemory(filled...))
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = got
		}
		if i < 3 && !bytes.Equal(got, want) {
			t.Errorf("%d threads write another file", c.Threads)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// sameCorpus holds all that a corpus says against another.
func sameCorpus(t *testing.T, got, want Corpus) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Fatalf("%d documents, want %d", got.Len(), want.Len())
	}
	for i := range want.Len() + 1 {
		if g, w := got.Before(i), want.Before(i); g != w {
			t.Fatalf("%d tokens before document %d, want %d", g, i, w)
		}
		if i < want.Len() && fmt.Sprint(got.Document(i)) != fmt.Sprint(want.Document(i)) {
			t.Fatalf("document %d: %v, want %v", i, got.Document(i), want.Document(i))
		}
	}
	n := want.Before(want.Len())
	for from := int64(0); from <= n; from += 1 + n/5 {
		for to := from; to <= n; to += 1 + n/4 {
			if g, w := got.Append(nil, from, to), want.Append(nil, from, to); !reflect.DeepEqual(g, w) && len(g)+len(w) > 0 {
				t.Fatalf("tokens %d … %d: %v, want %v", from, to, g, w)
			}
		}
	}
}

func TestCachedIsMadeWhereItMustBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "cache")
	docs := func() (Stream[Document], error) { return InOrder[Document](documents(9)), nil }
	cached := func(sources Digest, c Coder) bool {
		t.Helper()
		cache, made, err := Cached(path, sources, docs, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := cache.Close(); err != nil {
			t.Fatal(err)
		}
		return made
	}
	other := letters(1)
	other.Digest[0]++
	steps := []struct {
		name    string
		sources Digest
		c       Coder
		made    bool
	}{
		{"first", Digest{}, letters(1), true},
		{"again", Digest{}, letters(3), false},
		{"other sources", Digest{1}, letters(1), true},
		{"other tokenizer", Digest{1}, other, true},
		{"again", Digest{1}, other, false},
	}
	for _, s := range steps {
		if made := cached(s.sources, s.c); made != s.made {
			t.Errorf("%s: made %v, want %v", s.name, made, s.made)
		}
	}
	if _, err := OpenCache(path, letters(1).Digest, Digest{1}); !errors.Is(err, ErrStale) {
		t.Errorf("another tokenizer's: %v", err)
	}
	if err := os.Truncate(path, 200); err != nil {
		t.Fatal(err)
	}
	if !cached(Digest{1}, other) {
		t.Error("a file cut short was opened")
	}
}

// failing gives some documents, then an error.
type failing struct {
	Stream[Document]
	err error
}

func (f failing) Next() (Document, error) {
	d, err := f.Stream.Next()
	if err != nil {
		err = f.err
	}
	return d, err
}

func TestBuildCacheFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cache")
	build(t, path, letters(1), documents(5))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	odd := letters(3)
	odd.Vocab = 100
	for name, err := range map[string]error{
		"no text":    BuildCache(path, Digest{}, InOrder[Document](Slice[Document]{{Text: " "}}), letters(1)),
		"id":         BuildCache(path, Digest{}, InOrder[Document](documents(30000)), odd),
		"vocabulary": BuildCache(path, Digest{}, InOrder[Document](documents(2)), Coder{}),
		"broken":     BuildCache(path, Digest{}, failing{InOrder[Document](documents(9)), errors.New("line 3: broken")}, letters(2)),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a failure changed the file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// Any change to any byte of a cache is an error, and so is any length.
func TestDamagedCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	build(t, path, letters(1), documents(4))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, b []byte) {
		t.Helper()
		if err := openBytes(b); err == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		refused(fmt.Sprintf("byte %d", i), b)
		refused(fmt.Sprintf("%d bytes", i), whole[:i])
	}
	refused("longer", append(bytes.Clone(whole), 0))
}

// openBytes parses a cache in memory.
func openBytes(b []byte) error {
	c := &Cache{}
	if err := c.parse(b); err != nil {
		return err
	}
	return c.verify(b)
}

// sums puts right checksums into a cache, so that what lies behind them is reached.
func sums(b []byte) []byte {
	if len(b) < cacheHead+cacheFoot {
		return b
	}
	b = bytes.Clone(b)
	foot := b[len(b)-cacheFoot:]
	copy(b, cacheMagic)
	copy(foot[cacheFoot-8:], cacheMagic)
	binary.LittleEndian.PutUint32(foot[20:], crc32.Checksum(b[:len(b)-cacheFoot], castagnoli))
	binary.LittleEndian.PutUint32(foot[cacheFoot-16:], crc32.Checksum(foot[:cacheFoot-16], castagnoli))
	return b
}

func FuzzCache(f *testing.F) {
	path := filepath.Join(f.TempDir(), "cache")
	for _, c := range []Coder{letters(1), wide()} {
		build(f, path, c, documents(4))
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, sums(b)} {
			c := &Cache{}
			if c.parse(b) != nil || c.verify(b) != nil {
				continue
			}
			for i := range c.Len() {
				for _, id := range c.Document(i) {
					if id < 0 || uint32(id) >= c.Vocab {
						t.Fatalf("id %d of %d", id, c.Vocab)
					}
				}
			}
		}
	})
}
