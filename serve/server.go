package serve

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A Server answers requests for the models of its pool. It is an http.Handler; [Server.Run]
// serves it on an address.
type Server struct {
	o         Options
	log       *slog.Logger
	pool      *pool
	abilities sync.Map // *abilities by a model's name
	routes    routes
	started   time.Time

	metrics *metrics
	opening atomic.Bool // the model that is preloaded is not open yet

	guard guard
	live  live
}

// New returns a server. Nothing is opened yet; Close it.
func New(o Options) (*Server, error) {
	o.fill()
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Server{o: o, log: o.Log, started: time.Now(), guard: newGuard(o)}
	var err error
	if s.pool, err = newPool(s.o); err != nil {
		return nil, err
	}
	s.metrics = newMetrics(s)
	s.pool.metrics = s.metrics
	s.register(&s.routes)
	return s, nil
}

// Close closes the models. No request may be under way.
func (s *Server) Close() error { return s.pool.close() }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.run(s.routes.find(r), w, r)
}

// frameRoutes are the routes that belong to no dialect.
func (s *Server) frameRoutes(rt *routes) {
	rt.open("GET /health", native, s.health)
	rt.open("GET /ready", native, s.ready)
	rt.handle("GET /metrics", native, s.metrics.handler())
	if s.o.Pprof {
		rt.profiles()
	}
}

// health says that the process is alive.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether requests are taken.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.live.ending() {
		return errEnding()
	}
	if s.opening.Load() {
		return &Error{Status: http.StatusServiceUnavailable, Code: "opening", RetryAfter: 2 * time.Second, Message: "the model is being opened"}
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}
