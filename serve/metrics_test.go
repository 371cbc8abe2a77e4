package serve

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// samples returns what /metrics tells, by name and labels.
func samples(t *testing.T, url string) map[string]float64 {
	t.Helper()
	status, body := call(t, "GET", url+"/metrics", "")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	all := map[string]float64{}
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if line == "" || line[0] == '#' || at < 0 {
			continue
		}
		v, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		all[line[:at]] = v
	}
	return all
}

// Metrics count what was asked, written and opened.
func TestMetrics(t *testing.T) {
	s, url := testServer(t, nil)
	s.lines(&s.routes)
	for range 2 {
		if status, body := call(t, "POST", url+"/test/write", `{"prompt":"Once upon a time","max_tokens":8}`); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	call(t, "POST", url+"/test/write", `{"model":"none"}`)
	call(t, "GET", url+"/nowhere/1", "")
	got := samples(t, url)
	gpt := `{model="hatchling/gpt"}`
	for name, want := range map[string]float64{
		`zoo_http_requests_total{route="POST /test/write",status="200"}`: 2,
		`zoo_http_requests_total{route="POST /test/write",status="404"}`: 1,
		`zoo_http_requests_total{route="none",status="404"}`:             1,
		`zoo_tokens_total{kind="generated",model="hatchling/gpt"}`:       16,
		"zoo_time_to_first_token_seconds_count" + gpt:                    2,
		"zoo_inter_token_seconds_count" + gpt:                            14,
		"zoo_queue_seconds_count" + gpt:                                  2,
		"zoo_queue_waiting" + gpt:                                        0,
		"zoo_batch_rows" + gpt:                                           0,
		"zoo_batch_rows_max" + gpt:                                       8,
		"zoo_model_open" + gpt:                                           1,
		`zoo_model_open{model="hatchling/t5"}`:                           0,
		`zoo_model_loads_total{model="hatchling/gpt",outcome="ok"}`:      1,
		"zoo_http_requests_live":                                         1, // this one
		`zoo_build_info{version="unknown"}`:                              1,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	prompt, cached := got[`zoo_tokens_total{kind="prompt",model="hatchling/gpt"}`], got[`zoo_tokens_total{kind="cached",model="hatchling/gpt"}`]
	if prompt < 2 || cached < 1 || cached >= prompt {
		t.Errorf("%v tokens of prompts, %v cached", prompt, cached)
	}
	if got["zoo_memory_used_bytes"] <= 0 || got["zoo_memory_used_bytes"] > got["zoo_memory_limit_bytes"] || got["go_goroutines"] < 1 || got["process_open_fds"] < 1 {
		t.Errorf("memory %v of %v", got["zoo_memory_used_bytes"], got["zoo_memory_limit_bytes"])
	}
}

// The profiler is there only where it is asked for.
func TestPprof(t *testing.T) {
	_, url := testServer(t, nil)
	if status, _ := call(t, "GET", url+"/debug/pprof/", ""); status != http.StatusNotFound {
		t.Errorf("%d without --pprof", status)
	}
	_, url = testServer(t, func(o *Options) { o.Pprof = true })
	if status, body := call(t, "GET", url+"/debug/pprof/goroutine?debug=1", ""); status != http.StatusOK || !strings.Contains(body, "goroutine profile") {
		t.Errorf("%d %.100s", status, body)
	}
}

// lockedBuffer is a buffer that goroutines may write to.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// Logs have what a request was, and nothing of what was said.
func TestLogs(t *testing.T) {
	var out lockedBuffer
	s, url := testServer(t, func(o *Options) {
		o.Keys = []string{"topsecret"}
		o.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.lines(&s.routes)
	_, body, h := callHead(t, "POST", url+"/test/write", `{"prompt":"xylophone","max_tokens":3}`, "api-key", "topsecret")
	call(t, "POST", url+"/test/write", `{"prompt":"xylophone`, "api-key", "topsecret")
	call(t, "POST", url+"/test/write", `{"prompt":"xylophone","n":"x"}`, "api-key", "topsecret")
	if strings.Contains(out.String(), "xylophone") || strings.Contains(out.String(), "topsecret") {
		t.Errorf("the log has more than it should: %s", out.String())
	}
	line := regexp.MustCompile(`.*"request":"` + h.Get("X-Request-Id") + `".*`).FindString(out.String())
	for _, want := range []string{`"route":"POST /test/write"`, `"status":200`, `"model":"hatchling/gpt"`, `"tokens":3`, `"level":"INFO"`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s has no %s (the answer was %s)", line, want, body)
		}
	}
	s.o.LogText = true
	_, body, _ = callHead(t, "POST", url+"/test/write", `{"prompt":"xylophone","max_tokens":3}`, "api-key", "topsecret")
	if line := regexp.MustCompile(`.*"msg":"text".*`).FindString(out.String()); !strings.Contains(line, `xylophone`) || !strings.Contains(line, `"choice":0`) {
		t.Errorf("with --log-text: %s (the answer was %s)", line, body)
	}
}

type embeddedTracer struct{ embedded.Tracer }

// recorder is a provider of spans that counts their names.
type recorder struct {
	embedded.TracerProvider
	embeddedTracer
	mu    sync.Mutex
	spans map[string]int
}

// TestSpans: a request has a span, and its queue, prefill and decode have theirs.
func TestSpans(t *testing.T) {
	before := otel.GetTracerProvider()
	r := &recorder{spans: map[string]int{}}
	otel.SetTracerProvider(r)
	defer otel.SetTracerProvider(before)
	s, url := testServer(t, nil)
	s.lines(&s.routes)
	if status, body := call(t, "POST", url+"/test/write", `{"prompt":"a","max_tokens":3,"n":2}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, want := range map[string]int{"POST /test/write": 1, "queue": 2, "prefill": 2, "decode": 2} {
		if r.spans[name] != want {
			t.Errorf("%d spans of %s, want %d", r.spans[name], name, want)
		}
	}
}

func (r *recorder) Tracer(string, ...trace.TracerOption) trace.Tracer { return r }

func (r *recorder) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	r.mu.Lock()
	r.spans[name]++
	r.mu.Unlock()
	return noop.Tracer{}.Start(ctx, name, options...)
}
