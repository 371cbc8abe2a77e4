package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/tokenizer/train"
)

const tokenizerName = "tokenizer"

// tokenizerFiles are the files of a folder that make up a tokenizer.
var tokenizerFiles = []string{
	"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
	"tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "chat_template.jinja",
}

// maxVocabulary bounds each of them: published ones are below 64 MiB.
const maxVocabulary = 256 << 20

// openTokenizer opens the tokenizer of the recipe and returns the files that go
// along with the weights. One that is to be learnt is learnt once.
func (r *run) openTokenizer(ctx context.Context) error {
	path := r.Tokenizer.Path
	if path == "" {
		path = r.Model.From
	}
	if r.Tokenizer.Train != nil {
		path = filepath.Join(r.dir, tokenizerName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := r.learn(ctx, path); err != nil {
				return err
			}
		}
	}
	if carried(path) {
		m, err := model.Open(path, model.Plain())
		if err != nil {
			return fmt.Errorf("train: tokenizer: %w", err)
		}
		r.tok = m.Tokenizer
		r.beside, err = r.tok.Files()
		return errors.Join(err, m.Close())
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("train: tokenizer: %w", err)
	}
	if !info.IsDir() {
		if r.tok, err = tokenizer.OpenFile(path); err != nil {
			return err
		}
		r.beside, err = r.tok.Files()
		return err
	}
	if r.tok, err = tokenizer.Open(path); err != nil {
		return err
	}
	r.beside, err = tokenizerIn(path)
	return err
}

// tokenizerIn returns the files of the tokenizer in a folder.
func tokenizerIn(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range tokenizerFiles {
		data, err := readSmall(filepath.Join(dir, name), maxVocabulary)
		if err == nil {
			files[name] = data
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("train: tokenizer: %w", err)
		}
	}
	return files, nil
}

// learn learns a tokenizer from the sources and writes it to the folder at path.
func (r *run) learn(ctx context.Context, path string) error {
	t := r.Tokenizer.Train
	c, err := train.Preset(t.Preset)
	if err != nil {
		return err
	}
	c.VocabSize = t.Size
	for i := range t.Sentinels {
		c.Special = append(c.Special, fmt.Sprintf("<extra_id_%d>", i))
	}
	c.Special = append(c.Special, t.Special...)
	var sources []train.Source
	for _, s := range r.Data.Sources {
		sources = append(sources, s.text())
	}
	v, err := train.Train(ctx, c, sources...)
	if err != nil {
		return fmt.Errorf("train: tokenizer.%w", err)
	}
	files, err := v.Files()
	if err != nil {
		return err
	}
	fresh, err := emptyFolder(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	contents := map[string]content{}
	for name, data := range files {
		contents[name] = bytesOf(data)
	}
	if _, err = writeFiles(fresh, contents); err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return fmt.Errorf("train: %w", errors.Join(err, os.RemoveAll(fresh)))
	}
	return nil
}
