package serve

import (
	"net/http"
	"runtime"
	"strings"

	"github.com/nlp-zoo/zoo/serve/tei"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// teiDialect tells errors as text-embeddings-inference does.
var teiDialect = &dialect{"tei", func(e *Error) any {
	kind := tei.Validation
	switch e.Status {
	case http.StatusFailedDependency, http.StatusInternalServerError:
		kind = tei.Backend
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		kind = tei.Overloaded
	case http.StatusBadRequest:
		kind = tei.Empty
	}
	return tei.Error{Error: e.Error(), Type: kind}
}}

// teiRoutes are the paths of text-embeddings-inference's API, but for those that
// llama-server has too.
func (s *Server) teiRoutes(rt *routes) {
	for pattern, h := range map[string]handler{
		"POST /embed":      s.teiEmbed,
		"POST /embed_all":  s.teiEmbedAll,
		"POST /similarity": s.teiSimilarity,
		"POST /predict":    s.teiPredict,
		"POST /decode":     s.teiDecode,
		"GET /info":        s.teiInfo,
	} {
		rt.handle(pattern, teiDialect, func(w http.ResponseWriter, r *http.Request) error { return teiError(h(w, r)) })
	}
	rt.handle("POST /embed_sparse", teiDialect, func(http.ResponseWriter, *http.Request) error {
		return &Error{Status: http.StatusFailedDependency, Message: "no model gives sparse vectors"}
	})
}

// teiError gives an error the status that it has in this dialect.
func teiError(err error) error {
	if err == nil {
		return nil
	}
	e := *errorOf(err)
	e.cause = err
	switch {
	case strings.HasPrefix(e.Code, "model_cannot"), e.Param == "model" && e.Status == http.StatusBadRequest:
		e.Status = http.StatusFailedDependency
	case e.Code == "overloaded":
		e.Status = http.StatusTooManyRequests
	case e.Code == teiEmpty:
	case e.Status == http.StatusBadRequest:
		e.Status = http.StatusUnprocessableEntity
	}
	return &e
}

// teiEmpty is the code of requests that ask for nothing.
const teiEmpty = "empty"

// teiBatch refuses no inputs, empty ones, and more than a request may have.
func teiBatch(name string, n int, texts ...string) error {
	if n > tei.MaxBatch {
		return invalid("", "batch size %d > maximum allowed batch size %d", n, tei.MaxBatch)
	}
	for _, text := range texts {
		if text == "" {
			n = 0
		}
	}
	if n == 0 {
		return &Error{Status: http.StatusBadRequest, Code: teiEmpty, Message: "`" + name + "` cannot be empty"}
	}
	return nil
}

// teiTokenize answers POST /tokenize in this dialect's form.
func (s *Server) teiTokenize(w http.ResponseWriter, r *http.Request, body []byte) error {
	var q tei.TokenizeRequest
	if err := parseJSON(body, &q); err != nil {
		return err
	}
	if err := (tei.Cut{Prompt: q.Prompt}).Check(); err != nil {
		return err
	}
	if err := teiBatch("inputs", len(q.Inputs)); err != nil {
		return err
	}
	t, release, err := s.vocabulary(r, s.encoderName(q.Model))
	if err != nil {
		return err
	}
	defer release()
	var o []tokenizer.Option
	if q.AddSpecial != nil && !*q.AddSpecial {
		o = append(o, tokenizer.Bare)
	}
	rows := make([][]tei.Token, len(q.Inputs))
	for i, text := range q.Inputs {
		rows[i] = teiTokens(t, text, o)
	}
	return writeJSON(w, http.StatusOK, rows)
}

// teiTokens returns the tokens of a text with their places in it.
func teiTokens(t *tokenizer.Tokenizer, text string, o []tokenizer.Option) []tei.Token {
	e := t.EncodeWithOffsets(text, o...)
	places := e.RuneOffsets(text)
	all := make([]tei.Token, len(e.IDs))
	for i, id := range e.IDs {
		all[i] = tei.Token{ID: id, Special: t.Special(id)}
		if e.Text[i] < 0 || all[i].Special {
			all[i].Text, _ = t.Token(id)
			continue
		}
		all[i].Text = text[e.Offsets[i].Start:e.Offsets[i].End]
		all[i].Start, all[i].Stop = &places[i].Start, &places[i].End
	}
	return all
}

// teiDecode answers POST /decode.
func (s *Server) teiDecode(w http.ResponseWriter, r *http.Request) error {
	var q tei.DecodeRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if err := teiBatch("ids", len(q.IDs)); err != nil {
		return err
	}
	t, release, err := s.vocabulary(r, s.encoderName(q.Model))
	if err != nil {
		return err
	}
	defer release()
	texts := make([]string, len(q.IDs))
	for i, ids := range q.IDs {
		texts[i] = t.Decode(ids, q.Skip == nil || *q.Skip)
	}
	return writeJSON(w, http.StatusOK, texts)
}

// teiInfo tells of the model that gives vectors of texts, or of that named in the query.
func (s *Server) teiInfo(w http.ResponseWriter, r *http.Request) error {
	l, err := s.describe(s.encoderName(r.URL.Query().Get("model")))
	if err != nil {
		return err
	}
	info := tei.Info{
		ID: l.Name, Served: l.Name, DType: tei.DType(l.Info), Type: tei.TypeOf(l.Info), MaxConcurrent: s.o.Queue, MaxInput: roomOf(s.o, l.Info),
		MaxBatchTokens: passTokens, MaxClientBatch: tei.MaxBatch, TokenizationUnits: runtime.GOMAXPROCS(0), Version: s.o.Version,
	}
	return writeJSON(w, http.StatusOK, info)
}

// passTokens is how many tokens a pass of an encoder reads at most.
const passTokens = 4096
