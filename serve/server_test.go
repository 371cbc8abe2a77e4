package serve

import (
	"net/http"
	"strings"
	"testing"
)

// A text comes in pieces, through a pool, from a model that was not open.
func TestWrite(t *testing.T) {
	s, url := testServer(t, nil)
	s.lines(&s.routes)
	status, body := call(t, "POST", url+"/test/write", `{"prompt":"Once upon a time","max_tokens":8}`)
	if status != http.StatusOK || !strings.Contains(body, `"finish":"length"`) {
		t.Errorf("%d %s", status, body)
	}
	status, body = call(t, "POST", url+"/test/write", `{"model":"hatchling/t5","prompt":"Once","max_tokens":8,"n":3}`)
	if status != http.StatusOK || strings.Count(body, `"finish":"`) < 3 || !strings.Contains(body, `"choice":2`) {
		t.Errorf("%d %s", status, body)
	}
}

// Errors before the first piece have their status, and say what is wrong.
func TestErrors(t *testing.T) {
	s, url := testServer(t, func(o *Options) { o.MaxBody = 1000 })
	s.lines(&s.routes)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/health", "", 200, `"ok"`},
		{"GET", "/nowhere", "", 404, "no such path"},
		{"GET", "/test/write", "", 405, "POST"},
		{"POST", "/test/write", "", 400, "empty"},
		{"POST", "/test/write", "{", 400, "not JSON"},
		{"POST", "/test/write", "{} {}", 400, "not JSON"},
		{"POST", "/test/write", `{"n":"two"}`, 400, `"param":"n"`},
		{"POST", "/test/write", `{"n":-1,"prompt":"a"}`, 400, `"param":"n"`},
		{"POST", "/test/write", `{"n":1e99,"prompt":"a"}`, 400, `"param":"n"`},
		{"POST", "/test/write", `{"n":100,"prompt":"a"}`, 400, `"param":"n"`},
		{"POST", "/test/write", `{"max_tokens":-5,"prompt":"a"}`, 400, `"param":"max_tokens"`},
		{"POST", "/test/write", "{\"prompt\":\"\xff\"}", 400, "UTF-8"},
		{"POST", "/test/write", strings.Repeat("[", 100), 400, "nested"},
		{"POST", "/test/write", strings.Repeat(" ", 1001), 413, "1000 bytes"},
		{"POST", "/test/write", `{"model":"none"}`, 404, "model_not_found"},
		{"POST", "/test/write", `{"model":"hatchling/bert","prompt":"a"}`, 400, "fill-mask"},
	} {
		status, body := call(t, c.method, url+c.path, c.body)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s %.40s: %d %s, want %d with %s", c.method, c.path, c.body, status, body, c.status, c.want)
		}
	}
}
