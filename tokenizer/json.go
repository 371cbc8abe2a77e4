package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// file is tokenizer.json.
type file struct {
	Added         []addedEntry    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	Model         json.RawMessage `json:"model"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
}

type addedEntry struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized *bool  `json:"normalized"`
	Special    bool   `json:"special"`
}

// token returns the entry as a token. What is not said is as for AddedToken in
// the reference: special tokens are looked for in the raw text, others in the
// normalised.
func (e addedEntry) token() AddedToken {
	normalized := !e.Special
	if e.Normalized != nil {
		normalized = *e.Normalized
	}
	return AddedToken{e.ID, e.Content, e.SingleWord, e.LStrip, e.RStrip, normalized, e.Special}
}

// FromJSON reads a tokenizer.json of Hugging Face's tokenizers. Dropout of a BPE
// model is for training and is not applied.
func FromJSON(data []byte) (*Tokenizer, error) {
	t, err := fromJSON(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	t.guess()
	t.finish()
	return t, nil
}

func fromJSON(data []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	t := &Tokenizer{names: noSpecials}
	if err := t.readModel(f.Model); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	t.origin = origin{normalizer: bytes.Clone(f.Normalizer), split: bytes.Clone(f.PreTokenizer), decoder: bytes.Clone(f.Decoder)}
	var err error
	if t.norm, err = readNormalizer(f.Normalizer, 0); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if t.pre, err = readPreTokenizer(f.PreTokenizer, 0); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	t.shareBytes()
	for _, p := range t.pre {
		if m, ok := p.(metaspace); ok && m.first && len(t.norm) > 0 {
			t.traced = true // the first word may have lost what stood before it
		}
	}
	added := make([]AddedToken, len(f.Added))
	for i, e := range f.Added {
		added[i] = e.token()
		if id, ok := t.vocab.id(e.Content); ok {
			added[i].ID = id
		}
	}
	if err := t.add(added); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	if err := t.readPostProcessor(f.PostProcessor, 0); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	if t.steps, err = readDecoder(f.Decoder); err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	if err := t.readShape(f.Truncation, f.Padding); err != nil {
		return nil, err
	}
	if name, _, err := kind(f.Decoder); err == nil && name == "ByteLevel" {
		t.complete = t.lossless()
		// CLIP's file leaves the ends of words to the library around it.
		if m, ok := t.model.(*bpe); ok && m.suffix != "" && m.bytes && t.vocab.has("<|startoftext|>") {
			t.steps = wordEnds(m.suffix)
		}
	}
	return t, t.check()
}

// shareBytes lets a byte-pair model read bytes where the last step before it
// would only write them in GPT-2's alphabet.
func (t *Tokenizer) shareBytes() {
	m, ok := t.model.(*bpe)
	if !ok || m.fallback != nil {
		return
	}
	if t.pre.shareBytes() {
		m.useBytes()
	}
}

// shareBytes leaves the last step out where it only writes words in GPT-2's
// alphabet. It reports whether it did.
func (ps preTokenizers) shareBytes() bool {
	if len(ps) == 0 {
		return false
	}
	last, ok := ps[len(ps)-1].(byteLevelSplit)
	if !ok || !last.spell {
		return false
	}
	for _, p := range ps[:len(ps)-1] {
		if b, ok := p.(byteLevelSplit); ok && b.spell {
			return false
		}
	}
	last.spell = false
	ps[len(ps)-1] = last
	return true
}

// lossless reports whether every text comes back from its ids: nothing before the
// model changes or drops any of it, and there is a token for each byte.
func (t *Tokenizer) lossless() bool {
	m, ok := t.model.(*bpe)
	if !ok || !m.bytes || m.suffix != "" || len(t.norm) > 0 || len(t.steps) != 1 || !m.byteComplete() {
		return false
	}
	for _, p := range t.pre {
		switch p := p.(type) {
		case splitter:
			if p.do == removed {
				return false
			}
		case byteLevelSplit:
			if p.space || p.spell {
				return false
			}
		default:
			return false
		}
	}
	for _, a := range t.added {
		if _, spelled := appendBytes(nil, a.Content); a.LStrip || a.RStrip || spelled && !plain([]byte(a.Content)) {
			return false
		}
	}
	return true
}

// byteComplete reports whether there is a token for each byte.
func (m *bpe) byteComplete() bool {
	for _, id := range m.byteID {
		if id < 0 {
			return false
		}
	}
	return true
}

// kind returns the field "type" of an object. ok is false for null or nothing.
func kind(raw json.RawMessage) (name string, ok bool, err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", false, nil
	}
	var k struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return "", false, err
	}
	return k.Type, true, nil
}

// maxNesting bounds sequences within sequences.
const maxNesting = 64

var errNested = errors.New("nested over 64 deep")

// read decodes raw as a T.
func read[T any](raw json.RawMessage) (v T, err error) {
	err = json.Unmarshal(raw, &v)
	return v, err
}
