// Package otel sends the traces of a program that serves models to a collector, by
// OpenTelemetry's own protocol. It is a module apart, since the exporter brings much along
// that who does not want traces should not need.
package otel

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.26.0"
)

// Start has the spans of this program sent by OTLP over HTTP, where and how OpenTelemetry's
// own variables say: OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318 if it is not set),
// OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME ("zoo"), OTEL_TRACES_SAMPLER and the rest.
// Requests that name a span of their own (traceparent) have theirs below it. Stop sends
// what is left.
func Start(ctx context.Context, version string) (stop func(context.Context) error, err error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("otel: exporter: %w", err)
	}
	// Of two that say the same the later one stands: the environment's.
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(),
		resource.WithAttributes(semconv.ServiceName("zoo"), semconv.ServiceVersion(version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("otel: resource: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return provider.Shutdown, nil
}
