package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// found returns the shared files at path.
func found(t testing.TB, path string, suffixes ...string) []File {
	t.Helper()
	files, err := Find(testkit.Shared(t, path), suffixes...)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSharedTagged(t *testing.T) {
	tags := func(path, suffix string, c Columns) (count map[string]int, sentences, words int) {
		count = map[string]int{}
		for _, s := range collect[Tagged](t, Read(found(t, path, suffix), CoNLL(c)), 1<<30) {
			sentences++
			words += len(s.Words)
			for _, tag := range s.Tags {
				count[tag]++
			}
		}
		return count, sentences, words
	}
	// Sentences and words, counted by other means.
	for _, c := range []struct {
		path, suffix     string
		c                Columns
		sentences, words int
		tag              string
	}{
		{"data/corpora/ner/wnut17", "wnut17train.conll", IOB, 3394, 62730, "B-person"},
		{"data/corpora/ner/wnut17", "test.annotated", IOB, 1287, 23394, "B-creative-work"},
		{"data/corpora/ner/uner_da_ddt", "test.iob2", UNER, 565, 10023, "B-PER"},
		{"data/corpora/parallel/pud", "en_pud-ud-test.conllu", CoNLLU, 1000, 21180, "NOUN"},
	} {
		count, sentences, words := tags(c.path, c.suffix, c.c)
		if sentences != c.sentences || words != c.words || count[c.tag] == 0 {
			t.Errorf("%s: %d sentences of %d words, want %d of %d; tags %v", c.suffix, sentences, words, c.sentences, c.words, count)
		}
	}
	// Words put together are the text, of languages with spaces and without.
	for _, name := range []string{"en", "zh"} {
		for _, s := range collect[Tagged](t, Read(found(t, "data/corpora/parallel/pud", name+"_pud-ud-test.conllu"), CoNLL(CoNLLU)), 1<<30) {
			if a, b := strings.Join(s.Words, ""), strings.ReplaceAll(s.Text, " ", ""); s.ID == "" || name == "zh" && a != b {
				t.Fatalf("%s: %q, text %q", s.ID, a, b)
			}
		}
	}
}

func TestSharedRecords(t *testing.T) {
	for _, c := range []struct {
		s     Source
		field string
		n     int
		first string
	}{
		{Source{Path: "data/corpora/classify/banking77/train.csv"}, "category", 10003, "card_arrival"},
		{Source{Path: "data/corpora/classify/banking77/test.csv"}, "text", 3080, "How do I locate my card?"},
		{Source{Path: "data/corpora/math/gsm8k"}, "answer", 7473, "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n"},
		{Source{Path: "data/corpora/code/humaneval/HumanEval.jsonl.gz"}, "entry_point", 164, "has_close_elements"},
		{Source{Path: "data/corpora/instruct/oasst/en_100_tree.jsonl"}, "prompt.text", 100, "How can I find the best 401k plan"},
		{Source{Path: "data/corpora/classify/snips/GetWeather/train_GetWeather_full.json", Element: "GetWeather"}, "data.0.text", 2000, ""},
	} {
		c.s.Path = testkit.Shared(t, c.s.Path)
		s, err := c.s.Records(c.field)
		if err != nil {
			t.Fatal(err)
		}
		records := collect(t, s, 1<<30)
		if len(records) != c.n {
			t.Errorf("%s: %d records, want %d", c.s.Path, len(records), c.n)
			continue
		}
		if text, err := records[0].Text(c.field); err != nil || !strings.HasPrefix(text, c.first) {
			t.Errorf("%s: %q, %v", c.s.Path, text, err)
		}
	}
}

func TestSharedSQuAD(t *testing.T) {
	for _, name := range []string{"en", "de"} {
		all := collect[Question](t, Read(found(t, "data/corpora/qa/xquad", "xquad."+name+".json"), SQuAD()), 1<<30)
		if len(all) != 1190 {
			t.Errorf("%s: %d questions, want 1190", name, len(all))
		}
		for _, q := range all {
			for _, a := range q.Answers {
				if a.Text == "" || q.Context[a.Start:a.Start+len(a.Text)] != a.Text {
					t.Errorf("%s: question %s: answer %q", name, q.ID, a.Text)
				}
			}
		}
	}
}

// someCoder is the tokenizer of RoBERTa.
func someCoder(t testing.TB, threads int) Coder {
	tok, err := tokenizer.Open(testkit.Shared(t, "data/tokenizers/roberta"))
	if err != nil {
		t.Fatal(err)
	}
	return Coder{Threads: threads, Vocab: tok.VocabSize(), Append: func(dst []int32, text string) []int32 {
		return tok.AppendEncode(dst, text, tokenizer.Bare, tokenizer.Literal)
	}}
}

// The whole way of a corpus: texts, cache, rows, in an order that goes on.
func TestSharedCorpus(t *testing.T) {
	coder := someCoder(t, 3)
	s := Source{Path: testkit.Shared(t, "data/corpora/pretrain/wikitext-2-raw"), Unit: "paragraphs"}
	dir := t.TempDir()
	c, made, err := s.Cached(dir, coder)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	defer c.Close()
	docs, err := s.Documents()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range collect(t, docs, 1<<30) {
		if want := coder.Append(nil, d.Text); !slices.Equal(c.Document(n), want) {
			t.Fatalf("document %d: %v, want %v", n, c.Document(n), want)
		}
		n++
	}
	if n != c.Len() || n != 2480 {
		t.Errorf("%d documents, %d in the cache", n, c.Len())
	}
	again, made, err := s.Cached(dir, coder)
	if err != nil || made {
		t.Fatal("made again", made, err)
	}
	defer again.Close()
	rest, held := HoldOut(again, 0.05, 1)
	rows, err := Concatenate(rest, Packing{Length: 128, End: []int32{2}, Separate: true})
	if err != nil {
		t.Fatal(err)
	}
	fit, err := BestFit(held, Packing{Length: 128, End: []int32{2}})
	if err != nil {
		t.Fatal(err)
	}
	resumes(t, 60, func() Stream[Row] {
		mixed, err := Mix([]Stream[Row]{Shuffled(rows, 3), Shuffled(fit, 4)}, []float64{3, 1}, 5)
		if err != nil {
			t.Fatal(err)
		}
		return mixed
	})
}

func BenchmarkBuildCache(b *testing.B) {
	files := found(b, "data/corpora/pretrain/authors", ".txt")
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			coder := someCoder(b, threads)
			var tokens uint64
			for b.Loop() {
				path := b.TempDir() + "/cache"
				if err := BuildCache(path, Digest{}, Read(files, Text(Paragraphs)), coder); err != nil {
					b.Fatal(err)
				}
				c, err := OpenCache(path, Digest{}, Digest{})
				if err != nil {
					b.Fatal(err)
				}
				tokens += c.Tokens
				_ = c.Close()
			}
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds()/1e6, "Mtok/s")
		})
	}
}
