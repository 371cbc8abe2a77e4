package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/serve/ollama"
)

// ollamaDialect tells errors as Ollama does.
var ollamaDialect = &dialect{"ollama", func(e *Error) any { return ollama.Error{Error: e.Error()} }}

// ollamaRoutes are the paths of Ollama's API.
func (s *Server) ollamaRoutes(rt *routes) {
	for pattern, h := range map[string]handler{
		"POST /api/generate":   s.ollamaGenerate,
		"POST /api/chat":       s.ollamaChat,
		"POST /api/embed":      s.ollamaEmbed,
		"POST /api/embeddings": s.ollamaEmbeddings,
		"GET /api/tags":        s.ollamaTags,
		"GET /api/ps":          s.ollamaRunning,
		"POST /api/show":       s.ollamaShow,
		"GET /api/version":     s.ollamaVersion,
	} {
		rt.handle(pattern, ollamaDialect, h)
	}
	for _, pattern := range []string{
		"POST /api/pull", "POST /api/push", "POST /api/create", "POST /api/copy", "DELETE /api/delete", "POST /api/blobs/{digest}", "HEAD /api/blobs/{digest}",
	} {
		rt.handle(pattern, ollamaDialect, func(http.ResponseWriter, *http.Request) error {
			return &Error{Status: http.StatusNotImplemented, Message: "models are named where this server is started; it fetches, makes, copies and deletes none"}
		})
	}
}

// ollamaLease is lease with Ollama's words for a model that there is not. keep, if it
// is given, says how long the model stays open afterwards.
func (s *Server) ollamaLease(ctx context.Context, name string, keep *ollama.Duration) (*resident, func(), error) {
	m, release, err := s.lease(ctx, name)
	if err != nil {
		return nil, nil, ollamaUnknown(name, err)
	}
	if keep != nil {
		s.keep(m.Name, time.Duration(*keep))
	}
	return m, release, nil
}

func ollamaUnknown(name string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Code == "model_not_found" {
		return &Error{Status: http.StatusNotFound, Code: e.Code, Message: fmt.Sprintf("model '%s' not found", name), cause: err}
	}
	return err
}

// ollamaInvalid is a mistake in a request that package ollama has found.
func ollamaInvalid(err error) error {
	return &Error{Status: http.StatusBadRequest, Message: err.Error(), cause: err}
}

// ollamaVersion is the version of the server: clients ask for it to see that it is there.
func (s *Server) ollamaVersion(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, ollama.Version{Version: s.o.Version})
}

// ollamaGreets answers clients that ask whether Ollama is there and read no HTML in its
// words, and lets others to the page.
func ollamaGreets(page handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		accept := r.Header.Get("Accept")
		if accept == "" || strings.Contains(accept, "html") || strings.Contains(accept, "/*") {
			return page(w, r)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := io.WriteString(w, "Ollama is running")
		return err
	}
}
