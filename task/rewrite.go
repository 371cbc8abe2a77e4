package task

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// A Rewriting is how an encoder-decoder is told what to make of a text: what is put
// before it, and how the answer is searched for.
type Rewriting struct {
	Prefix  string
	Options generate.Options
}

// Translation returns how m is told to translate. Languages are codes (en, de) or
// English names. What config.json says of the two, task_specific_params, holds; other
// languages get the prefix that T5 was trained with (arXiv:1910.10683).
func Translation(m *model.Model, from, to string) (Rewriting, error) {
	a, err := named("from", from)
	if err != nil {
		return Rewriting{}, err
	}
	b, err := named("to", to)
	if err != nil {
		return Rewriting{}, err
	}
	return rewriting(m, fmt.Sprintf("translation_%s_to_%s", a.code, b.code), fmt.Sprintf("translate %s to %s: ", a.name, b.name))
}

// Summary returns how m is told to summarize, see Translation.
func Summary(m *model.Model) (Rewriting, error) { return rewriting(m, "summarization", "summarize: ") }

// tongue is a language.
type tongue struct{ code, name string }

// named finds a language.
func named(field, s string) (tongue, error) {
	code := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	base, _, _ := strings.Cut(code, "-")
	if len(code) <= 8 {
		for _, c := range []string{code, base} { // what is spoken in a place, where it has no name, is the language
			if name := languages[c]; name != "" {
				return tongue{code, name}, nil
			}
		}
	}
	found := tongue{}
	for code, name := range languages { // of several codes the shortest, and the first of these
		if strings.EqualFold(name, s) && (found.code == "" || len(code) < len(found.code) || len(code) == len(found.code) && code < found.code) {
			found = tongue{code, name}
		}
	}
	if found.code != "" {
		return found, nil
	}
	return tongue{}, refuse(field, "%.40q is no language that is known, by its code or its English name", s)
}

func rewriting(m *model.Model, key, prefix string) (Rewriting, error) {
	if _, ok := m.Net.(model.EncoderDecoder); !ok {
		return Rewriting{}, unable(m, "make one text of another: it is no encoder-decoder")
	}
	s, err := settingsOf(m)
	if err != nil {
		return Rewriting{}, err
	}
	r := Rewriting{Prefix: prefix, Options: Options(m)}
	own, ok := s.Specific[key]
	if !ok {
		return r, nil
	}
	if own.Prefix != "" {
		r.Prefix = own.Prefix
	}
	o := &r.Options
	if own.MaxLength > 1 {
		o.MaxTokens = own.MaxLength - 1 // the start is counted there
	}
	if own.NumBeams > 0 {
		o.Beams = own.NumBeams
	}
	if own.NoRepeatNGram > 0 {
		o.NoRepeatNGram = own.NoRepeatNGram
	}
	if own.LengthPenalty != nil {
		o.LengthPenalty = *own.LengthPenalty
	}
	if err := o.Check(m.Net.(model.EncoderDecoder).Vocab()); err != nil {
		return r, &Refusal{Field: "model", Path: m.Path, Why: fmt.Sprintf("config.json: task_specific_params: %v", err)}
	}
	return r, nil
}

// Rewrite has m make another text of one: Translation or Summary say of which kind, and
// their options may be changed.
func Rewrite(ctx context.Context, m *model.Model, text string, r Rewriting) iter.Seq2[generate.Token, error] {
	return func(yield func(generate.Token, error) bool) {
		if err := ready(m, "rewrite"); err != nil {
			yield(generate.Token{}, err)
			return
		}
		ids := m.Tokenizer.Encode(r.Prefix + text)
		if len(ids) == 0 {
			yield(generate.Token{}, refuse("text", "it has no tokens"))
			return
		}
		generate.Generate(ctx, m.Net, m.Tokenizer, ids, r.Options)(yield)
	}
}
