package tokenizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// reopen writes the files of t to a folder and opens that.
func reopen(t *testing.T, tok *Tokenizer) *Tokenizer {
	t.Helper()
	files, err := tok.Files()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	back, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// TestExport writes published vocabularies in both forms, and holds what is read
// back to their ids and tasks.
func TestExport(t *testing.T) {
	root := testkit.Shared(t, "data/tokenizers")
	for _, c := range []struct{ name, files, gguf string }{ // part of the error; "": none
		{"bert-base-chinese/vocab.txt", "", ""}, {"qwen2", "", ""}, {"mistral/mistral_instruct_tokenizer_240323.model.v3", "", ""}, {"t5/t5_tokenizer_base.model", "", ""}, {"roberta", "", ""},
		{"xlnet/spiece.model", "cannot say", "cannot say"}, {"gpt-neox/20B_tokenizer.json", "", ""},
		{"ggml-vocab/ggml-vocab-bert-bge.gguf", "", ""}, {"ggml-vocab/ggml-vocab-gpt-2.gguf", "", ""},
		{"ggml-vocab/ggml-vocab-llama-spm.gguf", "", ""}, {"ggml-vocab/ggml-vocab-phi-3.gguf", "", "cannot say"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok := openAny(t, filepath.Join(root, c.name))
			if c.files == "" {
				back := reopen(t, tok)
				held(t, back, tok)
			} else if _, err := tok.Files(); err == nil || !strings.Contains(err.Error(), c.files) {
				t.Errorf("Files: error is %v, want one with %q", err, c.files)
			}
			keys, err := tok.GGUF(0)
			if c.gguf != "" {
				if err == nil || !strings.Contains(err.Error(), c.gguf) {
					t.Errorf("GGUF: error is %v, want one with %q", err, c.gguf)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			back, err := FromGGUF(table(keys))
			if err != nil {
				t.Fatal(err)
			}
			held(t, back, tok)
			held(t, reopen(t, back), tok)
		})
	}
}

// held holds a tokenizer to the ids and tasks of another.
func held(t *testing.T, got, want *Tokenizer) {
	t.Helper()
	if err := want.same(got, 0, Bare); err != nil {
		t.Error(err)
	}
	if got.names.eos != want.names.eos && want.names.eos >= 0 {
		t.Errorf("EOS is %d, want %d", got.names.eos, want.names.eos)
	}
	if got.AddBOS() != want.AddBOS() {
		t.Errorf("AddBOS is %v, want %v", got.AddBOS(), want.AddBOS())
	}
	if got.chat != want.chat {
		t.Errorf("the chat template is %.60q, want %.60q", got.chat, want.chat)
	}
}

// openAny opens a vocabulary: a folder, a file, or the metadata of a GGUF file.
func openAny(t *testing.T, path string) *Tokenizer {
	t.Helper()
	var tok *Tokenizer
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case info.IsDir():
		tok, err = Open(path)
	case filepath.Ext(path) == ".gguf":
		tok, err = FromGGUF(readMetadata(t, path))
	default:
		tok, err = OpenFile(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestExportSees holds the comparison to tokenizers that do differ.
func TestExportSees(t *testing.T) {
	root := testkit.Shared(t, "data/tokenizers")
	a, b := openAny(t, filepath.Join(root, "bert-base-chinese/vocab.txt")), openAny(t, filepath.Join(root, "qwen2"))
	if err := a.same(b, 0); err == nil {
		t.Error("two vocabularies count as the same")
	}
	if _, err := (&Tokenizer{}).JSON(); err == nil {
		t.Error("nothing was written")
	}
	if _, err := a.SentencePiece(); err == nil {
		t.Error("BERT's vocabulary was written as SentencePiece's")
	}
}
