package serve

import (
	"net/http"
	"time"

	"github.com/nlp-zoo/zoo/serve/ollama"
)

// maxTexts is how many texts a request may have, as many as OpenAI's.
const maxTexts = 2048

// ollamaEmbed answers POST /api/embed: a vector of length 1 for each text.
func (s *Server) ollamaEmbed(w http.ResponseWriter, r *http.Request) error {
	var q ollama.EmbedRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	if q.Dimensions < 0 {
		return invalid("dimensions", "%d is negative", q.Dimensions)
	}
	if len(q.Input) > maxTexts {
		return invalid("input", "%d texts are more than %d", len(q.Input), maxTexts)
	}
	begun := time.Now()
	m, release, err := s.ollamaLease(r.Context(), q.Model, q.KeepAlive)
	if err != nil {
		return err
	}
	defer release()
	answer := ollama.EmbedResponse{Model: q.Model, Embeddings: [][]float32{}, LoadDuration: time.Since(begun)}
	if len(q.Input) > 0 {
		vectors, tokens, err := s.vectors(r.Context(), m, vectorAsk{texts: q.Input, cut: q.Truncate != nil && *q.Truncate})
		if err != nil {
			return err
		}
		for _, v := range vectors {
			answer.Embeddings = append(answer.Embeddings, shorten(v, q.Dimensions))
		}
		answer.PromptEvalCount = tokens
	}
	answer.TotalDuration = time.Since(begun)
	return writeJSON(w, http.StatusOK, answer)
}

// ollamaEmbeddings answers POST /api/embeddings, the older form: one text, and its
// vector as the model gives it. Without a text it opens the model.
func (s *Server) ollamaEmbeddings(w http.ResponseWriter, r *http.Request) error {
	var q ollama.EmbeddingRequest
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	m, release, err := s.ollamaLease(r.Context(), q.Model, q.KeepAlive)
	if err != nil {
		return err
	}
	defer release()
	answer := ollama.EmbeddingResponse{Embedding: []float32{}}
	if q.Prompt != "" {
		vectors, _, err := s.vectors(r.Context(), m, vectorAsk{texts: []string{q.Prompt}})
		if err != nil {
			return err
		}
		answer.Embedding = vectors[0]
	}
	return writeJSON(w, http.StatusOK, answer)
}
