package tokenizer

import (
	"errors"
	"fmt"
	"slices"
)

// holes is how much larger than the vocabulary the largest id may be, before the
// table of tokens would take memory that no file has paid for.
const holes = 1 << 16

// setVocab sets the model's vocabulary.
func (t *Tokenizer) setVocab(vocab map[string]int32) error {
	if len(vocab) == 0 {
		return errors.New("empty")
	}
	t.vocab = mapped(vocab)
	top := int32(-1)
	for token, id := range vocab {
		if id < 0 {
			return fmt.Errorf("token %.40q: id %d is negative", token, id)
		}
		top = max(top, id)
	}
	if int(top) >= 4*len(vocab)+holes {
		return fmt.Errorf("id %d in a vocabulary of %d tokens", top, len(vocab))
	}
	t.tokens = make([]string, top+1)
	for token, id := range vocab {
		t.tokens[id] = token
	}
	t.special = make([]bool, top+1)
	return nil
}

// setTokens sets the vocabulary from a list by id. Of a token that comes twice the
// last id counts for encoding. The list is t's from now on.
func (t *Tokenizer) setTokens(tokens []string) {
	t.tokens = tokens
	t.special = make([]bool, len(tokens))
	t.vocab = listed(tokens)
}

// maxAdded bounds the length of an added token, which is looked for at every
// place of a text.
const maxAdded = 4096

// add sets the added tokens: those t has and these. One whose ID is negative
// gets the id the vocabulary has for it, or the next free one.
func (t *Tokenizer) add(tokens []AddedToken) error {
	all := slices.Clone(t.added)
	vocab, list := false, false // are t's alone: the model goes on without the added tokens
	for _, a := range tokens {
		if a.Content == "" {
			continue
		}
		if len(a.Content) > maxAdded {
			return fmt.Errorf("added token %.40q: %d bytes, over %d", a.Content, len(a.Content), maxAdded)
		}
		if a.ID < 0 {
			id, ok := t.vocab.id(a.Content)
			if !ok {
				id = int32(len(t.tokens))
			}
			a.ID = id
		}
		if int(a.ID) >= len(t.tokens)+len(tokens)+holes {
			return fmt.Errorf("added token %.40q: id %d in a vocabulary of %d tokens", a.Content, a.ID, len(t.tokens))
		}
		for int(a.ID) >= len(t.tokens) {
			t.tokens = append(t.tokens, "")
			t.special = append(t.special, false)
		}
		if id, ok := t.vocab.id(a.Content); !ok || id != a.ID {
			if !vocab {
				t.vocab, vocab = t.vocab.clone(), true
			}
			t.vocab.own[a.Content] = a.ID
		}
		if t.tokens[a.ID] != a.Content {
			if !list {
				t.tokens, list = slices.Clone(t.tokens), true
			}
			t.tokens[a.ID] = a.Content
		}
		t.special[a.ID] = t.special[a.ID] || a.Special
		all = append(all, a)
	}
	t.added = sortAdded(all)
	t.index()
	return nil
}

// index makes the finders of the added tokens.
func (t *Tokenizer) index() {
	var raw, normal []AddedToken
	for _, a := range t.added {
		if a.Normalized {
			normal = append(normal, a)
		} else {
			raw = append(raw, a)
		}
	}
	t.raw = newFinder(raw, func(a AddedToken) string { return a.Content })
	t.forms = nil
	t.normalized = newFinder(normal, func(a AddedToken) string {
		s := t.scratches.take(false)
		defer t.scratches.give(s)
		s.cur.reset(a.Content, 0, false)
		t.norm.apply(s)
		if form := string(s.cur.b); form != a.Content {
			if t.forms == nil {
				t.forms = map[int32]string{}
			}
			t.forms[a.ID] = form
		}
		return string(s.cur.b)
	})
}

// check reports what a tokenizer that is made still lacks.
func (t *Tokenizer) check() error {
	if t.model == nil || len(t.tokens) == 0 {
		return errors.New("the vocabulary is empty")
	}
	t.plan()
	t.segments = nil
	switch m := t.model.(type) {
	case *bpe:
		if !m.bytes && m.whole == nil && m.starts != nil && segmented(m.made(t.tokens), m.vocab.has) {
			t.segments = m.starts
		}
	case *spmBPE:
		if m.starts != nil && segmented(t.tokens, m.has) {
			t.segments = m.starts
		}
	}
	if t.template.single == nil {
		t.template = plainTemplate
	}
	for _, parts := range [][]part{t.template.single, t.template.pair} {
		for _, p := range parts {
			for _, id := range p.ids {
				if uint64(id) >= uint64(len(t.tokens)) {
					return fmt.Errorf("template: id %d: not in the vocabulary", id)
				}
			}
		}
	}
	return nil
}
