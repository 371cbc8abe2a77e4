package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// Tokenizer returns a tokenizer with the vocabulary.
func (v *Vocabulary) Tokenizer() (*tokenizer.Tokenizer, error) {
	data, err := v.JSON()
	if err != nil {
		return nil, err
	}
	return tokenizer.FromJSON(data)
}

// Files returns the files by which Hugging Face's libraries and tokenizer.Open
// know the vocabulary: tokenizer.json and tokenizer_config.json, and beside them
// vocab.txt for WordPiece, vocab.json with merges.txt for bytes, tokenizer.model
// for a unigram vocabulary that a model of SentencePiece's can say. They have been
// read back.
func (v *Vocabulary) Files() (map[string][]byte, error) {
	data, err := v.JSON()
	if err != nil {
		return nil, err
	}
	if _, err := tokenizer.FromJSON(data); err != nil {
		return nil, fmt.Errorf("train: as it was written: %w", err)
	}
	files := map[string][]byte{"tokenizer.json": data}
	if files["tokenizer_config.json"], err = encode(v.settings()); err != nil {
		return nil, err
	}
	switch v.Config.Kind {
	case WordPiece:
		if !strings.Contains(strings.Join(v.Tokens, ""), "\n") {
			files["vocab.txt"] = []byte(strings.Join(v.Tokens, "\n") + "\n")
		}
	case ByteBPE:
		files["merges.txt"] = v.mergesText()
		files["vocab.json"], err = encode(ordered(v.Tokens))
	}
	return files, err
}

func (v *Vocabulary) mergesText() []byte {
	b := []byte("#version: 0.2\n")
	for _, m := range v.Merges {
		b = append(b, v.Tokens[m[0]]+" "+v.Tokens[m[1]]+"\n"...)
	}
	return b
}

// encode returns x as JSON in which <, > and & stand as they are.
func encode(x any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return b.Bytes(), nil
}

// ordered is a vocabulary, written by id.
type ordered []string

// MarshalJSON writes {"token":id,…}.
func (o ordered) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for id, token := range o {
		if id > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(token)
		if err != nil {
			return nil, err
		}
		b = append(append(b, name...), ':')
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return append(b, '}'), nil
}

// document is tokenizer.json.
type document struct {
	Version       string          `json:"version"`
	Truncation    *struct{}       `json:"truncation"`
	Padding       *struct{}       `json:"padding"`
	Added         []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor any             `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         any             `json:"model"`
}

type addedToken struct {
	ID         int    `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// JSON returns the vocabulary as a tokenizer.json of Hugging Face's tokenizers.
func (v *Vocabulary) JSON() ([]byte, error) {
	c := &v.Config
	ids := newVocabulary(c.Special).ids // special tokens are the first ones
	added := make([]addedToken, len(ids))
	for token, id := range ids {
		added[id] = addedToken{ID: int(id), Content: token, Special: true}
	}
	return encode(document{
		Version: "1.0", Added: added, Normalizer: orNull(c.Normalizer), PreTokenizer: orNull(c.PreTokenizer),
		PostProcessor: c.Template.processor(ids), Decoder: orNull(c.Decoder), Model: v.model(),
	})
}

func orNull(part json.RawMessage) json.RawMessage {
	if len(part) == 0 {
		return json.RawMessage("null")
	}
	return part
}

// processor returns the template as tokenizer.json has it.
func (t Template) processor(ids map[string]int32) any {
	if len(t.Before)+len(t.Between)+len(t.After) == 0 {
		return nil
	}
	second := 0
	if t.Segments {
		second = 1
	}
	named := object{}
	tokens := func(list []string, kind int) (parts []object) {
		for _, token := range list {
			named[token] = object{"id": token, "ids": []int32{ids[token]}, "tokens": []string{token}}
			parts = append(parts, object{"SpecialToken": object{"id": token, "type_id": kind}})
		}
		return parts
	}
	text := func(name string, kind int) object { return object{"Sequence": object{"id": name, "type_id": kind}} }
	single := append(append(tokens(t.Before, 0), text("A", 0)), tokens(t.After, 0)...)
	pair := append(append(tokens(t.Before, 0), text("A", 0)), tokens(t.Between, 0)...)
	pair = append(append(pair, text("B", second)), tokens(t.After, second)...)
	return object{"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": named}
}

// bpeModel is a byte-pair model of tokenizer.json.
type bpeModel struct {
	Type         string      `json:"type"`
	Dropout      *float64    `json:"dropout"`
	Unknown      *string     `json:"unk_token"`
	Prefix       *string     `json:"continuing_subword_prefix"`
	Suffix       *string     `json:"end_of_word_suffix"`
	Fuse         bool        `json:"fuse_unk"`
	ByteFallback bool        `json:"byte_fallback"`
	Ignore       bool        `json:"ignore_merges"`
	Vocab        ordered     `json:"vocab"`
	Merges       [][2]string `json:"merges"`
}

func pointer(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// model returns the model's part of tokenizer.json.
func (v *Vocabulary) model() any {
	c := &v.Config
	switch c.Kind {
	case WordPiece:
		return struct {
			Type    string  `json:"type"`
			Unknown string  `json:"unk_token"`
			Prefix  string  `json:"continuing_subword_prefix"`
			Longest int     `json:"max_input_chars_per_word"`
			Vocab   ordered `json:"vocab"`
		}{"WordPiece", c.Unknown, c.Prefix, 100, v.Tokens}
	case Unigram:
		vocab := make([][2]any, len(v.Tokens))
		for id, token := range v.Tokens {
			vocab[id] = [2]any{token, v.Scores[id]}
		}
		return struct {
			Type         string   `json:"type"`
			Unknown      int32    `json:"unk_id"`
			Vocab        [][2]any `json:"vocab"`
			ByteFallback bool     `json:"byte_fallback"`
		}{"Unigram", newVocabulary(c.Special).ids[c.Unknown], vocab, c.ByteFallback}
	}
	merges := make([][2]string, len(v.Merges))
	for i, m := range v.Merges {
		merges[i] = [2]string{v.Tokens[m[0]], v.Tokens[m[1]]}
	}
	return bpeModel{
		Type: "BPE", Unknown: pointer(c.Unknown), Prefix: pointer(c.Prefix), Suffix: pointer(c.Suffix),
		Fuse: c.ByteFallback, ByteFallback: c.ByteFallback, Vocab: v.Tokens, Merges: merges,
	}
}

// roles are the parts that special tokens of known names have.
var roles = map[string][]string{
	"[PAD]": {"pad_token"}, "[UNK]": {"unk_token"}, "[CLS]": {"cls_token"}, "[SEP]": {"sep_token"}, "[MASK]": {"mask_token"},
	"<pad>": {"pad_token"}, "<unk>": {"unk_token"}, "<s>": {"bos_token"}, "</s>": {"eos_token"}, "<mask>": {"mask_token"},
	"<bos>": {"bos_token"}, "<eos>": {"eos_token"}, "<|begin_of_text|>": {"bos_token"}, "<|end_of_text|>": {"eos_token"},
	"<|endoftext|>": {"bos_token", "eos_token"}, "<|startoftext|>": {"bos_token"},
}

// settings returns tokenizer_config.json.
func (v *Vocabulary) settings() object {
	config := object{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}
	for _, token := range v.Config.Special {
		for _, role := range roles[token] {
			config[role] = token
		}
	}
	if v.Config.Unknown != "" {
		config["unk_token"] = v.Config.Unknown
	}
	return config
}
