package serve

import (
	"net/http"

	"github.com/nlp-zoo/zoo/serve/openai"
)

// openaiResponses answers POST /v1/responses.
func (s *Server) openaiResponses(w http.ResponseWriter, r *http.Request) error {
	var q openai.ResponseRequest
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
	a, err := openaiResponseAsk(m, &q)
	if err != nil {
		return err
	}
	re, err := s.answer(r.Context(), m, a)
	if err != nil {
		return err
	}
	b := &openai.ResponseBuilder{NewID: newID, R: q.Response(openaiHead(m, "resp_"), a.options.Temperature, a.options.TopP)}
	told, _ := q.LogProbs()
	if !q.Stream {
		if err := openaiBuild(r, re, b, told); err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, b.R)
	}
	st := s.sse(w, "")
	defer st.Close()
	b.Emit = func(e *openai.ResponseEvent) error { return st.event(e.Type, e) }
	if err := openaiBuild(r, re, b, told); err != nil {
		if st.begun() {
			_ = b.Fail(errorOf(err).Message) // nobody else is to be told
		}
		return err
	}
	return nil
}

// openaiResponseAsk returns what a request asks for.
func openaiResponseAsk(m *resident, q *openai.ResponseRequest) (ask, error) {
	a := ask{options: m.options(), extra: q.Variables()}
	var err error
	if a.messages, err = q.Messages(); err != nil {
		return a, err
	}
	if err = openaiTools(&a, q.Tools, &q.ToolChoice, q.ParallelToolCalls); err != nil {
		return a, err
	}
	constraint, err := q.Constraint("text.format", q.Format())
	if err != nil {
		return a, err
	}
	a.format, a.param = format{constraint.Kind, constraint.Source}, constraint.Param
	tokens, err := q.Tokens()
	if err != nil {
		return a, err
	}
	told, top := q.LogProbs()
	return a, openaiSampling(m, &a, &q.Sampling, tokens, top, told)
}

// openaiBuild makes a response of a reply. told says whether tokens are told.
func openaiBuild(r *http.Request, re *reply, b *openai.ResponseBuilder, told bool) error {
	begun, finish := false, ""
	for p, err := range re.pieces(r.Context()) {
		if err != nil {
			return err
		}
		if !begun { // so that an error before can still have its status
			begun = true
			if err := b.Begin(); err != nil {
				return err
			}
		}
		if err := openaiAdd(re.m, b, &p, told); err != nil {
			return err
		}
		finish = p.finish
	}
	prompt, cached, made := re.usage()
	return b.End(finish == finishLength, openai.ResponseUsage{
		InputTokens: prompt, InputDetails: openai.InputDetails{CachedTokens: cached},
		OutputTokens: made, OutputDetails: openai.OutputDetails{ReasoningTokens: int(re.thinking.Load())}, TotalTokens: prompt + made,
	})
}

// openaiAdd adds a piece to a response.
func openaiAdd(m *resident, b *openai.ResponseBuilder, p *piece, told bool) error {
	if p.reasoning != "" {
		if err := b.Reasoning(p.reasoning); err != nil {
			return err
		}
	}
	var tokens []openai.TokenLogProb
	if told && p.token != nil && p.reasoning == "" && p.call == nil && p.arguments == "" {
		tokens = []openai.TokenLogProb{spelled(m, p.token)}
	}
	if p.content != "" || tokens != nil {
		if err := b.Text(p.content, tokens); err != nil {
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
