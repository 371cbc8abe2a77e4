package serve

import (
	"encoding/json"
	"net/http"
)

// Two dialects have a path of the same name where fields tell which is meant.

// inDialect is an error that is told in another dialect than its route's.
type inDialect struct {
	d *dialect
	error
}

// Unwrap returns the error itself.
func (e *inDialect) Unwrap() error { return e.error }

// eitherRoutes are the paths that text-embeddings-inference and llama-server both have.
func (s *Server) eitherRoutes(rt *routes) {
	rt.handle("POST /tokenize", llamacppDialect, s.either("inputs", s.teiTokenize, s.llamacppTokenize))
	for _, path := range []string{"/rerank", "/reranking", "/v1/rerank", "/v1/reranking"} {
		rt.handle("POST "+path, llamacppDialect, s.either("texts", s.teiRerank, s.llamacppRerank))
	}
}

// either returns a handler for a body that is one of text-embeddings-inference's if it
// has a field of that name, and else one of llama-server's.
func (s *Server) either(name string, embeds, writes func(w http.ResponseWriter, r *http.Request, body []byte) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := s.readBody(w, r)
		if err != nil {
			return err
		}
		var fields map[string]json.RawMessage
		if err := parseJSON(body, &fields); err != nil {
			return err
		}
		if _, ok := fields[name]; !ok {
			return writes(w, r, body)
		}
		if err := embeds(w, r, body); err != nil {
			return &inDialect{teiDialect, teiError(err)}
		}
		return nil
	}
}
