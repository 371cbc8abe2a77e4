package tokenizer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// golden is what the reference makes of one text. Fields that it does not have
// are nil.
type golden struct {
	Text    string
	IDs     []int32 // with the template
	Bare    []int32
	Literal []int32 // bare, and special tokens taken for plain text
	Decoded *string // of IDs
	Skipped *string // the same without special tokens
	Offsets [][2]int
	Words   []int32
	Types   []int32
	Special []int
	Starts  []int // of the characters that the literal ids begin in
	Pair    *goldenPair
}

// goldenPair is what the reference makes of the text and another.
type goldenPair struct {
	Text       string
	IDs, Types []int32
	Texts      []int8
	Special    []int
}

// published opens the vocabularies of the shared data by the names that
// tools/golden/tokenizer.py has for them.
var published = map[string]func(t testing.TB) (*Tokenizer, error){
	"bert-base-uncased":       bertVocab("bert-base-uncased", true),
	"bert-base-chinese":       bertVocab("bert-base-chinese", false),
	"bert-multilingual-cased": bertVocab("bert-multilingual-cased", false),
	"roberta":                 pairVocab("roberta/vocab.json", "roberta/merges.txt", "roberta"),
	"openai-gpt":              pairVocab("openai-gpt/openai-gpt-vocab.json", "openai-gpt/openai-gpt-merges.txt", "openai-gpt"),
	"qwen2":                   func(t testing.TB) (*Tokenizer, error) { return Open(shared(t, "qwen2")) },
	"gpt-neox":                func(t testing.TB) (*Tokenizer, error) { return OpenFile(shared(t, "gpt-neox/20B_tokenizer.json")) },
	"clip":                    clipVocab,
	"t5":                      pieceVocab("t5/t5_tokenizer_base.model"),
	"xlnet":                   pieceVocab("xlnet/spiece.model"),
	"mistral":                 pieceVocab("mistral/tokenizer.model.v1"),
	"mistral-v3":              pieceVocab("mistral/mistral_instruct_tokenizer_240323.model.v3"),
	"tiktoken-r50k":           rankVocab("r50k_base", ""),
	"tiktoken-cl100k":         rankVocab("cl100k_base", ""),
	"tiktoken-o200k":          rankVocab("cl100k_base", patternO200K),
	"llama-spm":               ggufVocab("llama-spm"),
	"phi-3":                   ggufVocab("phi-3"),
	"gguf-gpt-2":              ggufVocab("gpt-2"),
	"gguf-starcoder":          ggufVocab("starcoder"),
	"gguf-deepseek-coder":     ggufVocab("deepseek-coder"),
	"gguf-bert-bge":           ggufVocab("bert-bge"),
}

func shared(t testing.TB, path string) string { return testkit.Shared(t, "data/tokenizers/"+path) }

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func bertVocab(name string, lower bool) func(testing.TB) (*Tokenizer, error) {
	return func(t testing.TB) (*Tokenizer, error) {
		data := mustRead(t, shared(t, name+"/vocab.txt"))
		for _, token := range []string{"[UNK]", "[CLS]", "[SEP]", "[MASK]"} { // one copy was lower-cased as a whole
			data = bytes.Replace(data, []byte("\n"+strings.ToLower(token)+"\n"), []byte("\n"+token+"\n"), 1)
		}
		return FromVocabText(data, Options{LowerCase: &lower})
	}
}

func pairVocab(vocab, merges, model string) func(testing.TB) (*Tokenizer, error) {
	return func(t testing.TB) (*Tokenizer, error) {
		return FromVocab(mustRead(t, shared(t, vocab)), mustRead(t, shared(t, merges)), Options{Model: model})
	}
}

// pieceVocab opens a SentencePiece model; "raw" is no model's name, so that none
// of the conventions of one are added.
func pieceVocab(path string) func(testing.TB) (*Tokenizer, error) {
	return func(t testing.TB) (*Tokenizer, error) {
		return FromSentencePiece(mustRead(t, shared(t, path)), Options{Model: "raw"})
	}
}

func ggufVocab(name string) func(testing.TB) (*Tokenizer, error) {
	return func(t testing.TB) (*Tokenizer, error) {
		return FromGGUF(readMetadata(t, shared(t, "ggml-vocab/ggml-vocab-"+name+".gguf")))
	}
}

