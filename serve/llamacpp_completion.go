package serve

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/llamacpp"
	"github.com/nlp-zoo/zoo/task"
)

// maxPrompts is how many prompts, or texts, a request may have.
const maxPrompts = 512

// llamacppCompletion answers POST /completion.
func (s *Server) llamacppCompletion(w http.ResponseWriter, r *http.Request) error {
	var q llamacpp.CompletionRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	switch n := len(q.Prompt.All); {
	case n == 0:
		return invalid("prompt", "there is none")
	case n > maxPrompts:
		return invalid("prompt", "%d prompts are more than %d", n, maxPrompts)
	}
	return s.llamacppWrite(w, r, &q, func(m *resident) ([]ask, error) {
		asks := make([]ask, len(q.Prompt.All))
		for i, p := range q.Prompt.All {
			text, alone := p.Text()
			if alone {
				asks[i] = ask{prompt: text}
				continue
			}
			if m.Tokenizer == nil {
				asks[i] = ask{ids: p.Ids(nothing, nothing)}
				continue
			}
			asks[i] = ask{ids: p.Ids(func(t string) []int32 { return m.Tokenizer.Encode(t) }, bare(m.Tokenizer))}
		}
		return asks, nil
	})
}

func nothing(string) []int32 { return nil }

// llamacppInfill answers POST /infill: what stands between two texts.
func (s *Server) llamacppInfill(w http.ResponseWriter, r *http.Request) error {
	var q llamacpp.InfillRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	gap := &task.Gap{Prefix: q.Prefix, Suffix: q.Suffix}
	if len(q.Prompt.All) > 0 {
		start, alone := q.Prompt.All[0].Text()
		if !alone || len(q.Prompt.All) > 1 {
			return invalid("prompt", "it must be a text")
		}
		gap.Start = start
	}
	for _, f := range q.Extra {
		gap.Files = append(gap.Files, task.File{Name: f.Name, Text: f.Text})
	}
	q.Prompt.Many = false
	return s.llamacppWrite(w, r, &q.CompletionRequest, func(m *resident) ([]ask, error) {
		if !task.Infills(m.Model) {
			return nil, &Error{Status: http.StatusNotImplemented, Message: "infill is not supported by " + m.Name + ": its vocabulary has no tokens for it"}
		}
		return []ask{{gap: gap}}, nil
	})
}

// llamacppReply answers one request for texts.
type llamacppReply struct {
	s    *Server
	m    *resident
	q    *llamacpp.CompletionRequest
	plan llamacpp.Plan
}

// llamacppWrite has a model write what asks returns, the prompts one after the other.
func (s *Server) llamacppWrite(w http.ResponseWriter, r *http.Request, q *llamacpp.CompletionRequest, asks func(*resident) ([]ask, error)) error {
	if err := q.Check(); err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), q.Model)
	if err != nil {
		return err
	}
	defer release()
	all, err := asks(m)
	if err != nil {
		return err
	}
	encode := nothing
	if m.Tokenizer != nil {
		encode = bare(m.Tokenizer)
	}
	l := &llamacppReply{s: s, m: m, q: q, plan: q.Plan(m.options(), encode)}
	replies := make([]*reply, len(all))
	for i := range all {
		if replies[i], err = l.begin(r.Context(), all[i]); err != nil {
			return err
		}
	}
	if q.Stream {
		st := s.sse(w, "")
		defer st.Close()
		return l.stream(r.Context(), st, replies)
	}
	return l.whole(r.Context(), w, replies)
}

// begin completes an ask and has it checked.
func (l *llamacppReply) begin(ctx context.Context, a ask) (*reply, error) {
	var err error
	if a.format.kind, a.format.source, err = l.q.Held(); err != nil {
		return nil, err
	}
	if a.param = "grammar"; a.format.kind == "schema" {
		a.param = "json_schema"
	}
	a.options, a.n = l.plan.Options, l.q.Completions
	if l.plan.Unlimited {
		a.options.MaxTokens = l.m.room
	}
	re, err := l.s.answer(ctx, l.m, a)
	if err != nil {
		return nil, err
	}
	lookBack(re, l.plan.Last)
	return re, nil
}

