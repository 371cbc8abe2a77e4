package serve

import (
	"net/http"

	"github.com/nlp-zoo/zoo/serve/openai"
)

// openaiEmbeddings answers POST /v1/embeddings.
func (s *Server) openaiEmbeddings(w http.ResponseWriter, r *http.Request) error {
	var q openai.EmbeddingRequest
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
	a := vectorAsk{rows: make([][]int32, len(q.Input))}
	for i, in := range q.Input {
		if a.rows[i] = in.IDs; in.IDs != nil {
			continue
		}
		if in.Text == "" {
			return invalid("input", "number %d is empty", i)
		}
		one, err := encodeRows(m, []string{in.Text}, false, false)
		if err != nil {
			return err
		}
		a.rows[i] = one[0]
	}
	vectors, tokens, err := s.vectors(r.Context(), m, a)
	if err != nil {
		return err
	}
	answer, err := q.Answer(m.Name, vectors, tokens, shorten)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}
