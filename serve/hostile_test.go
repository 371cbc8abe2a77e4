package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// A hostile request and the status it must get.
type hostile struct {
	path, body string
	want       int
	headers    []string
}

const (
	chatPath = "/v1/chat/completions"
	textPath = "/v1/completions"
	vecPath  = "/v1/embeddings"
)

// chatWith is a chat with further fields.
func chatWith(fields string) string {
	return `{"model":"hatchling/gpt","messages":[{"role":"user","content":"hi"}],"max_tokens":4,` + fields + `}`
}

func schemaWith(schema string) string {
	return chatWith(`"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":` + schema + `}}`)
}

// hostiles are bodies, numbers, texts, grammars, schemas, paths and headers that no
// client means well by.
func hostiles() []hostile {
	all := []hostile{
		// Bodies.
		{path: chatPath, body: ``, want: 400},
		{path: chatPath, body: `{`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":"hi"`, want: 400},
		{path: chatPath, body: `[]`, want: 400},
		{path: chatPath, body: `null`, want: 400},
		{path: chatPath, body: `"x"`, want: 400},
		{path: chatPath, body: `{} {}`, want: 400},
		{path: chatPath, body: "\x00\x00\x00", want: 400},
		{path: chatPath, body: "{\"model\":\"hatchling/gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]}", want: 400},
		{path: chatPath, body: strings.Repeat("[", 100_000), want: 400},
		{path: chatPath, body: `{"a":` + strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat(`}`, 10_001), want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":"` + strings.Repeat("x", 100_000) + `"}`, want: 400},
		{path: chatPath, body: chatWith(`"user":"` + strings.Repeat("x", 64<<20) + `"`), want: 413},
		{path: chatPath, body: chatWith(`"x":1`), want: 415, headers: []string{"Content-Encoding", "gzip"}},
		// Fields of the wrong kind.
		{path: chatPath, body: `{"model":7,"messages":[]}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt"}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[]}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[null]}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"wizard","content":"hi"}]}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":7}]}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]}`, want: 400},
		{path: chatPath, body: chatWith(`"stream":"yes"`), want: 400},
		{path: chatPath, body: chatWith(`"stop":{"a":1}`), want: 400},
		{path: chatPath, body: chatWith(`"tools":"all"`), want: 400},
		{path: chatPath, body: chatWith(`"tools":[{"type":"function"}]`), want: 400},
		{path: chatPath, body: chatWith(`"tool_choice":"required"`), want: 400},
		{path: chatPath, body: chatWith(`"logit_bias":{"x":1}`), want: 400},
		{path: chatPath, body: chatWith(`"logit_bias":{"99999999":1}`), want: 400},
		{path: chatPath, body: chatWith(`"logit_bias":[1]`), want: 400},
		// Numbers.
		{path: chatPath, body: chatWith(`"n":0`), want: 400},
		{path: chatPath, body: chatWith(`"n":-1`), want: 400},
		{path: chatPath, body: chatWith(`"n":1000000000`), want: 400},
		{path: chatPath, body: chatWith(`"n":1e999`), want: 400},
		{path: chatPath, body: chatWith(`"n":1.5`), want: 400},
		{path: chatPath, body: chatWith(`"temperature":-1`), want: 400},
		{path: chatPath, body: chatWith(`"temperature":1e400`), want: 400},
		{path: chatPath, body: chatWith(`"temperature":NaN`), want: 400},
		{path: chatPath, body: chatWith(`"top_p":7`), want: 400},
		{path: chatPath, body: chatWith(`"top_k":-5`), want: 400},
		{path: chatPath, body: chatWith(`"top_logprobs":1000,"logprobs":true`), want: 400},
		{path: chatPath, body: chatWith(`"seed":1e300`), want: 400},
		{path: chatPath, body: chatWith(`"presence_penalty":1e30`), want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":"hi"}],"max_tokens":-2}`, want: 400},
		{path: chatPath, body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":"hi"}],"max_tokens":99999999999999999999}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":"a","best_of":1,"n":2}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":[-1]}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":[99999999]}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":[9999999999999]}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":{"a":1}}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":"` + strings.Repeat("word ", 5000) + `"}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":"a","suffix":"b"}`, want: 400},
		{path: textPath, body: `{"model":"hatchling/gpt","prompt":"a","logprobs":100000}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":"a","dimensions":0}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":"a","dimensions":1000000}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":[]}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":[[99999999]]}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":[1,"a"]}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":"` + strings.Repeat("word ", 5000) + `"}`, want: 400},
		{path: vecPath, body: `{"model":"hatchling/bert","input":"a","encoding_format":"hex"}`, want: 400},
		// Models.
		{path: chatPath, body: `{"model":"../../etc/passwd","messages":[{"role":"user","content":"hi"}]}`, want: 404},
		{path: chatPath, body: `{"model":"a\u0000b","messages":[{"role":"user","content":"hi"}]}`, want: 404},
		{path: chatPath, body: `{"model":"` + strings.Repeat("m", 1<<20) + `","messages":[{"role":"user","content":"hi"}]}`, want: 404},
		{path: chatPath, body: `{"model":"hatchling/bert","messages":[{"role":"user","content":"hi"}]}`, want: 400},
		// Grammars and schemas.
		{path: chatPath, body: schemaWith(`{"type":"nosuch"}`), want: 400},
		{path: chatPath, body: schemaWith(`{"$ref":"http://example.com/x"}`), want: 400},
		{path: chatPath, body: schemaWith(`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}`), want: 400},
		{path: chatPath, body: schemaWith(`{"type":"string","pattern":"((((a{1,1000}){1,1000}){1,1000}){1,1000})"}`), want: 400},
		{path: chatPath, body: schemaWith(`{"type":"string","pattern":"("}`), want: 400},
		{path: chatPath, body: schemaWith(`{"not":{}}`), want: 400},
		{path: chatPath, body: chatWith(`"response_format":{"type":"yaml"}`), want: 400},
		{path: chatPath, body: chatWith(`"grammar":"root ::= root \"a\""`), want: 400},
		{path: chatPath, body: chatWith(`"grammar":"root ::= nosuch"`), want: 400},
		{path: chatPath, body: chatWith(`"grammar":"` + `root ::= ` + strings.Repeat("(", 60_000) + `\"a\"` + strings.Repeat(")", 60_000) + `"`), want: 400},
		{path: chatPath, body: chatWith(`"grammar":"root ::= \"a\"{1,1000000000}"`), want: 400},
		// Other dialects.
		{path: "/v1/messages", body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":"hi"}]}`, want: 400},
		{path: "/v1/messages", body: `{"model":"hatchling/gpt","max_tokens":-4,"messages":[{"role":"user","content":"hi"}]}`, want: 400},
		{path: "/v1/messages", body: `{"model":"nosuch","max_tokens":4,"messages":[{"role":"user","content":"hi"}]}`, want: 404},
		{path: "/v1/responses", body: `{"model":"hatchling/gpt","input":"hi","previous_response_id":"x"}`, want: 400},
		{path: "/v1/responses", body: `{"model":"hatchling/gpt","input":{"a":1}}`, want: 400},
		{path: "/api/generate", body: `{"model":"nosuch","prompt":"a"}`, want: 404},
		{path: "/api/generate", body: `{"model":"hatchling/gpt","prompt":7}`, want: 400},
		{path: "/api/chat", body: `{"model":"hatchling/gpt","messages":{"role":"user"}}`, want: 400},
		{path: "/api/chat", body: `{"model":"hatchling/gpt","messages":[{"role":"user","content":"a"}],"options":{"temperature":"hot"}}`, want: 400},
		{path: "/api/embed", body: `{"model":"hatchling/bert","input":{"a":1}}`, want: 400},
		{path: "/embed", body: `{"inputs":{"a":1},"model":"hatchling/bert"}`, want: 422},
		{path: "/rerank", body: `{}`, want: 400},
		{path: "/completion", body: `{"prompt":"a","n_predict":"many"}`, want: 400},
		{path: "/tokenize", body: `{"content":7}`, want: 400},
		{path: "/infill", body: `{"input_prefix":7}`, want: 400},
		{path: "/zoo/fill", body: `{"model":"hatchling/bert","text":"no mask"}`, want: 400},
		{path: "/zoo/fill", body: `{"model":"hatchling/bert","text":"a [MASK]","top":-1}`, want: 400},
		{path: "/zoo/compare", body: `{"model":"hatchling/bert","texts":[]}`, want: 400},
		// Paths, hosts, origins, headers.
		{path: "/v1/nosuch", body: `{}`, want: 404},
		{path: "/zoo/models/..%2f..%2fetc%2fpasswd", want: 404},
		{path: "/assets/..%2f..%2fserver.go", want: 404},
		{path: "/assets/nosuch.js", want: 404},
		{path: "/v1/models", body: `{}`, want: 405},
		{path: chatPath, body: chatWith(`"seed":1`), want: 403, headers: []string{"Host", "evil.example"}},
		{path: chatPath, body: chatWith(`"seed":1`), want: 403, headers: []string{"Origin", "http://evil.example"}},
		{path: chatPath, body: chatWith(`"seed":1`), want: 431, headers: []string{"X-Long", strings.Repeat("x", 2<<20)}},
	}
	return all
}

