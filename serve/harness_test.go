package serve

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/hatchling"
	_ "github.com/nlp-zoo/zoo/models/all"
)

// hatchlings are the models that tests serve.
var hatchlings = []ModelSpec{
	{Name: hatchling.Default, Path: hatchling.Default},
	{Name: "hatchling/bert", Path: "hatchling/bert"},
	{Name: "hatchling/t5", Path: "hatchling/t5"},
}

// testServer returns a server of the hatchlings, changed by change, and its address. Its
// routes are those of every server, and those of extra.
func testServer(t *testing.T, change func(*Options), extra ...func(*routes)) (*Server, string) {
	t.Helper()
	o := Options{Models: hatchlings, Card: hatchling.Card, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, add := range extra {
		add(&s.routes)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, h.URL
}

// call sends a request and returns its status and body. Headers come in pairs.
func call(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	status, text, _ := callHead(t, method, url, body, headers...)
	return status, text
}

// callHead is call, with the headers of the answer.
func callHead(t *testing.T, method, url, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if req.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

// lines is a dialect of the tests: a body {"model","prompt","n","max_tokens"} is answered
// by lines of JSON, one a piece.
func (s *Server) lines(rt *routes) {
	rt.handle("POST /test/write", native, func(w http.ResponseWriter, r *http.Request) error {
		var q struct {
			Model, Prompt string
			N             int `json:"n"`
			MaxTokens     int `json:"max_tokens"`
		}
		if err := s.readJSON(w, r, &q); err != nil {
			return err
		}
		m, release, err := s.lease(r.Context(), q.Model)
		if err != nil {
			return err
		}
		defer release()
		a := ask{messages: []chat.Message{{Role: "user", Content: q.Prompt}}, options: m.options(), n: q.N}
		a.options.MaxTokens = q.MaxTokens
		re, err := s.answer(r.Context(), m, a)
		if err != nil {
			return err
		}
		st := s.ndjson(w)
		defer st.Close()
		for p, err := range re.pieces(r.Context()) {
			if err != nil {
				return err
			}
			if err := st.line(map[string]any{"choice": p.choice, "text": p.content, "finish": p.finish}); err != nil {
				return err
			}
		}
		return nil
	})
}

// texts returns the whole texts of a model, asked for directly.
func texts(t *testing.T, s *Server, ctx context.Context, name string, a ask) []text {
	t.Helper()
	m, release, err := s.lease(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	eos := a.options
	a.options = m.options()
	a.options.MaxTokens, a.options.Temperature, a.options.Seed = eos.MaxTokens, eos.Temperature, eos.Seed
	re, err := s.answer(ctx, m, a)
	if err != nil {
		t.Fatal(err)
	}
	all, err := re.whole(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
