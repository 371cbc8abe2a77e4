package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer"
)

func mustJSON(t testing.TB, v *Vocabulary) []byte {
	t.Helper()
	data, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestThreads: the same at any number of threads, also when words are left out.
func TestThreads(t *testing.T) {
	// Words of up to three letters: many for their length, so that tables are large.
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 120_000 {
		for range 1 + rng.IntN(3) {
			b.WriteByte(byte('a' + rng.IntN(24)))
		}
		b.WriteString([]string{" ", "\n", ". "}[rng.IntN(3)])
	}
	text := b.String()
	sources := []Source{Text("one", text[:300_000]), Text("two", text[300_000:])}
	for _, name := range []string{"gpt2", "llama", "bert", "t5"} {
		for _, memory := range []int64{0, 2 << 20} {
			var want []byte
			var dropped int64
			for _, threads := range []int{1, 2, 3, 7} {
				c := smallPreset(t, name)
				c.Threads, c.Memory, c.TempDir = threads, memory, t.TempDir()
				v := mustTrain(t, c, sources...)
				data := mustJSON(t, v)
				if want == nil {
					want, dropped = data, v.Dropped
				}
				if !bytes.Equal(data, want) || v.Dropped != dropped || memory == 0 && dropped > 0 {
					t.Errorf("%s: %d threads, memory %d: another vocabulary (%d dropped, want %d)", name, threads, memory, v.Dropped, dropped)
				}
				if left, _ := os.ReadDir(c.TempDir); len(left) > 0 {
					t.Errorf("%s: %d temporary files are left", name, len(left))
				}
			}
		}
	}
}

// TestStore: counts are exact where tables went to disk, and files go away.
func TestStore(t *testing.T) {
	c := Config{Memory: 2 << 20, TempDir: t.TempDir()}
	s := newStore(&c)
	want := map[string]int64{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for i := range 3 {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(3, uint64(i)))
			var small table
			for range 100_000 {
				word, n := fmt.Sprint(rng.IntN(30_000)), rng.Int64N(1000)+1
				small.count([]byte(word), n)
				mu.Lock()
				want[word] += n
				mu.Unlock()
				if small.len() == 1000 {
					if err := s.add(&small); err != nil {
						t.Error(err)
					}
				}
			}
			if err := s.add(&small); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := len(s.shards[0].runs); n < 2 {
		t.Errorf("%d runs on disk", n)
	}
	keep := &keeper{limit: 1 << 30}
	if err := s.drain(keep); err != nil {
		t.Fatal(err)
	}
	for i, n := range keep.counts {
		if word := string(keep.at(i)); want[word] != n {
			t.Errorf("%s: %d, want %d", word, n, want[word])
		}
	}
	if keep.len() != len(want) || keep.dropped != 0 {
		t.Errorf("%d words, %d dropped, want %d", keep.len(), keep.dropped, len(want))
	}
	s.close()
	if left, _ := os.ReadDir(c.TempDir); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

// TestKeeper: what is kept is as much as fits, the most frequent words, in whatever
// order they come.
func TestKeeper(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		counts := map[string]int64{}
		var total int64
		for i := range 2000 {
			n := 1 + rng.Int64N(50)
			counts[fmt.Sprint("w", i)] = n
			total += n
		}
		floor := int64(-1)
		const limit = 20_000
		for fits := false; !fits; {
			floor++
			var all int64
			for word, n := range counts {
				if n > floor {
					all += cost(len(word))
				}
			}
			fits = all <= limit
		}
		k := &keeper{limit: limit}
		for word, n := range counts { // in another order each time
			k.keep([]byte(word), n)
		}
		k.compact()
		var kept int64
		for i, n := range k.counts {
			word := string(k.at(i))
			if counts[word] != n || n <= floor {
				t.Errorf("%s: %d, want %d over %d", word, n, counts[word], floor)
			}
			delete(counts, word)
			kept += n
		}
		for word, n := range counts {
			if n > floor {
				t.Errorf("%s is lost: %d, over %d", word, n, floor)
			}
		}
		if kept+k.dropped != total || k.floor != floor || k.len() == 0 {
			t.Errorf("%d kept, %d dropped of %d; floor %d, want %d", kept, k.dropped, total, k.floor, floor)
		}
	}
}

// TestDropped: too little memory leaves rare words out and says so.
func TestDropped(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "common word%d ", i)
	}
	c := smallPreset(t, "gpt2")
	c.Memory, c.TempDir = 200<<10, t.TempDir()
	v := mustTrain(t, c, Text("text", b.String()))
	if v.Dropped < 1000 || v.Words == 0 || !slices.Contains(v.Tokens, "common") && !slices.Contains(v.Tokens, "Ġcommon") {
		t.Errorf("%d words, %d dropped", v.Words, v.Dropped)
	}
}