// TestHostile: each of them gets its status within a second, in a body that tells why,
// while a text that is written beside is the text it is alone.
func TestHostile(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	t.Run("requests", func(t *testing.T) {
		_, url := testServer(t, nil)
		beside := `{"model":"hatchling/gpt","prompt":"It was a dark evening","max_tokens":100,"temperature":0}`
		status, alone := call(t, "POST", url+"/completion", beside)
		if status != http.StatusOK {
			t.Fatalf("status %d: %s", status, alone)
		}
		alone = contentOf(alone)
		stop, neighbour := make(chan struct{}), sync.WaitGroup{}
		neighbour.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if status, text := call(t, "POST", url+"/completion", beside); status != http.StatusOK || contentOf(text) != alone {
					t.Errorf("the text beside: status %d, %.200s", status, text)
					return
				}
			}
		})
		table := hostiles()
		if len(table) < 80 {
			t.Errorf("only %d requests", len(table))
		}
		for i, h := range table {
			method := "POST"
			if h.body == "" && h.path != chatPath {
				method = "GET"
			}
			begun := time.Now()
			status, text := call(t, method, url+h.path, h.body, h.headers...)
			if took := time.Since(begun); took > time.Second*slowness() {
				t.Errorf("%d %s %.120s: took %v", i, h.path, h.body, took)
			}
			if status != h.want || strings.TrimSpace(text) == "" || strings.Contains(text, "goroutine ") {
				t.Errorf("%d %s %.120s: status %d, want %d: %.300s", i, h.path, h.body, status, h.want, text)
			}
		}
		close(stop)
		neighbour.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	for begun := time.Now(); runtime.NumGoroutine() > goroutines+2; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 5*time.Second {
			t.Fatalf("%d goroutines are left of %d", runtime.NumGoroutine(), goroutines)
		}
	}
}

// contentOf returns what of an answer of /completion must not vary.
func contentOf(text string) string {
	_, rest, _ := strings.Cut(text, `"content":`)
	content, _, _ := strings.Cut(rest, `,"`)
	return content
}

// TestHostileConnections: bytes that are no request end their own connection alone.
func TestHostileConnections(t *testing.T) {
	_, url := testServer(t, nil)
	address := strings.TrimPrefix(url, "http://")
	for _, raw := range []string{
		"\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /v1/completions HTTP/1.1\r\n\r\n",
		"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
		"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
		"POST /v1/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.WriteString(c, raw); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil { // half closed
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		var status int
		if _, scan := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err == nil && (scan != nil || status < 400 || status > 499 && status != 505) {
			t.Errorf("%q got %q", raw, line)
		}
		c.Close()
	}
	if status, text := call(t, "GET", url+"/health", ""); status != http.StatusOK {
		t.Errorf("after all of them: %d %s", status, text)
	}
}

// slowness is how many times a second a second is: the race detector takes its time.
func slowness() time.Duration {
	if testkit.Race {
		return 10
	}
	return 1
}
