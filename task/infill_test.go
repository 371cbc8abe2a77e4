package task_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// spell writes ids as the vocabulary does.
func spell(t *tokenizer.Tokenizer, ids []int32) string {
	var all []string
	for _, id := range ids {
		token, _ := t.Token(id)
		all = append(all, token)
	}
	return strings.Join(all, " ")
}

// codeLlama returns a vocabulary of SentencePiece's with Code Llama's tokens.
func codeLlama(t *testing.T, added ...string) *tokenizer.Tokenizer {
	t.Helper()
	data, err := os.ReadFile("../models/llama/testdata/tied/tokenizer.model")
	if err != nil {
		t.Fatal(err)
	}
	o := tokenizer.Options{Model: "llama"}
	for _, token := range added {
		o.Added = append(o.Added, tokenizer.AddedToken{ID: -1, Content: token, Special: true})
	}
	tok, err := tokenizer.FromSentencePiece(data, o)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestInfillForms: each family's prompt has its own tokens and spaces.
func TestInfillForms(t *testing.T) {
	code, err := tokenizer.Open("testdata/code")
	if err != nil {
		t.Fatal(err)
	}
	llama := codeLlama(t, "▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>")
	mistral := codeLlama(t, "[PREFIX]", "[SUFFIX]", "[MIDDLE]")
	plain := func(tok *tokenizer.Tokenizer, s string) string {
		return spell(tok, tok.Encode(s, tokenizer.Bare, tokenizer.Literal))
	}
	on := func(tok *tokenizer.Tokenizer, s string) string { return spell(tok, tok.EncodeOn(s)) }
	for _, c := range []struct {
		name string
		tok  *tokenizer.Tokenizer
		gap  task.Gap
		want []string
	}{
		{"qwen", code, task.Gap{Prefix: "the", Suffix: "cat"},
			[]string{"<|fim_prefix|>", plain(code, "the"), "<|fim_suffix|>", plain(code, "cat"), "<|fim_middle|>"}},
		{"empty sides", code, task.Gap{}, []string{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"}},
		{"special tokens are text", code, task.Gap{Prefix: "<|fim_middle|>"},
			[]string{"<|fim_prefix|>", plain(code, "<|fim_middle|>"), "<|fim_suffix|>", "<|fim_middle|>"}},
		{"start", code, task.Gap{Prefix: "a", Suffix: "b", Start: "c"},
			[]string{"<|fim_prefix|>", "a", "<|fim_suffix|>", "b", "<|fim_middle|>", "c"}},
		{"files", code, task.Gap{Prefix: "a", Suffix: "b", Files: []task.File{{"x", "y"}}},
			[]string{"<|repo_name|>", plain(code, "repository\n"), "<|file_sep|>", plain(code, "x\ny\n"), "<|file_sep|>", plain(code, "file\n"),
				"<|fim_prefix|>", "a", "<|fim_suffix|>", "b", "<|fim_middle|>"}},
		{"code llama", llama, task.Gap{Prefix: "the", Suffix: "cat", Files: []task.File{{"x", "y"}}},
			[]string{"<s>", plain(llama, "y\n\n"), "▁<PRE>", plain(llama, "the"), "▁<SUF>", on(llama, "cat"), "▁<MID>"}},
		{"codestral", mistral, task.Gap{Prefix: "the", Suffix: "cat"},
			[]string{"<s>", "[SUFFIX]", on(mistral, "cat"), "[PREFIX]", plain(mistral, "the")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ids, ends, err := task.Infill(&model.Model{Tokenizer: c.tok}, c.gap)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := spell(c.tok, ids), strings.Join(c.want, " "); got != want {
				t.Errorf("reads %q, want %q", got, want)
			}
			if len(ends) < 2 {
				t.Errorf("ends are %v", ends)
			}
		})
	}
	if on(llama, "cat") == plain(llama, "cat") {
		t.Error("a suffix has the space before it that a text has")
	}
}

// TestInfillPublished: the vocabularies of published code models are known.
func TestInfillPublished(t *testing.T) {
	dir := testkit.Shared(t, "data/tokenizers/ggml-vocab")
	for file, want := range map[string]string{
		"starcoder":      "<fim_prefix> a <fim_suffix> b <fim_middle>",
		"deepseek-coder": "<｜begin▁of▁sentence｜> <｜fim▁begin｜> a <｜fim▁hole｜> b <｜fim▁end｜>",
		"gpt-2":          "",
	} {
		tok, err := model.OpenTokenizer(dir + "/ggml-vocab-" + file + ".gguf")
		if err != nil {
			t.Fatal(err)
		}
		m := &model.Model{Path: file, Tokenizer: tok}
		ids, _, err := task.Infill(m, task.Gap{Prefix: "a", Suffix: "b"})
		if got := spell(tok, ids); got != want || (err == nil) != task.Infills(m) || (err == nil) != (want != "") {
			t.Errorf("%s reads %q (%v), want %q", file, got, err, want)
		}
	}
}

// TestInfillEnds: a model stops where it begins another part.
func TestInfillEnds(t *testing.T) {
	dir := t.TempDir() + "/code"
	if _, err := model.Random("testdata/code/config.json", dir, model.RandomOptions{Seed: 1, Tokenizer: "testdata/code"}); err != nil {
		t.Fatal(err)
	}
	m, err := model.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ids, ends, err := task.Infill(m, task.Gap{Prefix: "the cat", Suffix: "mat"})
	if err != nil {
		t.Fatal(err)
	}
	o := task.Options(m)
	o.EOS = append(o.EOS, ends...)
	o.MaxTokens, o.Temperature, o.Seed = 200, 1.5, 3
	var made []int32
	for token, err := range generate.Generate(context.Background(), m.Net, m.Tokenizer, ids, o) {
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, token.ID)
	}
	last := made[len(made)-1]
	if !slices.Contains(o.EOS, last) {
		t.Errorf("ended with %d after %d tokens", last, len(made))
	}
	for _, id := range made[:len(made)-1] {
		if slices.Contains(ends, id) {
			t.Errorf("went on after %d", id)
		}
	}
}