// failing is a reader that fails in the middle.
type failing struct{ left int }

func (f *failing) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, errors.New("the disk is on fire")
	}
	n := min(len(b), f.left)
	f.left -= n
	copy(b, bytes.Repeat([]byte("word "), n/5+1))
	return n, nil
}

func (*failing) Close() error { return nil }

// TestErrors: what cannot be is refused with a reason.
func TestErrors(t *testing.T) {
	text := func(s string) []Source { return []Source{Text("some.txt", s)} }
	with := func(preset string, change func(*Config)) Config {
		c := smallPreset(t, preset)
		change(&c)
		return c
	}
	none := func(*Config) {}
	for _, c := range []struct {
		config Config
		corpus []Source
		says   string
	}{
		{Config{}, text("a"), "kind"},
		{with("gpt2", func(c *Config) { c.Kind = "bogus" }), text("a"), `"bogus"`},
		{with("gpt2", func(c *Config) { c.VocabSize = 0 }), text("a"), "vocab-size"},
		{with("gpt2", func(c *Config) { c.VocabSize = -1 }), text("a"), "vocab-size -1"},
		{with("gpt2", func(c *Config) { c.VocabSize = 1 << 40 }), text("a"), "vocab-size 1099511627776"},
		{with("gpt2", func(c *Config) { c.VocabSize = 256 }), text("a b"), "257 tokens"},
		{with("bert", func(c *Config) { c.VocabSize = 7 }), text("ab"), "8 tokens"},
		{with("char", func(c *Config) { c.VocabSize = 1 }), text("a b"), "vocab-size 1"},
		{with("byte", func(c *Config) { c.VocabSize = 300 }), nil, "256"},
		{with("t5", func(c *Config) { c.VocabSize = 5 }), text("a b c"), "7 tokens"},
		{with("t5", none), text("a b c ab abc"), "no more than"},
		{with("t5", func(c *Config) { c.Unknown = "" }), text("a"), "unknown"},
		{with("t5", func(c *Config) { c.Coverage = 1.5 }), text("a"), "coverage 1.5"},
		{with("gpt2", none), nil, "corpus"},
		{with("gpt2", none), text(""), "no word"},
		{with("bert", none), text(" \n\n \t"), "no word"},
		{with("gpt2", none), []Source{File("testdata/nowhere.txt")}, "testdata/nowhere.txt"},
		{with("gpt2", none), []Source{File("testdata")}, "testdata"},
		{with("gpt2", none), text("good\nbad \xff"), "some.txt: not UTF-8 at byte 9"},
		{with("gpt2", none), append(text("good "), Source{Name: "pipe", Open: func() (io.ReadCloser, error) { return &failing{5e6}, nil }}), "pipe: the disk is on fire"},
		{with("gpt2", func(c *Config) { c.Special = []string{"\xff"} }), text("a"), "UTF-8"},
		{with("gpt2", func(c *Config) { c.Special = []string{""} }), text("a"), "empty"},
		{with("roberta", func(c *Config) { c.Special = []string{"<s>"} }), text("a"), `"</s>"`},
		{with("gpt2", func(c *Config) { c.MinFrequency = -1 }), text("a"), "min-frequency"},
		{with("gpt2", func(c *Config) { c.LimitAlphabet = -1 }), text("a"), "limit-alphabet"},
		{with("gpt2", func(c *Config) { c.MaxTokenLength = -1 }), text("a"), "max-token-length"},
		{with("gpt2", func(c *Config) { c.Memory = -1 }), text("a"), "memory"},
		{with("gpt2", func(c *Config) { c.Normalizer = []byte(`{"type":"Bogus"}`) }), text("a"), "Bogus"},
		{with("gpt2", func(c *Config) { c.PreTokenizer = []byte(`{"type":`) }), text("a"), "pre_tokenizer"},
		{with("llama", func(c *Config) { c.Memory, c.TempDir = 1000, "testdata/nowhere" }), corpus("words"), "nowhere"},
	} {
		v, err := Train(context.Background(), c.config, c.corpus...)
		if err == nil || !strings.HasPrefix(err.Error(), "train: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %d: %v, %v, want an error with %q", c.config.Kind, c.config.VocabSize, v, err, c.says)
		}
	}
	for _, err := range []error{
		second(Preset("bogus")), second(Default("bogus")), second(Normalizer("bogus")), second(PreTokenizer("bogus")),
	} {
		if err == nil || !strings.Contains(err.Error(), "bogus") {
			t.Errorf("%v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestCancel: training ends soon in each stage, with the context's error.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		preset string
		stages []Stage
	}{{"gpt2", []Stage{Counting, Merging}}, {"t5", []Stage{Counting, Seeding, Fitting}}} {
		for _, stage := range c.stages {
			ctx, cancel := context.WithCancel(context.Background())
			config := smallPreset(t, c.preset)
			config.Progress = func(p Progress) {
				if p.Stage == stage {
					cancel()
				}
			}
			if _, err := Train(ctx, config, corpus("words", "mixed")...); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, %s: %v", c.preset, stage, err)
			}
			cancel()
		}
	}
	// A source that never gives anything does not keep it.
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	pipe := Source{Name: "pipe", Open: func() (io.ReadCloser, error) { cancel(); return r, nil }}
	if _, err := Train(ctx, smallPreset(t, "gpt2"), pipe); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a pipe: %v", err)
	}
}

