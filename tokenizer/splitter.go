package tokenizer

import (
	"encoding/json"
	"fmt"
)

// A Splitter is the way of a text to the words that a model encodes: a normaliser
// and a pre-tokenizer, without a vocabulary. Training counts words with it. It may
// be used by any number of goroutines.
type Splitter struct {
	norm  normalizers
	pre   preTokenizers
	bytes bool

	scratches scratches
}

// NewSplitter reads a normaliser and a pre-tokenizer as tokenizer.json has them.
// Nothing, or null, stands for none.
func NewSplitter(normalizer, preTokenizer json.RawMessage) (*Splitter, error) {
	var p Splitter
	var err error
	if p.norm, err = readNormalizer(normalizer, 0); err != nil {
		return nil, fmt.Errorf("tokenizer: normalizer: %w", err)
	}
	if p.pre, err = readPreTokenizer(preTokenizer, 0); err != nil {
		return nil, fmt.Errorf("tokenizer: pre_tokenizer: %w", err)
	}
	p.bytes = p.pre.shareBytes()
	return &p, nil
}

// Bytes reports whether the words that Each gives are to be written in GPT-2's
// alphabet of bytes, see [Spell], before a model sees them.
func (p *Splitter) Bytes() bool { return p.bytes }

// Each calls f with the words of a text that is valid UTF-8, in order. The text is
// taken for the whole of an input. A word may be read until f returns.
func (p *Splitter) Each(text string, f func(word []byte)) {
	s := p.scratches.take(false)
	s.cur.reset(text, 0, false)
	p.norm.apply(s)
	if n := len(s.cur.b); n > 0 {
		w := &s.words
		w.text.borrow(s.cur.b)
		w.at = append(w.at[:0], span{0, int32(n)})
		p.pre.split(s, true)
	} else {
		s.words.at = s.words.at[:0]
	}
	for _, at := range s.words.at {
		if at.start < at.end {
			f(s.words.text.b[at.start:at.end])
		}
	}
	p.scratches.give(s)
}

// Spell appends word, whose bytes may be any, in GPT-2's alphabet: one visible
// character a byte.
func Spell(dst, word []byte) []byte {
	for _, c := range word {
		dst = append(dst, string(byteRune[c])...)
	}
	return dst
}
