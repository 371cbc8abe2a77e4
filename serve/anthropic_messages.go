package serve

import (
	"net/http"
	"time"

	"github.com/nlp-zoo/zoo/serve/anthropic"
)

// anthropicDialect tells errors as Anthropic's API does.
var anthropicDialect = &dialect{"anthropic", func(e *Error) any { return anthropicError(e) }}

func anthropicError(e *Error) anthropic.ErrorAnswer {
	return anthropic.ErrorOf(e.Status, e.Code, e.Param, e.Message)
}

// anthropicRoutes are the routes of Anthropic's Messages API.
func (s *Server) anthropicRoutes(rt *routes) {
	rt.handle("POST /v1/messages", anthropicDialect, s.anthropicMessages)
	rt.handle("POST /v1/messages/count_tokens", anthropicDialect, s.anthropicCount)
}

// ofAnthropic tells whether a request is of a client of Anthropic's API.
func ofAnthropic(r *http.Request) bool { return r.Header.Get("Anthropic-Version") != "" }

func (s *Server) anthropicListing(l listing) anthropic.Model {
	return anthropic.Model{Type: "model", ID: l.Name, DisplayName: l.Name, CreatedAt: s.started.UTC().Format(time.RFC3339)}
}

// anthropicRead reads a request and opens its model. What the API calls request-id is the
// request's id.
func (s *Server) anthropicRead(w http.ResponseWriter, r *http.Request, counting bool) (*anthropic.Request, *resident, func(), error) {
	w.Header().Set("Request-Id", requestOf(r.Context()).id)
	var q anthropic.Request
	if err := s.readJSON(w, r, &q); err != nil {
		return nil, nil, nil, err
	}
	if err := q.Check(counting); err != nil {
		return nil, nil, nil, err
	}
	m, release, err := s.lease(r.Context(), q.Model)
	return &q, m, release, err
}

// anthropicAsk returns what a request asks for.
func anthropicAsk(m *resident, q *anthropic.Request) (ask, error) {
	a := ask{options: m.options(), extra: q.Variables(), prefill: q.Prefilled()}
	var err error
	if a.messages, err = q.Conversation(); err != nil {
		return a, err
	}
	if a.tools, a.choice.mode, a.choice.name, err = q.Toolbox(); err != nil {
		return a, err
	}
	a.choice.one = q.ToolChoice.One
	schema, err := q.Schema()
	if err != nil {
		return a, err
	}
	if schema != nil {
		a.format, a.param = format{"schema", string(schema)}, "output_config.format.schema"
	}
	q.Apply(&a.options)
	a.options.MaxTokens = min(a.options.MaxTokens, m.room)
	return a, nil
}

// anthropicCount answers POST /v1/messages/count_tokens.
func (s *Server) anthropicCount(w http.ResponseWriter, r *http.Request) error {
	q, m, release, err := s.anthropicRead(w, r, true)
	if err != nil {
		return err
	}
	defer release()
	a, err := anthropicAsk(m, q)
	if err != nil {
		return err
	}
	ids, err := a.encode(r.Context(), m)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, anthropic.Count{InputTokens: len(ids)})
}

// anthropicMessages answers POST /v1/messages.
func (s *Server) anthropicMessages(w http.ResponseWriter, r *http.Request) error {
	q, m, release, err := s.anthropicRead(w, r, false)
	if err != nil {
		return err
	}
	defer release()
	a, err := anthropicAsk(m, q)
	if err != nil {
		return err
	}
	re, err := s.answer(r.Context(), m, a)
	if err != nil {
		return err
	}
	b := anthropic.NewBuilder(newID("msg_"), m.Name, anthropic.UsageOf(re.usage()))
	if !q.Stream {
		if err := anthropicBuild(r, re, b); err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, b.A)
	}
	st := s.sse(w, "event: ping\ndata: {\"type\":\"ping\"}\n\n")
	defer st.Close()
	b.Emit = func(e *anthropic.Event) error { return st.event(e.Type, e) }
	err = anthropicBuild(r, re, b)
	if err != nil && st.begun() {
		_ = st.event("error", anthropicError(errorOf(err))) // nobody else is to be told
	}
	return err
}

// anthropicBuild makes an answer of a reply.
func anthropicBuild(r *http.Request, re *reply, b *anthropic.Builder) error {
	begun := false
	var last piece
	for p, err := range re.pieces(r.Context()) {
		if err != nil {
			return err
		}
		if !begun { // so that an error before can still have its status
			begun = true
			b.A.Usage = anthropic.UsageOf(re.usage())
			if err := b.Begin(); err != nil {
				return err
			}
		}
		if err := anthropicAdd(b, &p); err != nil {
			return err
		}
		last = p
	}
	return b.End(last.finish == finishLength, last.stop, anthropic.UsageOf(re.usage()))
}

// anthropicAdd adds a piece to an answer.
func anthropicAdd(b *anthropic.Builder, p *piece) error {
	if p.reasoning != "" {
		if err := b.Thinking(p.reasoning); err != nil {
			return err
		}
	}
	if p.content != "" {
		if err := b.Text(p.content); err != nil {
			return err
		}
	}
	if p.call != nil {
		if err := b.Call(p.call.ID, p.call.Name); err != nil {
			return err
		}
		if err := b.Arguments(string(p.call.Arguments)); err != nil {
			return err
		}
	}
	return b.Arguments(p.arguments)
}
