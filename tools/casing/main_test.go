package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// TestVocabulary: a capital is a token before the same word in small letters, marks of
// punctuation are tokens of their own, and text comes back as it was.
func TestVocabulary(t *testing.T) {
	dir := t.TempDir()
	text, out := filepath.Join(dir, "text.txt"), filepath.Join(dir, "tokenizer")
	lines := strings.Repeat("He said, \"No; the horse is ill.\" The horse ran -- he was in London!\n", 60)
	if err := os.WriteFile(text, []byte(lines), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := run(160, out, []string{text}); err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	mark, ok := tok.ID(raised)
	if !ok {
		t.Fatalf("there is no token %s", raised)
	}
	with, without := tok.Encode("The horse, he said.", tokenizer.Bare), tok.Encode("the horse, he said.", tokenizer.Bare)
	if !slices.Equal(with, append([]int32{mark}, without...)) {
		t.Errorf("with a capital %v, without %v, the mark is %d", with, without, mark)
	}
	for _, sign := range []string{",", ".", "!", ";"} {
		if id, ok := tok.ID(sign); !ok || sign == "," && !slices.Contains(with, id) {
			t.Errorf("%s is no token of its own", sign)
		}
	}
	for text, want := range map[string]string{
		"The horse, he said.": "The horse, he said.", "\"No,\" he said": "No, he said", "he was in London": "he was in London",
	} {
		if got := tok.Decode(tok.Encode(text, tokenizer.Bare), true); got != want {
			t.Errorf("%q comes back as %q, want %q", text, got, want)
		}
	}
	if err := run(160, out, []string{filepath.Join(dir, "absent.txt")}); err == nil {
		t.Error("an absent text is no error")
	}
}