// rankVocab opens a rank file, with another pattern than its own if one is given.
func rankVocab(name, pattern string) func(testing.TB) (*Tokenizer, error) {
	return func(t testing.TB) (*Tokenizer, error) {
		o := Options{Pattern: pattern}
		if pattern != "" {
			o.Added = encodings[3].special
		}
		return FromRanks(mustRead(t, shared(t, "tiktoken/"+name+".tiktoken")), o)
	}
}

// clipVocab makes CLIP's vocabulary of its merges as CLIP does.
func clipVocab(t testing.TB) (*Tokenizer, error) {
	f, err := gzip.NewReader(bytes.NewReader(mustRead(t, shared(t, "clip/bpe_simple_vocab_16e6.txt.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	merges := strings.Split(string(data), "\n")[1 : 49152-256-2+1]
	var tokens []string
	for _, b := range append(byteRange('!', '~'), append(byteRange(0xA1, 0xAC), byteRange(0xAE, 0xFF)...)...) {
		tokens = append(tokens, string(byteRune[b]))
	}
	for b := range 256 {
		if c := string(byteRune[b]); !slices.Contains(tokens, c) {
			tokens = append(tokens, c)
		}
	}
	for _, c := range tokens[:256] {
		tokens = append(tokens, c+"</w>")
	}
	for _, m := range merges {
		tokens = append(tokens, strings.ReplaceAll(m, " ", ""))
	}
	vocab := map[string]int32{}
	for i, c := range append(tokens, "<|startoftext|>", "<|endoftext|>") {
		vocab[c] = int32(i)
	}
	text, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	return FromVocab(text, []byte(strings.Join(merges, "\n")), Options{Model: "clip"})
}

func byteRange(lo, hi int) (all []int) {
	for b := lo; b <= hi; b++ {
		all = append(all, b)
	}
	return all
}

// difference says in what got differs from the reference, "" if in nothing.
func (g golden) difference(tok *Tokenizer) string {
	if g.IDs != nil {
		if got := tok.Encode(g.Text); !slices.Equal(got, g.IDs) {
			return "ids"
		}
	}
	if g.Bare != nil {
		opts := []Option{Bare}
		if g.IDs == nil { // SentencePiece knows no special tokens in text
			opts = append(opts, Literal)
		}
		if got := tok.Encode(g.Text, opts...); !slices.Equal(got, g.Bare) {
			return "bare ids"
		}
	}
	if g.Literal != nil && !slices.Equal(tok.Encode(g.Text, Bare, Literal), g.Literal) {
		return "literal ids"
	}
	if g.Decoded != nil && tok.Decode(g.IDs, false) != *g.Decoded {
		return "decoded"
	}
	ids := g.IDs
	if ids == nil {
		ids = g.Bare
	}
	if g.Skipped != nil && tok.Decode(ids, true) != *g.Skipped {
		return "skipped"
	}
	if what := g.places(tok); what != "" {
		return what
	}
	if g.Pair != nil {
		return g.Pair.difference(tok, g.Text)
	}
	return ""
}

// places compares what stands beside the ids.
func (g golden) places(tok *Tokenizer) string {
	if g.Starts != nil {
		e := tok.EncodeWithOffsets(g.Text, Bare, Literal)
		for i, o := range e.RuneOffsets(g.Text) {
			if o.Start != g.Starts[i] {
				return "starts"
			}
		}
	}
	if g.Offsets == nil {
		return ""
	}
	e := tok.EncodeWithOffsets(g.Text)
	runes := e.RuneOffsets(g.Text)
	for i, o := range g.Offsets {
		if (Offset{o[0], o[1]}) != runes[i] {
			return "offsets"
		}
	}
	switch {
	case g.Words != nil && !slices.Equal(e.Words, g.Words):
		return "words"
	case g.Types != nil && !slices.Equal(e.Types, g.Types):
		return "types"
	case g.Special != nil && !slices.Equal(e.Special, flags(g.Special)):
		return "special"
	}
	return ""
}

func flags(bits []int) []bool {
	all := make([]bool, len(bits))
	for i, b := range bits {
		all[i] = b != 0
	}
	return all
}

func (p *goldenPair) difference(tok *Tokenizer, text string) string {
	e := tok.EncodePairWithOffsets(text, p.Text)
	switch {
	case !slices.Equal(e.IDs, p.IDs):
		return "pair's ids"
	case !slices.Equal(e.Types, p.Types):
		return "pair's types"
	case !slices.Equal(e.Text, p.Texts):
		return "pair's texts"
	case !slices.Equal(e.Special, flags(p.Special)):
		return "pair's special"
	}
	return ""
}

func (g golden) show(t *testing.T, tok *Tokenizer, what string) {
	t.Helper()
	switch what {
	case "ids":
		t.Errorf("%q:\n got %v\nwant %v", g.Text, tok.Encode(g.Text), g.IDs)
	case "bare ids":
		t.Errorf("%q, bare:\n got %v\nwant %v", g.Text, tok.Encode(g.Text, Bare), g.Bare)
	case "decoded":
		t.Errorf("%q, decoded:\n got %q\nwant %q", g.Text, tok.Decode(g.IDs, false), *g.Decoded)
	case "offsets", "words":
		e := tok.EncodeWithOffsets(g.Text)
		t.Errorf("%q, %s:\n got %v %v\nwant %v %v", g.Text, what, e.RuneOffsets(g.Text), e.Words, g.Offsets, g.Words)
	case "skipped":
		t.Errorf("%q, without special tokens:\n got %q\nwant %q", g.Text, tok.Decode(append(g.IDs, g.Bare...), true), *g.Skipped)
	default:
		t.Errorf("%q: %s differ", g.Text, what)
	}
}

// TestGolden holds every kind of vocabulary to what the reference makes of the
// texts of tools/golden/tokenizer_texts.py.
func TestGolden(t *testing.T) {
	for name, open := range published {
		t.Run(name, func(t *testing.T) {
			tok, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			f, err := gzip.NewReader(bytes.NewReader(mustRead(t, filepath.Join("testdata/golden", name+".json.gz"))))
			if err != nil {
				t.Fatal(err)
			}
			var cases []golden
			if err := json.NewDecoder(f).Decode(&cases); err != nil || len(cases) < 100 {
				t.Fatalf("%d cases: %v", len(cases), err)
			}
			compare(t, tok, slices.Values(cases))
		})
	}
}

func compare(t *testing.T, tok *Tokenizer, cases func(func(golden) bool)) {
	t.Helper()
	counts, n := map[string]int{}, 0
	for g := range cases {
		n++
		if what := g.difference(tok); what != "" {
			if counts[what]++; counts[what] <= 3 {
				g.show(t, tok, what)
			}
		}
	}
	t.Logf("%d texts, differing: %v", n, counts)
}

// TestReference is TestGolden for the texts and tokenizers that
// tools/golden/tokenizer.py writes to a directory, named by $ZOO_GOLDEN.
func TestReference(t *testing.T) {
	dir := os.Getenv("ZOO_GOLDEN")
	if dir == "" {
		t.Skip("set ZOO_GOLDEN to a directory that tools/golden/tokenizer.py --out wrote")
	}
	folders, err := filepath.Glob(filepath.Join(dir, "*", "cases.jsonl"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	for _, file := range folders {
		name := filepath.Base(filepath.Dir(file))
		open := map[string]func(testing.TB) (*Tokenizer, error){"published": published[name]}
		if path := filepath.Join(filepath.Dir(file), "tokenizer.json"); exists(path) {
			open["json"] = func(testing.TB) (*Tokenizer, error) { return OpenFile(path) }
		}
		for form, open := range open {
			if open == nil {
				continue
			}
			t.Run(name+"/"+form, func(t *testing.T) {
				tok, err := open(t)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, tok, readCases(t, file))
			})
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readCases(t *testing.T, file string) func(func(golden) bool) {
	return func(yield func(golden) bool) {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewReader(f); ; {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				return
			}
			var g golden
			if err := json.Unmarshal(line, &g); err != nil {
				t.Fatal(err)
			}
			if !yield(g) {
				return
			}
		}
	}
}
