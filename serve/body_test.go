package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// nesting counts how deep JSON is nested by encoding/json's own reader.
func nesting(text []byte) (deepest int) {
	now := 0
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		token, err := dec.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deepest = max(deepest, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}

// FuzzBody: whatever a body is, reading it ends in a value or in a client's mistake, and
// depth is what it is for all JSON.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":"]}\\\""}]}`, `[[[[`, `"\u0000\ud800"`, `{"n":1e999}`, `{"a":1}{"b":2}`, `{"messages":[{"content":"\\"}]}`, strings.Repeat("[", 70), `{"a":{"a":{}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if json.Valid(text) {
			if got, want := depth(text), nesting(text); got != want {
				t.Errorf("%q: depth %d, want %d", text, got, want)
			}
		}
		var v struct {
			A any
			N int     `json:"n"`
			F float32 `json:"f"`
			L []struct {
				S string          `json:"s"`
				M map[string]bool `json:"m"`
			} `json:"l"`
		}
		err := parseJSON(text, &v)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Status != http.StatusBadRequest || e.Message == "") {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil && !json.Valid(text) {
			t.Errorf("%q was taken for JSON", text)
		}
	})
}

// FuzzHost: a host that is answered for is an address or a name of this machine.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"localhost", "127.0.0.1:80", "[::1]", "evil.example", "a.localhost.", "[::1]:x", "127.0.0.1.evil", "localhost:80:80", "[localhost]", "fe80::1%lo"} {
		f.Add(seed)
	}
	g := guard{hosts: []string{"zoo.example"}}
	f.Fuzz(func(t *testing.T, host string) {
		if !g.host(host) {
			return
		}
		for _, c := range host {
			if !strings.ContainsRune("0123456789abcdefABCDEF:.[]", c) { // no address: a name, then
				name := strings.ToLower(host)
				if !strings.Contains(name, "localhost") && !strings.Contains(name, "zoo.example") {
					t.Errorf("%q is answered for", host)
				}
				return
			}
		}
	})
}

// A stream's parts are what SSE and JSON lines want, whatever is in them.
func TestStreamForms(t *testing.T) {
	s, url := testServer(t, nil)
	s.routes.handle("GET /test/sse", native, func(w http.ResponseWriter, _ *http.Request) error {
		st := s.sse(w, "")
		defer st.Close()
		return errors.Join(st.event("", map[string]string{"a": "x\ny\r\u2028"}), st.event("named", 1), st.data("", []byte("[DONE]")))
	})
	s.routes.handle("GET /test/ndjson", native, func(w http.ResponseWriter, _ *http.Request) error {
		st := s.ndjson(w)
		defer st.Close()
		return errors.Join(st.line("a\nb"), st.line(2))
	})
	for path, want := range map[string][2]string{
		"/test/sse":    {"text/event-stream", "data: {\"a\":\"x\\ny\\r\\u2028\"}\n\nevent: named\ndata: 1\n\ndata: [DONE]\n\n"},
		"/test/ndjson": {"application/x-ndjson", "\"a\\nb\"\n2\n"},
	} {
		_, body, h := callHead(t, "GET", url+path, "")
		if body != want[1] || h.Get("Content-Type") != want[0] || h.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %q %v", path, body, h)
		}
	}
	if status, body := call(t, "POST", url+"/v1/chat/completions", "\x1f\x8b", "Content-Encoding", "gzip"); status != http.StatusUnsupportedMediaType {
		t.Errorf("gzip: %d %s", status, body)
	}
}
