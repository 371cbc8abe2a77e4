package serve

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/openai"
	"github.com/nlp-zoo/zoo/task"
)

// A completion is a request of /v1/completions that is being answered: a reply for each
// prompt, of which the texts are numbered through.
type completion struct {
	q       *openai.CompletionRequest
	m       *resident
	head    openai.Head
	replies []*reply
	none    bool // no text is made: prompts are scored
}

// openaiCompletions answers POST /v1/completions.
func (s *Server) openaiCompletions(w http.ResponseWriter, r *http.Request) error {
	var q openai.CompletionRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := q.Check(); err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), q.Model)
	if err != nil {
		return err
	}
	defer release()
	c := &completion{q: &q, m: m, head: openaiHead(m, "cmpl-")}
	if err := c.ask(r.Context(), s); err != nil {
		return err
	}
	if q.Stream {
		return c.stream(w, r, s)
	}
	choices, err := c.all(r.Context(), s.o.Rows)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c.head.Text(c.usage(), choices...))
}

// all returns the choices of all prompts, of which so many are written at once.
func (c *completion) all(ctx context.Context, atOnce int) ([]openai.CompletionChoice, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts := make([][]openai.CompletionChoice, len(c.replies))
	rows := make(chan struct{}, atOnce)
	var writing sync.WaitGroup
	for i := range c.replies {
		rows <- struct{}{}
		writing.Go(func() {
			defer func() { <-rows }()
			defer func() {
				if r := recover(); r != nil {
					cancel(fmt.Errorf("serve: completions: panic: %v", r))
				}
			}()
			apart := *requestOf(ctx) // what it counts is not for several goroutines
			var err error
			if parts[i], err = c.whole(context.WithValue(ctx, requestKey{}, &apart), i); err != nil {
				cancel(err) // the first one is told
			}
		})
	}
	writing.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	requestOf(ctx).prompt, requestOf(ctx).made = c.usage().PromptTokens, c.usage().CompletionTokens
	return slices.Concat(parts...), nil
}

// ask asks for the texts of all prompts.
func (c *completion) ask(ctx context.Context, s *Server) error {
	tokens, none, err := c.q.Tokens()
	if err != nil {
		return err
	}
	c.none = none
	constraint, err := c.q.Constraint("response_format", c.q.Format)
	if err != nil {
		return err
	}
	prompts := c.q.Prompt
	if len(prompts) == 0 {
		prompts = openai.Inputs{{}} // the model begins
	}
	for _, p := range prompts {
		a := ask{prompt: p.Text, ids: p.IDs, options: c.m.options(), n: or0(c.q.N), best: or0(c.q.BestOf), format: format{constraint.Kind, constraint.Source}, param: constraint.Param}
		if c.q.Suffix != "" {
			a.gap = &task.Gap{Prefix: p.Text, Suffix: c.q.Suffix}
		}
		if err := openaiSampling(c.m, &a, &c.q.Sampling, tokens, or0(c.q.LogProbs), c.q.LogProbs != nil); err != nil {
			return err
		}
		re, err := s.answer(ctx, c.m, a)
		if err != nil {
			return err
		}
		c.replies = append(c.replies, re)
	}
	return nil
}

// usage returns what all prompts took together.
func (c *completion) usage() *openai.Usage {
	var prompt, cached, made int
	for _, re := range c.replies {
		p, d, n := re.usage()
		prompt, cached, made = prompt+p, cached+d, made+n
	}
	return ptr(openai.UsageOf(prompt, cached, made))
}

// begin returns what stands before the texts of a prompt: the prompt itself, if it is to
// be repeated, and its tokens, if they are to be told.
func (c *completion) begin(ctx context.Context, re *reply) (string, *openai.LegacyLogProbs, error) {
	if c.m.Tokenizer == nil {
		return "", nil, invalid("model", "%s has no tokenizer", c.m.Name)
	}
	text := c.m.Tokenizer.Decode(re.prompt, true)
	if !c.q.Echo {
		if c.q.LogProbs == nil {
			return "", nil, nil
		}
		return "", openai.NewLegacyLogProbs(utf8.RuneCountInString(text)), nil
	}
	if c.q.LogProbs == nil {
		return text, nil, nil
	}
	l := openai.NewLegacyLogProbs(0)
	tokens, err := c.m.scored(ctx, re.prompt, *c.q.LogProbs)
	if err != nil {
		return "", nil, err
	}
	c.add(l, tokens, true)
	return text, l, nil
}

