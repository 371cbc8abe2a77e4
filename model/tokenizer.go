package model

import (
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// tokenizer opens the tokenizer at path, or else that of the checkpoint; nil if
// there is none.
func (f *found) tokenizer(path string) (*tokenizer.Tokenizer, error) {
	if path != "" {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return tokenizer.Open(path)
		}
		return tokenizer.OpenFile(path)
	}
	switch src := f.source.(type) {
	case checkpoint.Metadata:
		if kind, ok := src.String("tokenizer.ggml.model"); !ok || kind == "none" || kind == "no_vocab" {
			return nil, nil
		}
		return tokenizer.FromGGUF(src)
	case checkpoint.Configured:
		files, err := filepath.Glob(filepath.Join(f.dir, "tok*.bin"))
		if err != nil || len(files) != 1 { // none, or who knows which
			return nil, err
		}
		return tokenizer.OpenFile(files[0])
	}
	if !hasTokenizer(f.dir) {
		return nil, nil
	}
	return tokenizer.Open(f.dir)
}

// hasTokenizer reports whether a folder has any of the files that a tokenizer
// is read from.
func hasTokenizer(dir string) bool {
	for _, name := range []string{"tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}
