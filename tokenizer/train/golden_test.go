package train

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// learnt is what the reference learns from corpora by some settings.
type learnt struct {
	Preset string
	Corpus []string
	Config json.RawMessage // over the preset's
	Tokens []string        // by id
	Merges [][2]string
}

func readGolden(t testing.TB, path string, to any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err == nil {
		err = json.NewDecoder(z).Decode(to)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func corpus(names ...string) (sources []Source) {
	for _, name := range names {
		sources = append(sources, File("testdata/corpus/"+name+".txt"))
	}
	return sources
}

func mustPreset(t testing.TB, name string) Config {
	t.Helper()
	c, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustTrain(t testing.TB, c Config, corpus ...Source) *Vocabulary {
	t.Helper()
	v, err := Train(context.Background(), c, corpus...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// train learns from sources by the same settings.
func (l learnt) train(t *testing.T, sources []Source) *Vocabulary {
	c := mustPreset(t, l.Preset)
	if err := json.Unmarshal(l.Config, &c); err != nil {
		t.Fatal(err)
	}
	return mustTrain(t, c, sources...)
}

// mergesOf returns the merges as tokenizer.json has them.
func mergesOf(v *Vocabulary) [][2]string {
	if v.Config.Kind == WordPiece {
		return nil
	}
	merges := make([][2]string, len(v.Merges))
	for i, m := range v.Merges {
		merges[i] = [2]string{v.Tokens[m[0]], v.Tokens[m[1]]}
	}
	return merges
}

// check holds what is learnt from sources to the reference.
func (l learnt) check(t *testing.T, sources []Source) {
	v := l.train(t, sources)
	if i := firstOther(v.Tokens, l.Tokens); i >= 0 {
		t.Errorf("%s %v %s: %d tokens, want %d; differ from id %d", l.Preset, l.Corpus, l.Config, len(v.Tokens), len(l.Tokens), i)
	}
	merges := mergesOf(v)
	if i := firstOther(merges, l.Merges); i >= 0 {
		t.Errorf("%s %v %s: %d merges, want %d; differ from merge %d", l.Preset, l.Corpus, l.Config, len(merges), len(l.Merges), i)
	}
}

// firstOther returns where two lists first differ, or -1.
func firstOther[T comparable](a, b []T) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b))
	}
	return -1
}

// TestReference: vocabulary, ids and merges are those of Hugging Face's trainers.
func TestReference(t *testing.T) {
	var all []learnt
	readGolden(t, "testdata/learnt.json.gz", &all)
	for _, l := range all {
		l.check(t, corpus(l.Corpus...))
	}
	if len(all) < 30 {
		t.Errorf("%d cases", len(all))
	}
}

// digest returns what the reference's digests are of.
func digest(tokens []string, merges [][2]string) string {
	h := sha256.New()
	io.WriteString(h, strings.Join(tokens, "\x00")+"\x01")
	for i, m := range merges {
		if i > 0 {
			h.Write([]byte{0})
		}
		io.WriteString(h, m[0]+" "+m[1])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// TestReferenceReal is TestReference on real corpora.
func TestReferenceReal(t *testing.T) {
	testkit.Long(t)
	data, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		learnt
		SHA256 string
	}
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 50 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	for _, l := range all {
		v := l.train(t, realCorpus(t, l.Corpus[0]))
		if digest(v.Tokens, mergesOf(v)) != l.SHA256 {
			t.Errorf("%s %v %s: another vocabulary of %d tokens", l.Preset, l.Corpus, l.Config, len(v.Tokens))
		}
	}
}

// realCorpus returns one of the corpora of the shared data.
func realCorpus(t testing.TB, name string) []Source {
	shared := func(path string) string { return testkit.Shared(t, "data/corpora/"+path) }
	text := func(path string, convert func(string) []string) []Source {
		b, err := os.ReadFile(shared(path))
		if err != nil {
			t.Fatal(err)
		}
		return []Source{Text(name, strings.Join(append(convert(string(b)), ""), "\n"))}
	}
	switch name {
	case "shakespeare":
		return []Source{File(shared("pretrain/tinyshakespeare/input.txt"))}
	case "wiki":
		return []Source{File(shared("pretrain/wikitext-2-raw/wiki.valid.raw")), File(shared("pretrain/wikitext-2-raw/wiki.test.raw"))}
	case "darwin":
		return []Source{File(shared("pretrain/authors/darwin.txt"))}
	case "zh":
		return text("parallel/pud/zh_pud-ud-test.conllu", func(s string) (lines []string) {
			for line := range strings.SplitSeq(s, "\n") {
				if line, ok := strings.CutPrefix(line, "# text = "); ok {
					lines = append(lines, line)
				}
			}
			return lines
		})
	}
	return text("qa/xquad/xquad.de.json", func(s string) (lines []string) {
		var file struct {
			Data []struct{ Paragraphs []struct{ Context string } }
		}
		if err := json.Unmarshal([]byte(s), &file); err != nil {
			t.Fatal(err)
		}
		for _, a := range file.Data {
			for _, p := range a.Paragraphs {
				lines = append(lines, p.Context)
			}
		}
		return lines
	})
}

// checkUnigram holds the number of tokens of a corpus by its unigram vocabulary to
// that by SentencePiece's.
func checkUnigram(t *testing.T, path string, open func(name string) []Source) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Corpus       string
		Size, Tokens int
	}
	if err := json.Unmarshal(data, &all); err != nil || len(all) < 4 {
		t.Fatalf("%s: %d cases, %v", path, len(all), err)
	}
	for _, c := range all {
		var b strings.Builder
		for _, s := range open(c.Corpus) {
			b.Write(mustRead(t, s))
		}
		text := strings.ReplaceAll(b.String(), "<unk>", "unknown")
		config := mustPreset(t, "t5")
		config.VocabSize = c.Size
		v := mustTrain(t, config, Text(c.Corpus, text))
		k, err := v.Tokenizer()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.SplitSeq(text, "\n") {
			n += len(k.Encode(line, tokenizer.Bare))
		}
		t.Logf("%s, %d: %d tokens, %.4f of SentencePiece's", c.Corpus, c.Size, n, float64(n)/float64(c.Tokens))
		if float64(n) > 1.01*float64(c.Tokens) || len(v.Tokens) != c.Size {
			t.Errorf("%s: %d tokens by a vocabulary of %d, want at most 1 %% over %d", c.Corpus, n, len(v.Tokens), c.Tokens)
		}
	}
}

