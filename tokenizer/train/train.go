package train

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// Vocabulary is what was learnt.
type Vocabulary struct {
	Config Config
	// Tokens are the tokens by id: the special ones first.
	Tokens []string
	// Merges are the pairs of ids that become one token, the first to be merged
	// first.
	Merges [][2]int32
	// Scores are the log-probabilities of a unigram model's tokens, 0 for special
	// tokens.
	Scores []float64

	Words   int   // distinct ones that were learnt from
	Dropped int64 // occurrences of words that there was no memory for
}

// Train learns a vocabulary from a corpus. It ends with ctx's error when ctx is
// cancelled.
func Train(ctx context.Context, c Config, corpus ...Source) (*Vocabulary, error) {
	v, err := train(ctx, c, corpus)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return v, nil
}

func train(ctx context.Context, c Config, corpus []Source) (*Vocabulary, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Kind == Byte {
		return bytesOnly(&c)
	}
	if len(corpus) == 0 {
		return nil, errors.New("corpus: no file")
	}
	w, dropped, err := count(ctx, &c, corpus)
	if err != nil {
		return nil, err
	}
	if w.len() == 0 {
		return nil, errors.New("corpus: it holds no word")
	}
	v := &Vocabulary{Words: w.len(), Dropped: dropped}
	if c.Kind == Unigram {
		err = v.learnUnigram(ctx, &c, w)
	} else {
		err = v.learnBPE(ctx, &c, w)
	}
	v.Config = c
	return v, err
}

// fixed returns the tokens that come first.
func (c *Config) fixed() *vocabulary {
	v := newVocabulary(c.Special, c.Reserved)
	if c.ByteFallback {
		for b := range 256 {
			v.id(fmt.Sprintf("<0x%02X>", b))
		}
	}
	return v
}

// learnBPE learns all kinds but unigram.
func (v *Vocabulary) learnBPE(ctx context.Context, c *Config, w *words) error {
	vocab := c.fixed()
	limit := c.LimitAlphabet
	if c.Kind == Char && c.VocabSize > 0 {
		room := c.VocabSize - len(vocab.tokens)
		if room < 1 {
			return fmt.Errorf("vocab-size %d: no room beside %d special tokens", c.VocabSize, len(vocab.tokens))
		}
		if limit == 0 || limit > room {
			limit = room
		}
	}
	letters := w.alphabet(c.Alphabet, limit)
	for _, l := range letters {
		vocab.id(string(l.char))
	}
	if c.Kind == Char {
		v.Tokens = vocab.tokens
		return nil
	}
	s := w.symbols(c, vocab)
	if n := len(vocab.tokens); n > c.VocabSize {
		return fmt.Errorf("vocab-size %d: smaller than the special tokens and the alphabet, which are %d tokens (see limit-alphabet)", c.VocabSize, n)
	}
	merges, err := trainBPE(ctx, c, vocab, s)
	v.Tokens, v.Merges = vocab.tokens, merges
	return err
}

// bytesOnly returns the vocabulary of bytes.
func bytesOnly(c *Config) (*Vocabulary, error) {
	vocab := c.fixed()
	for _, r := range ByteAlphabet() {
		vocab.id(string(r))
	}
	if n := len(vocab.tokens); c.VocabSize != 0 && c.VocabSize != n {
		return nil, fmt.Errorf("vocab-size %d: bytes and special tokens are %d", c.VocabSize, n)
	}
	c.VocabSize = len(vocab.tokens)
	return &Vocabulary{Config: *c, Tokens: vocab.tokens}, nil
}

// ByteAlphabet returns the characters by which byte-level vocabularies write the
// 256 bytes, by code point.
func ByteAlphabet() []rune {
	var all []byte
	for b := range 256 {
		all = tokenizer.Spell(all, []byte{byte(b)})
	}
	runes := []rune(string(all))
	slices.Sort(runes)
	return runes
}
