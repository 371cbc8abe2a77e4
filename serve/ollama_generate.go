package serve

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/serve/ollama"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// ollamaGenerate answers POST /api/generate. Without a prompt it opens the model, or
// closes it where keep_alive is 0.
func (s *Server) ollamaGenerate(w http.ResponseWriter, r *http.Request) error {
	var q ollama.GenerateRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	switch {
	case q.Raw && (q.Template != "" || q.System != "" || len(q.Context) > 0):
		return invalid("raw", "raw mode does not support template, system, or context")
	case q.Template != "":
		return invalid("template", "the model's own template is used; none can be given")
	case len(q.Images) > 0:
		return invalid("images", "the model reads no images")
	}
	ctx, begun := r.Context(), time.Now()
	form := func(p ollamaPart) any {
		return ollama.GenerateResponse{
			Model: q.Model, CreatedAt: time.Now().UTC(), Response: p.content, Thinking: p.thinking, ToolCalls: p.calls,
			LogProbs: p.logProbs, Done: p.done != "", DoneReason: p.done, Metrics: p.metrics, Context: p.context, Debug: p.debug,
		}
	}
	if q.Prompt == "" && q.Suffix == "" && q.KeepAlive != nil && *q.KeepAlive == 0 {
		if err := s.ollamaUnload(q.Model); err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, form(ollamaPart{done: ollama.DoneUnload}))
	}
	m, release, err := s.ollamaLease(ctx, q.Model, q.KeepAlive)
	if err != nil {
		return err
	}
	defer release()
	if m.engine == nil {
		return &Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("%q does not support generate", q.Model)}
	}
	if q.Prompt == "" && q.Suffix == "" {
		return writeJSON(w, http.StatusOK, form(ollamaPart{done: ollama.DoneLoad}))
	}
	a, err := s.ollamaAsked(ctx, m, &q)
	if err != nil {
		return err
	}
	o := ollamaReply{s: s, m: m, q: &q.Shared, form: form, begun: begun, load: time.Since(begun), context: !q.Raw && q.Suffix == ""}
	return o.answer(ctx, w, a)
}

// ollamaAsked returns what a request to generate asks for, options aside: a gap to be
// filled, a text as it is, or a message to be answered. What follows an earlier answer
// comes as ids.
func (s *Server) ollamaAsked(ctx context.Context, m *resident, q *ollama.GenerateRequest) (ask, error) {
	if q.Suffix != "" {
		return ask{gap: &task.Gap{Prefix: q.Prompt, Suffix: q.Suffix}}, nil
	}
	a := ask{prompt: q.Prompt}
	switch {
	case q.Raw || m.plain && q.System == "":
	case m.plain:
		a.prompt = q.System + "\n\n" + q.Prompt
	default:
		if q.System != "" {
			a.messages = append(a.messages, chat.Message{Role: "system", Content: q.System})
		}
		a.messages = append(a.messages, chat.Message{Role: "user", Content: q.Prompt})
	}
	if len(q.Context) == 0 {
		return a, nil
	}
	extra, err := ollamaThinks(m, q.Model, q.Think)
	if err != nil {
		return ask{}, err
	}
	a.extra = extra
	ids, err := a.encode(ctx, m)
	if err != nil {
		return ask{}, err
	}
	if bos, ok := m.Tokenizer.BOS(); ok && len(ids) > 1 && ids[0] == bos {
		ids = ids[1:]
	}
	return ask{ids: slices.Concat(q.Context, ids)}, nil
}

// ollamaChat answers POST /api/chat. Without messages it opens the model, or closes it
// where keep_alive is 0.
func (s *Server) ollamaChat(w http.ResponseWriter, r *http.Request) error {
	var q ollama.ChatRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	messages, err := ollama.Conversation(q.Messages)
	if err != nil {
		return ollamaInvalid(err)
	}
	ctx, begun := r.Context(), time.Now()
	form := func(p ollamaPart) any {
		return ollama.ChatResponse{
			Model: q.Model, CreatedAt: time.Now().UTC(), LogProbs: p.logProbs, Done: p.done != "", DoneReason: p.done, Metrics: p.metrics,
			Message: ollama.Message{Role: "assistant", Content: p.content, Thinking: p.thinking, ToolCalls: p.calls}, Debug: p.debug,
		}
	}
	if len(messages) == 0 && q.KeepAlive != nil && *q.KeepAlive == 0 {
		if err := s.ollamaUnload(q.Model); err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, form(ollamaPart{done: ollama.DoneUnload}))
	}
	m, release, err := s.ollamaLease(ctx, q.Model, q.KeepAlive)
	if err != nil {
		return err
	}
	defer release()
	if m.engine == nil {
		return &Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("%q does not support chat", q.Model)}
	}
	if len(messages) == 0 {
		return writeJSON(w, http.StatusOK, form(ollamaPart{done: ollama.DoneLoad}))
	}
	o := ollamaReply{s: s, m: m, q: &q.Shared, form: form, begun: begun, load: time.Since(begun)}
	last := messages[len(messages)-1] // an answer that has begun goes on
	return o.answer(ctx, w, ask{messages: messages, tools: q.Tools, prefill: last.Role == "assistant" && len(last.ToolCalls) == 0})
}

// ollamaThinks returns the template's variables for whether a model is to think.
func ollamaThinks(m *resident, name string, think *ollama.Think) (map[string]any, error) {
	if think == nil {
		return nil, nil
	}
	if !thinks(m.Tokenizer) {
		if think.On {
			return nil, &Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("%q does not support thinking", name)}
		}
		return nil, nil
	}
	extra := map[string]any{"enable_thinking": think.On, "thinking": think.On}
	if think.Level != "" {
		extra["reasoning_effort"] = think.Level
	}
	return extra, nil
}

// ollamaUnload closes a model that nobody uses; one that is in use is closed after.
func (s *Server) ollamaUnload(name string) error {
	sl := s.pool.find(name)
	if sl == nil {
		return ollamaUnknown(name, errUnknown(name))
	}
	p := s.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if sl.open != nil && sl.users == 0 {
		p.evict(sl, "asked")
	} else if sl.users > 0 {
		sl.keep = 0
	}
	return nil
}

// ollamaToken returns a token's text.
func ollamaToken(t *tokenizer.Tokenizer, id int32) string {
	if t == nil {
		return ""
	}
	return t.Decode([]int32{id}, false)
}
