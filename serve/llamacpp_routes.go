package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/nlp-zoo/zoo/serve/llamacpp"
	"github.com/nlp-zoo/zoo/serve/openai"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// llamacppDialect tells errors as llama-server does.
var llamacppDialect = &dialect{"llama-server", func(e *Error) any {
	return llamacpp.ErrorOf(e.Status, e.Error(), e.Code == "context_length_exceeded")
}}

// llamacppRoutes are the paths of llama-server's own API, beside those that it has of
// OpenAI's.
func (s *Server) llamacppRoutes(rt *routes) {
	for pattern, h := range map[string]handler{
		"POST /completion":     s.llamacppCompletion,
		"POST /completions":    s.llamacppCompletion,
		"POST /infill":         s.llamacppInfill,
		"POST /detokenize":     s.llamacppDetokenize,
		"POST /apply-template": s.llamacppTemplate,
		"POST /embedding":      s.llamacppEmbedding,
		"GET /props":           s.llamacppProps,
		"GET /slots":           s.llamacppSlots,
	} {
		rt.handle(pattern, llamacppDialect, h)
	}
	rt.handle("POST /props", llamacppDialect, func(http.ResponseWriter, *http.Request) error {
		return &Error{Status: http.StatusNotImplemented, Message: "what the server is started with stays as it is"}
	})
	rt.open("GET /v1/health", llamacppDialect, s.health)
}

// llamacppTokenize answers POST /tokenize in llama-server's form.
func (s *Server) llamacppTokenize(w http.ResponseWriter, r *http.Request, body []byte) error {
	var q llamacpp.TokenizeRequest
	if err := parseJSON(body, &q); err != nil {
		return err
	}
	t, release, err := s.vocabulary(r, q.Model)
	if err != nil {
		return err
	}
	defer release()
	var o []tokenizer.Option
	if q.ParseSpecial != nil && !*q.ParseSpecial {
		o = append(o, tokenizer.Literal)
	}
	on := func(text string) []int32 { return t.Encode(text, append(o, tokenizer.Bare)...) }
	first := on
	if q.AddSpecial {
		first = func(text string) []int32 { return t.Encode(text, o...) }
	}
	ids := q.Content.Ids(first, on)
	if !q.WithPieces {
		return writeJSON(w, http.StatusOK, llamacpp.TokenizeResponse{Tokens: ids})
	}
	pieces := make([]llamacpp.Token, len(ids))
	for i, id := range ids {
		pieces[i] = llamacpp.TokenOf(id, t.Bytes(id))
	}
	return writeJSON(w, http.StatusOK, llamacpp.TokenizeResponse{Tokens: pieces})
}

// llamacppDetokenize answers POST /detokenize.
func (s *Server) llamacppDetokenize(w http.ResponseWriter, r *http.Request) error {
	var q llamacpp.DetokenizeRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	t, release, err := s.vocabulary(r, q.Model)
	if err != nil {
		return err
	}
	defer release()
	return writeJSON(w, http.StatusOK, llamacpp.DetokenizeResponse{Content: t.Decode(q.Tokens, false)})
}

// vocabulary leases the model of that name for its tokenizer.
func (s *Server) vocabulary(r *http.Request, name string) (*tokenizer.Tokenizer, func(), error) {
	m, release, err := s.lease(r.Context(), name)
	if err != nil {
		return nil, nil, err
	}
	if m.Tokenizer == nil {
		release()
		return nil, nil, invalid("model", "%s has no tokenizer", m.Name)
	}
	return m.Tokenizer, release, nil
}

// llamacppTemplate answers POST /apply-template: what a model would read of a
// conversation.
func (s *Server) llamacppTemplate(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Model    string           `json:"model"`
		Messages []openai.Message `json:"messages"`
		Extra    map[string]any   `json:"chat_template_kwargs"`
	}
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	messages, err := openai.Messages(q.Messages)
	if err != nil {
		return err
	}
	m, release, err := s.lease(r.Context(), q.Model)
	if err != nil {
		return err
	}
	defer release()
	a := ask{messages: messages, extra: q.Extra}
	text, err := a.render(r.Context(), m)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, llamacpp.TemplateResponse{Prompt: text})
}

