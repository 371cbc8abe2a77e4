package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
	trainer "github.com/nlp-zoo/zoo/tokenizer/train"
)

// prepare writes each article of the corpus to a file of its own, every twelfth to
// be held out, and learns a tokenizer from the others: both once. It returns the
// tokens of the articles that are held out.
func (s settings) prepare(ctx context.Context) (held [][]int32, tok string, err error) {
	tok = filepath.Join(s.out, "tokenizer")
	if _, err := os.Stat(filepath.Join(tok, "tokenizer.json")); err != nil {
		if err := s.articles(); err != nil {
			return nil, "", err
		}
		if err := s.learn(ctx, tok); err != nil {
			return nil, "", err
		}
	}
	held, err = s.tokens(tok, "eval")
	return held, tok, err
}

// tokens returns the articles of a part as tokens.
func (s settings) tokens(tok, part string) (docs [][]int32, err error) {
	t, err := tokenizer.Open(tok)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(s.out, "text", part, "*.txt"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		docs = append(docs, t.Encode(string(text), tokenizer.Bare, tokenizer.Literal))
	}
	if err == nil && len(docs) == 0 {
		err = fmt.Errorf("experiment: %s: no article for %s", s.corpus, part)
	}
	return docs, err
}

// plain returns the measures of token frequencies alone.
func (s settings) plain(tok string, held [][]int32) (map[string]float64, error) {
	docs, err := s.tokens(tok, "train")
	if err != nil {
		return nil, err
	}
	t, err := tokenizer.Open(tok)
	if err != nil {
		return nil, err
	}
	v := objective.VocabOf(t)
	return measures(v, held, frequencies(docs, v.Size))
}

func (s settings) articles() error {
	files, err := data.Find(s.corpus, ".raw")
	if err != nil {
		return err
	}
	in := data.Read(files, data.Sections(titled))
	defer in.Close()
	for i := 0; ; i++ {
		d, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		part := "train"
		if i%12 == 5 {
			part = "eval"
		}
		path := filepath.Join(s.out, "text", part, fmt.Sprintf("%04d.txt", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(d.Text), 0o666); err != nil {
			return err
		}
	}
}

// learn learns WordPiece from what is not held out.
func (s settings) learn(ctx context.Context, path string) error {
	c, err := trainer.Preset("bert-uncased")
	if err != nil {
		return err
	}
	c.VocabSize = 2000
	texts, err := filepath.Glob(filepath.Join(s.out, "text", "train", "*.txt"))
	if err != nil {
		return err
	}
	var sources []trainer.Source
	for _, f := range texts {
		sources = append(sources, trainer.File(f))
	}
	v, err := trainer.Train(ctx, c, sources...)
	if err != nil {
		return err
	}
	files, err := v.Files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(path, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}
