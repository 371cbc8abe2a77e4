package serve

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/ollama"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// An ollamaPart is a part of an answer, or all of it.
type ollamaPart struct {
	content, thinking string
	calls             []ollama.ToolCall
	logProbs          []ollama.LogProb
	done              string // why it ended; "": it goes on
	metrics           ollama.Metrics
	context           []int32
	debug             *ollama.Rendered
}

// An ollamaReply answers for either way of asking for text; form has the words of the one.
type ollamaReply struct {
	s       *Server
	m       *resident
	q       *ollama.Shared
	form    func(ollamaPart) any
	begun   time.Time
	load    time.Duration // that the model took to be there
	context bool          // the end of the answer has the tokens of it all

	re    *reply
	made  []int32
	calls int
}

// answer has the model answer a, which the shared fields complete.
func (o *ollamaReply) answer(ctx context.Context, w http.ResponseWriter, a ask) error {
	plan, err := o.complete(&a)
	if err != nil {
		return err
	}
	if o.q.RenderOnly {
		text := a.prompt
		if a.messages != nil {
			if text, err = a.render(ctx, o.m); err != nil {
				return err
			}
		}
		return writeJSON(w, http.StatusOK, o.form(ollamaPart{debug: &ollama.Rendered{Template: text}}))
	}
	if o.re, err = o.s.answer(ctx, o.m, a); err != nil {
		return err
	}
	bound(o.re, plan.Context)
	lookBack(o.re, plan.Last)
	if o.q.Streams() {
		return o.stream(ctx, w)
	}
	return o.whole(ctx, w)
}

// complete sets what the shared fields ask for.
func (o *ollamaReply) complete(a *ask) (plan ollama.Plan, err error) {
	if err := o.q.Check(); err != nil {
		return plan, ollamaInvalid(err)
	}
	if plan, err = o.q.Options.Plan(o.m.options()); err != nil {
		return plan, ollamaInvalid(err)
	}
	if a.format.kind, a.format.source, err = o.q.Held(); err != nil {
		return plan, ollamaInvalid(err)
	}
	a.param = "format"
	if a.extra, err = ollamaThinks(o.m, o.m.Name, o.q.Think); err != nil {
		return plan, err
	}
	a.options = plan.Options
	if plan.Unlimited {
		a.options.MaxTokens = o.m.room
	}
	if o.q.LogProbs {
		a.options.LogProbs, a.options.TopLogProbs = true, o.q.TopLogProbs
	}
	return plan, nil
}

// bound keeps prompt and answer together within so many tokens, where that is given and
// the prompt leaves any of them.
func bound(re *reply, tokens int) {
	if left := tokens - len(re.prompt); left > 0 {
		re.ask.options.MaxTokens = min(re.ask.options.MaxTokens, left)
	}
}

// lookBack has penalties go by the last tokens alone, prompt included, as in llama.cpp.
func lookBack(re *reply, last int) {
	o := &re.ask.options
	if o.RepetitionPenalty == 1 {
		o.RepetitionPenalty = 0
	}
	if o.RepetitionPenalty == 0 && o.PresencePenalty == 0 && o.FrequencyPenalty == 0 {
		return
	}
	o.Processors = append(slices.Clip(o.Processors), generate.Recent{
		Prompt: re.prompt, Last: last, Repeat: o.RepetitionPenalty, Presence: o.PresencePenalty, Frequency: o.FrequencyPenalty,
	})
	o.RepetitionPenalty, o.PresencePenalty, o.FrequencyPenalty = 0, 0, 0
}

// whole sends the answer at once.
func (o *ollamaReply) whole(ctx context.Context, w http.ResponseWriter) error {
	texts, err := o.re.whole(ctx)
	if err != nil {
		return err
	}
	t := texts[0]
	p := ollamaPart{content: t.content, thinking: t.reasoning}
	for _, c := range t.calls {
		p.calls = append(p.calls, o.call(c))
	}
	for _, token := range t.tokens {
		p.logProbs = append(p.logProbs, o.logProbs(&token)...)
	}
	o.end(&p, t.finish)
	return writeJSON(w, http.StatusOK, o.form(p))
}

// stream sends the answer in lines as it comes. A call comes when it is whole.
func (o *ollamaReply) stream(ctx context.Context, w http.ResponseWriter) error {
	st := o.s.ndjson(w)
	defer st.Close()
	var call *chat.ToolCall
	for p, err := range o.re.pieces(ctx) {
		if err != nil {
			if st.begun() {
				err = errors.Join(err, st.line(ollama.Error{Error: errorOf(err).Error()}))
			}
			return err
		}
		part := ollamaPart{content: p.content, thinking: p.reasoning, logProbs: o.logProbs(p.token)}
		if call != nil && p.call != nil {
			part.calls, call = append(part.calls, o.call(*call)), nil
		}
		if p.call != nil {
			call = &chat.ToolCall{ID: p.call.ID, Name: p.call.Name}
		}
		if call != nil {
			if call.Arguments = append(call.Arguments, p.arguments...); p.finish != "" {
				part.calls = append(part.calls, o.call(*call))
			}
		}
		if part.content != "" || part.thinking != "" || part.calls != nil || part.logProbs != nil {
			if err := st.line(o.form(part)); err != nil {
				return err
			}
		}
		if p.finish != "" {
			last := ollamaPart{}
			o.end(&last, p.finish)
			return st.line(o.form(last))
		}
	}
	return nil
}

func (o *ollamaReply) call(c chat.ToolCall) ollama.ToolCall {
	o.calls++
	return ollama.Call(o.calls-1, c)
}

// logProbs keeps a token, and returns its form if that was asked for.
func (o *ollamaReply) logProbs(token *generate.Token) []ollama.LogProb {
	if token == nil {
		return nil
	}
	if o.context {
		o.made = append(o.made, token.ID)
	}
	if !o.q.LogProbs {
		return nil
	}
	l := ollama.LogProb{TokenLogProb: ollama.Token(ollamaToken(o.m.Tokenizer, token.ID), token.LogProb)}
	for _, other := range token.Top {
		l.Top = append(l.Top, ollama.Token(ollamaToken(o.m.Tokenizer, other.ID), other.LogProb))
	}
	return []ollama.LogProb{l}
}

// end completes the last part.
func (o *ollamaReply) end(p *ollamaPart, finish string) {
	p.done = ollama.DoneStop
	if finish == finishLength {
		p.done = ollama.DoneLength
	}
	if o.context {
		p.context = slices.Concat(o.re.prompt, o.made)
	}
	m := &p.metrics
	m.TotalDuration, m.LoadDuration = time.Since(o.begun), o.load
	m.PromptEvalDuration, m.EvalDuration = o.re.times()
	m.PromptEvalCount, _, m.EvalCount = o.re.usage()
}

// thinks reports whether the template of a conversation knows thoughts.
func thinks(t *tokenizer.Tokenizer) bool {
	if t == nil {
		return false
	}
	for _, word := range []string{"enable_thinking", "reasoning_content", "reasoning_effort", "<think>"} {
		if strings.Contains(t.ChatTemplate(), word) {
			return true
		}
	}
	return false
}