// TestUnigram: a text gets as few tokens as with SentencePiece's trainer.
func TestUnigram(t *testing.T) {
	checkUnigram(t, "testdata/unigram.json", func(name string) []Source { return corpus(name) })
}

// TestUnigramReal is TestUnigram on real corpora.
func TestUnigramReal(t *testing.T) {
	testkit.Long(t)
	checkUnigram(t, "testdata/real_unigram.json", func(name string) []Source { return realCorpus(t, name) })
}

// smallPreset returns a preset that the test corpora are large enough for.
func smallPreset(t testing.TB, name string) Config {
	c := mustPreset(t, name)
	if c.VocabSize > 0 {
		c.VocabSize = 1000
	}
	return c
}

// TestPresets: each preset learns what it did before, and the tokenizer opens and
// encodes as Hugging Face's library does with the same file.
func TestPresets(t *testing.T) {
	var opened map[string]struct {
		Pair  []int32
		Cases []struct {
			Text, Decoded string
			IDs           []int32
		}
	}
	if !testkit.Updating() {
		readGolden(t, "testdata/opened.json.gz", &opened)
	}
	for _, name := range Presets() {
		v := mustTrain(t, smallPreset(t, name), corpus("words", "mixed", "code")...)
		data, err := v.JSON()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata/preset", name+".json")
		testkit.Golden(t, path, data)
		if testkit.Updating() {
			continue
		}
		k, err := tokenizer.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := opened[name]
		if pair, _ := k.EncodePair("one", "two words"); !slices.Equal(pair, want.Pair) {
			t.Errorf("%s: pair = %v, want %v", name, pair, want.Pair)
		}
		if len(want.Cases) < 50 {
			t.Errorf("%s: %d texts", name, len(want.Cases))
		}
		for _, c := range want.Cases {
			ids := k.Encode(c.Text)
			if !slices.Equal(ids, c.IDs) {
				t.Errorf("%s: %q = %v, want %v", name, c.Text, ids, c.IDs)
			} else if text := k.Decode(ids, false); text != c.Decoded {
				t.Errorf("%s: %q decodes as %q, want %q", name, c.Text, text, c.Decoded)
			}
		}
	}
}