// add adds tokens to a list; echoed ones are those of a prompt.
func (c *completion) add(l *openai.LegacyLogProbs, tokens []generate.Token, echoed bool) {
	decoder := c.m.Tokenizer.NewStream(true)
	for i := range tokens {
		width := utf8.RuneCountInString(decoder.Push(tokens[i].ID))
		p := spelled(c.m, &tokens[i])
		l.Add(c.m.spell(tokens[i].ID), tokens[i].LogProb, p.Top, echoed && i == 0, width)
	}
}

// whole returns the choices of a prompt.
func (c *completion) whole(ctx context.Context, number int) ([]openai.CompletionChoice, error) {
	re := c.replies[number]
	before, tokens, err := c.begin(ctx, re)
	if err != nil {
		return nil, err
	}
	if c.none {
		return []openai.CompletionChoice{c.scored(before, tokens, number)}, nil
	}
	texts, err := re.whole(ctx)
	if err != nil {
		return nil, err
	}
	choices := make([]openai.CompletionChoice, len(texts))
	for i, t := range texts {
		choices[i] = openai.CompletionChoice{Text: before + t.content, Index: number*re.ask.n + i, FinishReason: &t.finish}
		if tokens != nil {
			choices[i].LogProbs = tokens.Clone()
			c.add(choices[i].LogProbs, t.tokens, false)
		}
	}
	return choices, nil
}

// scored is the choice of a prompt that is not gone on with.
func (c *completion) scored(text string, tokens *openai.LegacyLogProbs, number int) openai.CompletionChoice {
	return openai.CompletionChoice{Text: text, Index: number, LogProbs: tokens, FinishReason: ptr(finishLength)}
}

// stream sends the texts in parts, those of one prompt after those of another.
func (c *completion) stream(w http.ResponseWriter, r *http.Request, s *Server) error {
	st := s.sse(w, "")
	defer st.Close()
	for number, re := range c.replies {
		if err := c.streamOne(r.Context(), st, number, re); err != nil {
			return openaiBroken(st, err)
		}
	}
	return openaiEnd(st, c.q.StreamOptions, func() any { return c.head.Text(c.usage()) })
}

func (c *completion) streamOne(ctx context.Context, st *stream, number int, re *reply) error {
	before, tokens, err := c.begin(ctx, re)
	if err != nil {
		return err
	}
	if c.none {
		return st.event("", c.head.Text(nil, c.scored(before, tokens, number)))
	}
	lists := make([]*openai.LegacyLogProbs, re.ask.n)
	if c.q.Echo {
		for i := range re.ask.n {
			if err := st.event("", c.head.Text(nil, openai.CompletionChoice{Text: before, Index: number*re.ask.n + i, LogProbs: tokens})); err != nil {
				return err
			}
		}
	}
	for p, err := range re.pieces(ctx) {
		if err != nil {
			return err
		}
		choice := openai.CompletionChoice{Text: p.content, Index: number*re.ask.n + p.choice}
		if tokens != nil && p.token != nil {
			if lists[p.choice] == nil {
				lists[p.choice] = tokens
			}
			lists[p.choice] = lists[p.choice].Next()
			c.add(lists[p.choice], []generate.Token{*p.token}, false)
			choice.LogProbs = lists[p.choice]
		}
		if p.finish != "" {
			choice.FinishReason = &p.finish
		}
		if choice.Text == "" && choice.LogProbs == nil && choice.FinishReason == nil {
			continue
		}
		if err := st.event("", c.head.Text(nil, choice)); err != nil {
			return err
		}
	}
	return nil
}
