// Package grammar holds what a model writes to a form: a grammar in the notation of
// llama.cpp (GBNF), a JSON Schema, or a regular expression.
//
// A grammar is a pushdown automaton over bytes. What may follow a text is a set of
// stacks, made deterministic as texts come by and shared among them, so that most steps
// look a table up. The tokens that fit are found by walking the tree of all tokens, and
// are kept: for a place in a rule wherever the rule is called from, but for tokens that
// go on behind it (after XGrammar, arXiv:2411.15100).
package grammar

import "crypto/sha256"

// A Grammar says which texts fit. It never changes, and may be used by any number of
// goroutines.
type Grammar struct {
	a *automaton
	// source tells grammars of one text from others, so that what was found out for one
	// serves the next.
	source [sha256.Size]byte
}

// fromRules returns the grammar of rules that were read from source in a notation.
func fromRules(rules []rule, root int, notation, source string) (*Grammar, error) {
	a, err := compile(rules, root)
	if err != nil {
		return nil, err
	}
	return &Grammar{a, sha256.Sum256([]byte(notation + ":" + source))}, nil
}

// Match reports whether the whole of text fits.
func (g *Grammar) Match(text string) bool {
	s := newStacks(g.a)
	c := s.start()
	for i := range len(text) {
		s.room()
		if c = s.step(c, g.a.class[text[i]]); c == s.dead {
			return false
		}
	}
	return c.whole
}