// TestProgress: each stage comes to its end.
func TestProgress(t *testing.T) {
	for _, name := range []string{"bert", "t5"} {
		last := map[Stage]Progress{}
		c := smallPreset(t, name)
		c.Progress = func(p Progress) {
			if p.Done < last[p.Stage].Done || p.Done > p.Total {
				t.Errorf("%s: %v behind %v", name, p, last[p.Stage])
			}
			last[p.Stage] = p
		}
		mustTrain(t, c, corpus("words", "mixed")...)
		if len(last) < 2 {
			t.Errorf("%s: stages %v", name, last)
		}
		for _, p := range last {
			if p.Done != p.Total || p.Total == 0 {
				t.Errorf("%s ends at %v", name, p)
			}
		}
	}
}

// TestLines: lines may lie across blocks, and long ones are cut before a space.
func TestLines(t *testing.T) {
	for _, c := range []struct {
		b    string
		want int
	}{
		{"one\ntwo", 4}, {"one", 0}, {strings.Repeat("x", maxLine-4) + " yz", 0}, {strings.Repeat("x", maxLine) + " yz", maxLine},
		{strings.Repeat("x", maxLine) + "é", maxLine + 2}, {strings.Repeat("x", maxLine) + "é"[:1], maxLine},
	} {
		if got := lineEnd([]byte(c.b)); got != c.want {
			t.Errorf("%.20q of %d bytes: %d, want %d", c.b, len(c.b), got, c.want)
		}
	}
	line := strings.Repeat("some words, ", blockSize/8) + "\n"
	c := smallPreset(t, "gpt2")
	w, _, err := count(context.Background(), &c, []Source{Text("lines", line+line+"end")})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for i, n := range w.counts {
		counts[string(w.at(i))] = n
	}
	if n := counts["Ġwords"]; n != 2*blockSize/8 || counts["end"] != 1 || counts["some"] != 2 {
		t.Errorf("counts %v", counts)
	}
}

// FuzzTrain: whatever the corpus, there is an error or a tokenizer that opens,
// gives ids it has, and keeps bytes where it says so.
func FuzzTrain(f *testing.F) {
	for i, text := range []string{"a", "low lower lowest", "aaaaaaaaaaaa aaaa", "日本語 テキスト\n日本", "e\u0301e\u0301 \U0001F600", "\x00 \x01", "▁▁a ▁", "##a ##ab", "<unk> <s>"} {
		f.Add(text, uint8(i), uint16(300+i))
	}
	names := Presets()
	f.Fuzz(func(t *testing.T, text string, preset uint8, size uint16) {
		c := mustPreset(t, names[int(preset)%len(names)])
		if c.Kind != Byte && c.Kind != Char {
			c.VocabSize = int(size % 2000)
		}
		c.MinFrequency = 1
		v, err := Train(context.Background(), c, Text("text", text))
		if err != nil {
			return
		}
		if c.VocabSize > 0 && len(v.Tokens) > c.VocabSize || c.Kind == Unigram && len(v.Tokens) != c.VocabSize {
			t.Fatalf("%d tokens, want %d", len(v.Tokens), c.VocabSize)
		}
		k, err := v.Tokenizer()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Files(); err != nil {
			t.Fatal(err)
		}
		ids := k.Encode(text, tokenizer.Bare, tokenizer.Literal)
		for _, id := range ids {
			if int(id) >= len(v.Tokens) || id < 0 {
				t.Fatalf("id %d of %d tokens", id, len(v.Tokens))
			}
		}
		if back := k.Decode(ids, false); k.ByteComplete() && utf8.ValidString(text) && back != text {
			t.Fatalf("%q came back as %q", text, back)
		}
	})
}
