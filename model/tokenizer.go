package model

import (
	"fmt"
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
	if f.archived != nil {
		for _, name := range tokenizerFiles {
			if f.archived[name] != nil {
				return tokenizer.OpenFS(f.archived)
			}
		}
		return nil, nil
	}
	if !hasTokenizer(f.dir) {
		return nil, nil
	}
	return tokenizer.Open(f.dir)
}

// tokenizerName tells where the checkpoint's tokenizer comes from.
func (f *found) tokenizerName() string {
	switch src := f.source.(type) {
	case checkpoint.Metadata:
		kind, _ := src.String("tokenizer.ggml.model")
		return kind
	case checkpoint.Configured:
		if files, err := filepath.Glob(filepath.Join(f.dir, "tok*.bin")); err == nil && len(files) == 1 {
			return filepath.Base(files[0])
		}
		return ""
	}
	for _, name := range tokenizerFiles {
		if f.archived[name] != nil {
			return name
		}
		if _, err := os.Stat(filepath.Join(f.dir, name)); err == nil && f.archived == nil {
			return name
		}
	}
	return ""
}

// OpenTokenizer opens the tokenizer alone of the checkpoint at path: a folder, a
// GGUF file (which may hold a vocabulary and no weights), a llama2.c file, or a
// tokenizer's own file.
func OpenTokenizer(path string) (*tokenizer.Tokenizer, error) {
	if f, err := findEmbedded(path); f != nil || err != nil {
		if err != nil {
			return nil, err
		}
		return f.tokenizerAlone()
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if info.IsDir() {
		return tokenizer.Open(path)
	}
	src, err := checkpoint.Open(path)
	if err != nil {
		return tokenizer.OpenFile(path)
	}
	f := &found{path: path, dir: filepath.Dir(path), source: src}
	if inside, archived := unpacked(src); archived != nil {
		f.source, f.archived = inside, archived
	}
	return f.tokenizerAlone()
}

// tokenizerAlone opens the tokenizer, and closes the rest.
func (f *found) tokenizerAlone() (*tokenizer.Tokenizer, error) {
	defer f.source.Close()
	t, err := f.tokenizer("")
	if err == nil && t == nil {
		err = fmt.Errorf("model: %s: there is no tokenizer with it", f.path)
	}
	return t, err
}

// tokenizerFiles are the files of a folder that a tokenizer is read from.
var tokenizerFiles = []string{"tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}

// hasTokenizer reports whether a folder has any of the files that a tokenizer
// is read from.
func hasTokenizer(dir string) bool {
	for _, name := range tokenizerFiles {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}
