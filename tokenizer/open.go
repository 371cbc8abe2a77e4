package tokenizer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Open reads the tokenizer of a model's directory in the layout of the Hugging
// Face Hub. It takes tokenizer.json if it is there, or else a SentencePiece
// model, vocab.json with merges.txt, vocab.txt, tokenizer.bin or a rank file of
// tiktoken's (tokenizer.model, *.tiktoken), with what tokenizer_config.json and the files beside it say. It reads nothing outside
// the directory.
func Open(dir string) (*Tokenizer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	defer root.Close()
	t, err := open(root.FS())
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", dir, err)
	}
	return t, nil
}

// OpenFS is Open for files that lie elsewhere than in a directory, such as in an
// archive.
func OpenFS(files fs.FS) (*Tokenizer, error) {
	t, err := open(files)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func open(files fs.FS) (*Tokenizer, error) {
	c, err := readConfig(files)
	if err != nil {
		return nil, err
	}
	for _, f := range formats {
		data, err := readFile(files, f.file)
		if err != nil {
			return nil, err
		}
		if data == nil {
			continue
		}
		t, err := f.read(files, data, c)
		if err != nil {
			return nil, err
		}
		return c.apply(t), nil
	}
	return openRanks(files, c)
}

// openRanks reads the one *.tiktoken of a directory.
func openRanks(files fs.FS, c *config) (*Tokenizer, error) {
	names, err := fs.Glob(files, "*.tiktoken")
	if err != nil || len(names) == 0 {
		return nil, errors.New("no tokenizer.json, *.model, vocab.json, vocab.txt, tokenizer.bin or *.tiktoken")
	}
	if len(names) > 1 {
		return nil, fmt.Errorf("%s and %s: which one is not said", names[0], names[1])
	}
	data, err := readFile(files, names[0])
	if err != nil {
		return nil, err
	}
	t, err := FromRanks(data, c.Options)
	if err != nil {
		return nil, err
	}
	return c.apply(t), nil
}

// formats are the files Open looks for, in this order.
var formats = []struct {
	file string
	read func(fs.FS, []byte, *config) (*Tokenizer, error)
}{
	{"tokenizer.json", func(_ fs.FS, data []byte, c *config) (*Tokenizer, error) { return c.fromJSON(data) }},
	{"tokenizer.model", sentencePieceFile},
	{"spiece.model", sentencePieceFile},
	{"sentencepiece.bpe.model", sentencePieceFile},
	{"sentencepiece.model", sentencePieceFile},
	{"spm.model", sentencePieceFile},
	{"vocab.json", func(files fs.FS, data []byte, c *config) (*Tokenizer, error) {
		merges, err := readFile(files, "merges.txt")
		if err != nil {
			return nil, err
		}
		if merges == nil {
			return nil, errors.New("vocab.json: merges.txt is missing")
		}
		c.setModel()
		return FromVocab(data, merges, c.Options)
	}},
	{"vocab.txt", func(_ fs.FS, data []byte, c *config) (*Tokenizer, error) { return FromVocabText(data, c.Options) }},
	{"tokenizer.bin", func(_ fs.FS, data []byte, _ *config) (*Tokenizer, error) {
		return FromLlama2C(bytes.NewReader(data), 0)
	}},
}

func sentencePieceFile(_ fs.FS, data []byte, c *config) (*Tokenizer, error) {
	c.setModel()
	if isRanks(data) {
		return FromRanks(data, c.Options)
	}
	return FromSentencePiece(data, c.Options)
}

// classes maps tokenizer_class, as far as it decides conventions, to a
// model_type.
var classes = map[string]string{
	"T5Tokenizer": "t5", "MT5Tokenizer": "mt5", "XLMRobertaTokenizer": "xlm-roberta", "XLNetTokenizer": "xlnet", "AlbertTokenizer": "albert",
	"LlamaTokenizer": "llama", "CodeLlamaTokenizer": "llama", "DebertaV2Tokenizer": "deberta-v2", "RobertaTokenizer": "roberta", "LongformerTokenizer": "roberta",
	"BartTokenizer": "roberta", "DebertaTokenizer": "deberta", "Qwen2Tokenizer": "qwen2", "GPT2Tokenizer": "gpt2", "GPTNeoXTokenizer": "gpt_neox",
	"CLIPTokenizer": "clip", "OpenAIGPTTokenizer": "openai-gpt", "GemmaTokenizer": "gemma", "CodeGenTokenizer": "gpt2",
}

// setModel takes the model from tokenizer_class, which says more of a vocabulary
// than model_type does. OPT has GPT-2's class and conventions of its own.
func (c *config) setModel() {
	if m := classes[strings.TrimSuffix(c.class, "Fast")]; m != "" && c.Model != "opt" {
		c.Model = m
	}
}

// fromJSON reads tokenizer.json and what the configuration adds to it.
func (c *config) fromJSON(data []byte) (*Tokenizer, error) {
	t, err := fromJSON(data)
	if err == nil {
		err = t.add(c.missing(t))
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	t.name(c.Names)
	for _, token := range c.Names {
		if id, ok := t.vocab.id(token); ok {
			t.special[id] = true
		}
	}
	t.guess()
	return t, nil
}

// missing returns the added tokens of the configuration that t does not have.
func (c *config) missing(t *Tokenizer) (more []AddedToken) {
	for _, a := range c.added {
		if id, ok := t.vocab.id(a.Content); !ok || id != a.ID || !t.isAdded(a.ID) {
			more = append(more, a)
		}
	}
	return more
}

func (t *Tokenizer) isAdded(id int32) bool {
	_, ok := slices.BinarySearchFunc(t.added, id, func(a AddedToken, id int32) int { return cmp.Compare(a.ID, id) })
	return ok
}

// apply sets what does not depend on the form of the vocabulary.
func (c *config) apply(t *Tokenizer) *Tokenizer {
	t.chat, t.longest = c.chat, c.longest
	if _, bytePairs := t.model.(*bpe); c.tidy && !bytePairs {
		t.steps = append(t.steps[:len(t.steps):len(t.steps)], tidy...)
	}
	t.finish()
	return t
}

// OpenFile reads one vocabulary file, of whatever form: tokenizer.json, a
// SentencePiece model, vocab.txt, tokenizer.bin or a rank file of tiktoken's.
func OpenFile(path string) (*Tokenizer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	defer f.Close()
	data, err := readAll(f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	t, err := fromFile(data, filepath.Ext(path))
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	return t, nil
}

// fromFile tells the form by content. ext helps between two binary forms that
// have no signature.
func fromFile(data []byte, ext string) (*Tokenizer, error) {
	switch text := bytes.TrimLeft(data, " \t\r\n\ufeff"); {
	case len(text) > 0 && text[0] == '{':
		return FromJSON(data)
	case len(data) > 1 && data[0] == 0x0A && data[1] != 0 && !textual(data):
		t, err := FromSentencePiece(data, Options{})
		if err != nil && ext == ".bin" {
			return FromLlama2C(bytes.NewReader(data), 0)
		}
		return t, err
	case !textual(data):
		return FromLlama2C(bytes.NewReader(data), 0)
	case isRanks(data):
		return FromRanks(data, Options{})
	}
	return FromVocabText(data, Options{})
}

// textual reports whether data looks like lines of text.
func textual(data []byte) bool { return bytes.IndexByte(data, 0) < 0 }