// whole sends all texts at once: one object, or an array where there are several.
func (l *llamacppReply) whole(ctx context.Context, w http.ResponseWriter, replies []*reply) error {
	var all []any
	for i, re := range replies {
		parts := l.texts(i, re)
		err := l.pieces(ctx, re, func(p *piece, last bool) error {
			t := parts[p.choice]
			t.add(p)
			t.answer.Probs = append(t.answer.Probs, l.probs(p.token)...)
			if p.token != nil && l.q.ReturnTokens {
				t.answer.Tokens = append(t.answer.Tokens, p.token.ID)
			}
			if last {
				t.end(p)
				t.answer.Content = t.content.String()
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, t := range parts {
			answer, err := llamacpp.Only(t.answer, l.q.ResponseFields)
			if err != nil {
				return err
			}
			all = append(all, answer)
		}
	}
	if len(all) == 1 && !l.q.Prompt.Many {
		return writeJSON(w, http.StatusOK, all[0])
	}
	return writeJSON(w, http.StatusOK, all)
}

// stream sends the texts in events as they come, those of one prompt after those of
// another.
func (l *llamacppReply) stream(ctx context.Context, st *stream, replies []*reply) error {
	for i, re := range replies {
		parts := l.texts(i, re)
		err := l.pieces(ctx, re, func(p *piece, last bool) error {
			t := parts[p.choice]
			t.add(p)
			part := llamacpp.Completion{Index: t.answer.Index, Content: p.content, Tokens: []int32{}, Predicted: t.answer.Predicted, Evaluated: len(re.prompt)}
			part.Probs = l.probs(p.token)
			if p.token != nil {
				part.Tokens = append(part.Tokens, p.token.ID)
			}
			if l.q.Timings {
				part.Timings = timingOf(re)
			}
			if part.Content != "" || part.Probs != nil || !last {
				if err := st.event("", part); err != nil {
					return err
				}
			}
			if !last {
				return nil
			}
			t.end(p)
			answer, err := llamacpp.Only(t.answer, l.q.ResponseFields)
			if err != nil {
				return err
			}
			return st.event("", answer)
		})
		if err != nil {
			if st.begun() {
				err = errors.Join(err, st.event("", llamacppDialect.body(errorOf(err))))
			}
			return err
		}
	}
	return nil
}

// pieces calls f with each piece of a reply, and whether it is the last of its text.
// Where no token is wanted the one that the reply cannot do without is left out; where
// time is up a text that has come to the end of a line ends there.
func (l *llamacppReply) pieces(ctx context.Context, re *reply, f func(p *piece, last bool) error) error {
	var began time.Time
	lines := map[int]bool{}
	for p, err := range re.pieces(ctx) {
		if err != nil {
			return err
		}
		if began.IsZero() {
			began = time.Now()
		}
		if l.plan.Nothing {
			p.token, p.content, p.finish = nil, "", finishLength
		}
		lines[p.choice] = lines[p.choice] || strings.Contains(p.content, "\n")
		late := l.plan.Time > 0 && time.Since(began) > l.plan.Time && lines[p.choice] && re.ask.n == 1
		if late && p.finish == "" {
			p.finish = finishLength
		}
		if err := f(&p, p.finish != ""); err != nil || late {
			return err
		}
	}
	return nil
}

// A llamacppText is one text of a reply.
type llamacppText struct {
	l       *llamacppReply
	re      *reply
	content strings.Builder
	answer  llamacpp.Completion
}

// texts returns the texts of the reply to prompt number i.
func (l *llamacppReply) texts(i int, re *reply) []*llamacppText {
	all := make([]*llamacppText, re.ask.n)
	for j := range all {
		all[j] = &llamacppText{l: l, re: re, answer: llamacpp.Completion{Index: i*re.ask.n + j, Tokens: []int32{}, Evaluated: len(re.prompt)}}
	}
	return all
}

// add counts a piece.
func (t *llamacppText) add(p *piece) {
	t.content.WriteString(p.content)
	if p.token != nil {
		t.answer.Predicted++
	}
}

// end completes a text after its last piece.
func (t *llamacppText) end(p *piece) {
	m := t.l.m
	prompt, cached, _ := t.re.usage()
	t.answer.Stop, t.answer.Timings = true, timingOf(t.re)
	end := &llamacpp.Ending{
		Model: m.Name, Settings: t.l.plan.Settings(&t.l.q.Sampling, m.room, t.l.q.Stream), Cached: cached,
		NewLine: strings.Contains(t.content.String(), "\n"), StopType: llamacpp.StopEOS, StopWord: p.stop,
	}
	switch {
	case p.stop != "":
		end.StopType = llamacpp.StopWord
	case p.finish == finishLength:
		end.StopType = llamacpp.StopLimit
		end.Cut = prompt+t.answer.Predicted >= m.room
	}
	if m.Tokenizer != nil {
		end.Prompt = m.Tokenizer.Decode(t.re.prompt, false)
	}
	t.answer.Ending = end
}

func timingOf(re *reply) *llamacpp.Timing {
	prompt, cached, made := re.usage()
	read, wrote := re.times()
	return llamacpp.TimingOf(prompt, cached, made, read, wrote)
}

// probs returns the form of a token's probabilities, if they were asked for.
func (l *llamacppReply) probs(token *generate.Token) []llamacpp.Prob {
	if token == nil || l.q.Probs == 0 {
		return nil
	}
	p := llamacpp.Prob{TokenProb: l.prob(token.ID, token.LogProb)}
	for _, other := range token.Top {
		p.Top = append(p.Top, l.prob(other.ID, other.LogProb))
	}
	return []llamacpp.Prob{p}
}

func (l *llamacppReply) prob(id int32, logProb float64) llamacpp.TokenProb {
	var text []byte
	if l.m.Tokenizer != nil {
		text = l.m.Tokenizer.Bytes(id)
	}
	return llamacpp.TokenProbOf(id, text, logProb)
}
