package serve

import (
	"net/http"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/serve/anthropic"
	"github.com/nlp-zoo/zoo/serve/openai"
)

// openaiDialect tells errors as OpenAI's API does.
var openaiDialect = &dialect{"openai", func(e *Error) any { return openaiError(e) }}

func openaiError(e *Error) openai.ErrorAnswer {
	code := e.Code
	if code == "" && e.Status == http.StatusUnauthorized {
		code = e.code()
	}
	return openai.ErrorOf(e.Status, code, e.Param, e.Message)
}

// openaiRoutes are the routes of OpenAI's API.
func (s *Server) openaiRoutes(rt *routes) {
	rt.handle("GET /v1/models", openaiDialect, s.openaiModels)
	rt.handle("GET /v1/models/{name...}", openaiDialect, s.openaiModel)
	rt.handle("POST /v1/chat/completions", openaiDialect, s.openaiChat)
	rt.handle("POST /v1/completions", openaiDialect, s.openaiCompletions)
	rt.handle("POST /v1/embeddings", openaiDialect, s.openaiEmbeddings)
	rt.handle("POST /v1/responses", openaiDialect, s.openaiResponses)
}

// openaiModels answers GET /v1/models, in Anthropic's form for a client of its API.
func (s *Server) openaiModels(w http.ResponseWriter, r *http.Request) error {
	listings := s.list()
	if ofAnthropic(r) {
		all := []anthropic.Model{}
		for _, l := range listings {
			all = append(all, s.anthropicListing(l))
		}
		return writeJSON(w, http.StatusOK, anthropic.ListOf(all))
	}
	all := openai.Models{Object: "list", Data: []openai.Model{}}
	for _, l := range listings {
		all.Data = append(all.Data, s.openaiListing(l))
	}
	return writeJSON(w, http.StatusOK, all)
}

func (s *Server) openaiModel(w http.ResponseWriter, r *http.Request) error {
	l, err := s.describe(r.PathValue("name"))
	if err != nil {
		return err
	}
	if ofAnthropic(r) {
		return writeJSON(w, http.StatusOK, s.anthropicListing(l))
	}
	return writeJSON(w, http.StatusOK, s.openaiListing(l))
}

func (s *Server) openaiListing(l listing) openai.Model {
	return openai.Model{ID: l.Name, Object: "model", Created: s.started.Unix(), OwnedBy: "zoo", Root: l.Base, Context: l.Info.Context, Tasks: l.Info.Tasks}
}

// openaiHead returns what all parts of an answer of m have.
func openaiHead(m *resident, prefix string) openai.Head {
	return openai.Head{ID: newID(prefix), Created: time.Now().Unix(), Model: m.Name}
}

// openaiUsage returns what a reply took so far.
func openaiUsage(re *reply) openai.Usage {
	u := openai.UsageOf(re.usage())
	if n := int(re.thinking.Load()); n > 0 {
		u.Details = &openai.OutputDetails{ReasoningTokens: n}
	}
	return u
}

// openaiSampling changes the options of an ask by a request's.
func openaiSampling(m *resident, a *ask, q *openai.Sampling, tokens, top int, logProbs bool) error {
	if err := q.Apply(&a.options); err != nil {
		return err
	}
	vocab := vocabOf(m.Net)
	for id := range a.options.Bias {
		if int(id) >= vocab {
			return invalid("logit_bias", "there is no token %d", id)
		}
	}
	if tokens > 0 {
		a.options.MaxTokens = tokens
	}
	if most := m.room; a.options.MaxTokens <= 0 || a.options.MaxTokens > most {
		a.options.MaxTokens = most
	}
	a.options.LogProbs, a.options.TopLogProbs = logProbs, top
	return nil
}

// spelled returns a token and those that were as likely in its place.
func spelled(m *resident, t *generate.Token) openai.TokenLogProb {
	p := openai.TokenLogProb{Likely: openai.TokenOf(m.spell(t.ID), t.LogProb), Top: []openai.Likely{}}
	for _, l := range t.Top {
		p.Top = append(p.Top, openai.TokenOf(m.spell(l.ID), l.LogProb))
	}
	return p
}

// ptr returns a pointer to a value.
func ptr[T any](v T) *T { return &v }

// or0 returns what p points to; nothing points to zero.
func or0[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
