package main

import (
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/task"
)

// speculation are the flags that have tokens guessed, and how the guesses went.
type speculation struct {
	draft  string
	tokens int
	lookup int

	model          *model.Model // of draft
	guesses, right int
}

func (s *speculation) flags(f *pflag.FlagSet) {
	f.StringVar(&s.draft, "draft", "", "a smaller model of the same vocabulary, which guesses tokens; the text stays the same")
	f.IntVar(&s.lookup, "lookup", 0, "guess what followed where the last tokens, up to that many, stood before; the text stays the same")
	f.IntVar(&s.tokens, "draft-tokens", generate.DefaultGuesses, "most guesses to check at once")
}

// open opens the draft of m, if one was asked for.
func (s *speculation) open(m *model.Model, options ...model.Option) (generate.Speculation, error) {
	o := generate.Speculation{Lookup: s.lookup, Tokens: s.tokens}
	if s.draft == "" {
		return o, nil
	}
	var err error
	if s.model, err = model.Open(s.draft, options...); err != nil {
		return o, err
	}
	o.Draft, err = task.Draft(m, s.model)
	return o, err
}

func (s *speculation) close() error {
	if s.model == nil {
		return nil
	}
	return s.model.Close()
}

// count takes in a token.
func (s *speculation) count(t generate.Token) {
	s.guesses += t.Guesses
	if t.Guessed {
		s.right++
	}
}

// report tells how many guesses were right, if any were made.
func (s *speculation) report(w io.Writer) {
	if s.guesses > 0 {
		fmt.Fprintf(w, "guesses: %d of %d were right (%.0f %%)\n", s.right, s.guesses, 100*float64(s.right)/float64(s.guesses))
	}
}
