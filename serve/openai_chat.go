package serve

import (
	"net/http"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/openai"
)

// openaiChat answers POST /v1/chat/completions.
func (s *Server) openaiChat(w http.ResponseWriter, r *http.Request) error {
	var q openai.ChatRequest
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
	a, err := openaiChatAsk(m, &q)
	if err != nil {
		return err
	}
	re, err := s.answer(r.Context(), m, a)
	if err != nil {
		return err
	}
	head := openaiHead(m, "chatcmpl-")
	if q.Stream {
		return s.openaiChatStream(w, r, &q, re, head)
	}
	texts, err := re.whole(r.Context())
	if err != nil {
		return err
	}
	choices := make([]openai.ChatChoice, len(texts))
	for i, t := range texts {
		choices[i] = openaiChoice(m, &q, i, t)
	}
	return writeJSON(w, http.StatusOK, head.Completion(choices, openaiUsage(re)))
}

// openaiChatAsk returns what a request asks for.
func openaiChatAsk(m *resident, q *openai.ChatRequest) (ask, error) {
	a := ask{options: m.options(), n: or0(q.N), extra: q.Variables(), prefill: q.Continue}
	if q.N != nil && *q.N == 0 {
		return a, invalid("n", "0 texts")
	}
	var err error
	if a.messages, err = openai.Messages(q.Messages); err != nil {
		return a, err
	}
	if err = openaiTools(&a, q.Tools, &q.ToolChoice, q.ParallelToolCalls); err != nil {
		return a, err
	}
	constraint, err := q.Constraint("response_format", q.ResponseFormat)
	if err != nil {
		return a, err
	}
	a.format, a.param = format{constraint.Kind, constraint.Source}, constraint.Param
	tokens, err := q.Tokens()
	if err != nil {
		return a, err
	}
	return a, openaiSampling(m, &a, &q.Sampling, tokens, or0(q.TopLogProbs), q.LogProbs)
}

// openaiTools gives an ask its tools.
func openaiTools(a *ask, tools []openai.Tool, choice *openai.ToolChoice, parallel *bool) error {
	all, names, err := openai.Tools(tools)
	if err != nil {
		return err
	}
	a.tools, a.choice.mode, a.choice.name, err = choice.Choose(all, names)
	a.choice.one = parallel != nil && !*parallel
	return err
}

// openaiChoice returns a text as one of an answer's choices.
func openaiChoice(m *resident, q *openai.ChatRequest, i int, t text) openai.ChatChoice {
	c := openai.ChatChoice{Index: i, FinishReason: t.finish, Message: openai.ChatMessage{Role: "assistant", ReasoningContent: t.reasoning}}
	if t.content != "" || len(t.calls) == 0 {
		c.Message.Content = &t.content
	}
	for _, call := range t.calls {
		c.Message.ToolCalls = append(c.Message.ToolCalls, openaiCall(&call, string(call.Arguments)))
	}
	if q.LogProbs {
		c.LogProbs = openaiLogProbs(m, t.tokens)
	}
	return c
}

// openaiCall returns a call with the arguments that are known of it.
func openaiCall(c *chat.ToolCall, arguments string) openai.ToolCall {
	return openai.ToolCall{ID: c.ID, Type: "function", Function: openai.FunctionCall{Name: c.Name, Arguments: arguments}}
}

func openaiLogProbs(m *resident, tokens []generate.Token) *openai.LogProbs {
	l := &openai.LogProbs{Content: []openai.TokenLogProb{}, Refusal: []openai.TokenLogProb{}}
	for i := range tokens {
		l.Content = append(l.Content, spelled(m, &tokens[i]))
	}
	return l
}

// openaiChatStream sends a reply in parts: each text begins with a part that has its role
// and ends with one that has its reason.
func (s *Server) openaiChatStream(w http.ResponseWriter, r *http.Request, q *openai.ChatRequest, re *reply, head openai.Head) error {
	st := s.sse(w, "")
	defer st.Close()
	begun := make([]bool, re.ask.n)
	for p, err := range re.pieces(r.Context()) {
		if err != nil {
			return openaiBroken(st, err)
		}
		c := openai.ChunkChoice{Index: p.choice, Delta: openaiDelta(&p)}
		if q.LogProbs && p.token != nil {
			c.LogProbs = openaiLogProbs(re.m, []generate.Token{*p.token})
		}
		if !begun[p.choice] {
			begun[p.choice] = true
			first := openai.ChunkChoice{Index: p.choice, Delta: openai.Delta{Role: "assistant", Content: ptr("")}}
			if err := st.event("", head.Chunk(nil, first)); err != nil {
				return err
			}
		}
		if c.LogProbs != nil || c.Delta.Content != nil || c.Delta.ReasoningContent != "" || c.Delta.ToolCalls != nil {
			if err := st.event("", head.Chunk(nil, c)); err != nil {
				return err
			}
		}
		if p.finish != "" {
			if err := st.event("", head.Chunk(nil, openai.ChunkChoice{Index: p.choice, FinishReason: &p.finish})); err != nil {
				return err
			}
		}
	}
	return openaiEnd(st, q.StreamOptions, func() any { return head.Chunk(ptr(openaiUsage(re))) })
}

// openaiDelta returns what a piece adds to a message.
func openaiDelta(p *piece) openai.Delta {
	d := openai.Delta{ReasoningContent: p.reasoning}
	if p.content != "" {
		d.Content = &p.content
	}
	var call openai.ToolCall
	if p.call != nil {
		call = openaiCall(p.call, string(p.call.Arguments))
	}
	if call.Function.Arguments += p.arguments; p.call != nil || p.arguments != "" {
		call.Index = &p.callIndex
		d.ToolCalls = []openai.ToolCall{call}
	}
	return d
}

// openaiEnd ends a stream, with the usage if that is asked for.
func openaiEnd(st *stream, o *openai.StreamOptions, usage func() any) error {
	if o != nil && o.IncludeUsage {
		if err := st.event("", usage()); err != nil {
			return err
		}
	}
	return st.data("", []byte("[DONE]"))
}

// openaiBroken tells an error that comes when a stream has begun in the stream.
func openaiBroken(st *stream, err error) error {
	if st.begun() {
		_ = st.event("", openaiError(errorOf(err))) // nobody else is to be told
	}
	return err
}
