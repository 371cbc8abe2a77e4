package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what GET /metrics tells, in a registry of the server's own. Their names
// and meanings stand in docs/serving.md.
type metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec   // route, status
	took     *prometheus.HistogramVec // route
	first    *prometheus.HistogramVec // model
	between  *prometheus.HistogramVec // model
	waited   *prometheus.HistogramVec // model
	tokens   *prometheus.CounterVec   // model, kind
	loads    *prometheus.CounterVec   // model, outcome
	loading  *prometheus.HistogramVec // model
	evicted  *prometheus.CounterVec   // model, reason
}

// Buckets of what takes from milliseconds to minutes, and of the time between tokens.
var (
	requestBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}
	tokenBuckets   = []float64{.001, .0025, .005, .01, .015, .02, .03, .04, .05, .075, .1, .15, .2, .3, .5, 1, 2.5}
)

func newMetrics(s *Server) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "zoo_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "zoo_" + name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("http_requests_total", "Requests answered.", "route", "status"),
		took:     histogram("http_request_seconds", "Time to the end of an answer.", requestBuckets, "route"),
		first:    histogram("time_to_first_token_seconds", "Time from a request's arrival to the first token of a text.", requestBuckets, "model"),
		between:  histogram("inter_token_seconds", "Time between the tokens of a text.", tokenBuckets, "model"),
		waited:   histogram("queue_seconds", "Time that a text waited for a row.", requestBuckets, "model"),
		tokens:   counter("tokens_total", "Tokens: prompt, those of it that were cached, and generated.", "model", "kind"),
		loads:    counter("model_loads_total", "Models opened, by outcome: ok or error.", "model", "outcome"),
		loading:  histogram("model_load_seconds", "Time to open a model.", requestBuckets, "model"),
		evicted:  counter("model_evictions_total", "Models closed, by reason: idle, memory, asked or end.", "model", "reason"),
	}
	m.registry.MustRegister(m.requests, m.took, m.first, m.between, m.waited, m.tokens, m.loads, m.loading, m.evicted,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &gauges{s})
	return m
}

// handler serves the metrics.
func (m *metrics) handler() handler {
	h := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// request counts an answered request.
func (m *metrics) request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
}

// load counts the opening of a model.
func (m *metrics) load(name string, took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	m.loads.WithLabelValues(name, outcome).Inc()
	m.loading.WithLabelValues(name).Observe(took.Seconds())
}

// prompt counts the tokens of a prompt, once a reply has begun.
func (m *metrics) prompt(name string, tokens, cached int) {
	m.tokens.WithLabelValues(name, "prompt").Add(float64(tokens))
	m.tokens.WithLabelValues(name, "cached").Add(float64(cached))
}
