package otel_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	v1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/nlp-zoo/zoo/hatchling"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/otel"
	"github.com/nlp-zoo/zoo/serve"
)

// received are the spans that a collector of the test got.
type received struct {
	mu    sync.Mutex
	spans map[string]*v1.Span
	names []string // of services
}

func (c *received) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var traces collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &traces)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range traces.ResourceSpans {
		for _, a := range of.Resource.Attributes {
			if a.Key == "service.name" {
				c.names = append(c.names, a.Value.GetStringValue())
			}
		}
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans[s.Name] = s
			}
		}
	}
}

// TestStart: the spans of a request reach the collector, each below the one that it is a
// part of, and the request below who sent it.
func TestStart(t *testing.T) {
	c := &received{spans: map[string]*v1.Span{}}
	h := httptest.NewServer(c)
	defer h.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", h.URL)
	stop, err := otel.Start(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := serve.New(serve.Options{Models: []serve.ModelSpec{{Name: hatchling.Default, Path: hatchling.Default}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/api/generate", strings.NewReader(`{"model":"hatchling/gpt","prompt":"a","options":{"num_predict":3}}`))
	r.Host = "localhost"
	r.Header.Set("Traceparent", "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-01")
	if s.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := stop(context.Background()); err != nil {
		t.Error(err)
	}
	request := c.spans["POST /api/generate"]
	if request == nil || string(request.ParentSpanId) != "\x11\x12\x13\x14\x15\x16\x17\x18" {
		t.Fatalf("the request's span: %v", request)
	}
	for _, name := range []string{"queue", "prefill", "decode"} {
		span := c.spans[name]
		if span == nil || string(span.ParentSpanId) != string(request.SpanId) || string(span.TraceId) != string(request.TraceId) || span.EndTimeUnixNano < span.StartTimeUnixNano {
			t.Errorf("%s: %v", name, span)
		}
	}
	if len(c.names) == 0 || c.names[0] != "zoo" {
		t.Errorf("the service is %v", c.names)
	}
}
