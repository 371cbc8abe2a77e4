package serve

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// tracer makes spans of requests: nothing, unless the program has set a provider up, as
// the module in otel/ does.
var tracer = otel.Tracer("github.com/nlp-zoo/zoo/serve")

// beginSpan begins the span of a request, below that of who sent it.
func beginSpan(ctx context.Context, rt *route, r *http.Request, id string) (context.Context, trace.Span) {
	ctx = otel.GetTextMapPropagator().Extract(ctx, propagation.HeaderCarrier(r.Header))
	name := rt.pattern
	if rt == noRoute {
		name = r.Method
	}
	return tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("http.route", rt.pattern), attribute.String("zoo.request", id)))
}

// endSpan ends the span of a request, with what came of it.
func endSpan(span trace.Span, q *request, status int) {
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if q.model != "" {
		span.SetAttributes(attribute.String("gen_ai.request.model", q.model),
			attribute.Int("gen_ai.usage.input_tokens", q.prompt), attribute.Int("gen_ai.usage.output_tokens", q.made))
	}
	if q.err != nil && status >= 500 {
		span.SetStatus(codes.Error, errorOf(q.err).Message)
	}
	span.End()
}

// spanOf tells afterwards of a part of a request: the queue, prefill, decode.
func spanOf(ctx context.Context, name string, from, to time.Time, attrs ...attribute.KeyValue) {
	_, span := tracer.Start(ctx, name, trace.WithTimestamp(from), trace.WithAttributes(attrs...))
	span.End(trace.WithTimestamp(to))
}