// llamacppEmbedding answers POST /embedding: a vector for each text.
func (s *Server) llamacppEmbedding(w http.ResponseWriter, r *http.Request) error {
	var q llamacpp.EmbeddingRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	prompts, normalize, err := q.Asked()
	if err != nil {
		return err
	}
	if len(prompts) > maxPrompts {
		return invalid("content", "%d texts are more than %d", len(prompts), maxPrompts)
	}
	m, release, err := s.lease(r.Context(), s.encoderName(q.Model))
	if err != nil {
		return err
	}
	defer release()
	if m.Tokenizer == nil {
		return invalid("model", "%s has no tokenizer", m.Name)
	}
	rows := make([][]int32, len(prompts))
	for i, p := range prompts {
		rows[i] = p.Ids(func(t string) []int32 { return m.Tokenizer.Encode(t) }, bare(m.Tokenizer))
	}
	vectors, _, err := s.vectors(r.Context(), m, vectorAsk{rows: rows, options: task.EmbedOptions{}})
	if err != nil {
		return err
	}
	answer := make([]llamacpp.Embedding, len(vectors))
	for i, v := range vectors {
		answer[i] = llamacpp.Embedding{Index: i, Embedding: [][]float32{llamacpp.Normalized(v, normalize)}}
	}
	return writeJSON(w, http.StatusOK, answer)
}

// bare encodes a text without what stands around it.
func bare(t *tokenizer.Tokenizer) func(string) []int32 {
	return func(text string) []int32 { return t.Encode(text, tokenizer.Bare) }
}

// llamacppProps tells of a model: the default one, or that named in the query.
func (s *Server) llamacppProps(w http.ResponseWriter, r *http.Request) error {
	m, release, err := s.lease(r.Context(), r.URL.Query().Get("model"))
	if err != nil {
		return err
	}
	defer release()
	var none llamacpp.Sampling
	plan := none.Plan(m.options(), nil)
	props := llamacpp.Props{
		Defaults: llamacpp.PropsDefaults{Context: m.room, Params: plan.Settings(&none, m.room, false)}, TotalSlots: m.stats().Rows,
		ModelAlias: m.Name, ModelPath: m.Name, ChatTemplate: templateOf(m.Tokenizer), Modalities: map[string]bool{"vision": false, "audio": false},
		Build: "zoo " + s.o.Version,
	}
	props.Defaults.Params.Seed = llamacpp.AnySeed
	if m.Tokenizer != nil {
		props.BOS, props.EOS = special(m.Tokenizer, m.Tokenizer.BOS), special(m.Tokenizer, m.Tokenizer.EOS)
	}
	return writeJSON(w, http.StatusOK, props)
}

// llamacppSlots tells what the rows of a model's engine do: those of the default model,
// or of that named in the query.
func (s *Server) llamacppSlots(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("model")
	if _, err := s.describe(name); err != nil {
		return err
	}
	slots := make([]llamacpp.Slot, s.o.Rows)
	for i := range slots {
		slots[i].ID = i
	}
	if m, release, ok := s.opened(name); ok {
		defer release()
		for _, row := range m.stats().Slots {
			if row.Row < len(slots) {
				slots[row.Row].Processing = true
				slots[row.Row].Next = &llamacpp.SlotToken{More: true, Prompt: row.Prompt, Cached: row.Reused, Read: row.Read, Decoded: row.Made}
			}
		}
		for i := range slots {
			slots[i].Context = m.room
		}
	}
	if fail, _ := strconv.ParseBool(r.URL.Query().Get("fail_on_no_slot")); fail {
		free := false
		for _, slot := range slots {
			free = free || !slot.Processing
		}
		if !free {
			return &Error{Status: http.StatusServiceUnavailable, Message: "no slot is free", RetryAfter: time.Second}
		}
	}
	return writeJSON(w, http.StatusOK, slots)
}
