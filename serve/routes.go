package serve

import (
	"encoding/json"
	"net/http"
)

// A handler answers one request. The error that it returns is written in its dialect's
// form, if nothing has been written yet.
type handler func(w http.ResponseWriter, r *http.Request) error

// A dialect is a way of telling errors.
type dialect struct {
	name string // for logs and metrics
	// body returns what is written of an error, as JSON.
	body func(e *Error) any
}

// native is the dialect of the server's own routes, and of paths that no route has.
var native = &dialect{"native", func(e *Error) any {
	var b struct {
		Error struct {
			Message string `json:"message"`
			Code    string `json:"code"`
			Param   string `json:"param,omitempty"`
			Status  int    `json:"status"`
		} `json:"error"`
	}
	b.Error.Message, b.Error.Code, b.Error.Param, b.Error.Status = e.Message, e.code(), e.Param, e.Status
	return b
}}

// routes are the paths that the server knows.
type routes struct {
	mux   http.ServeMux
	known map[string]*route // by pattern
}

type route struct {
	pattern string
	dialect *dialect
	open    bool // without an API key
	serve   handler
}

// handle adds a route. A pattern is one of http.ServeMux, with its method.
func (rt *routes) handle(pattern string, d *dialect, h handler) {
	rt.add(&route{pattern: pattern, dialect: d, serve: h})
}

// open adds a route that needs no API key: for probes.
func (rt *routes) open(pattern string, d *dialect, h handler) {
	rt.add(&route{pattern: pattern, dialect: d, serve: h, open: true})
}

func (rt *routes) add(r *route) {
	if rt.known == nil {
		rt.known = map[string]*route{}
	}
	rt.known[r.pattern] = r
	rt.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) {
		requestOf(req.Context()).err = r.serve(w, req)
	})
}

// find returns the route of a request: noRoute if it has none.
func (rt *routes) find(r *http.Request) *route {
	if _, pattern := rt.mux.Handler(r); rt.known[pattern] != nil {
		return rt.known[pattern]
	}
	return noRoute
}

var noRoute = &route{pattern: "none", dialect: native}

// answer answers a request by its route.
func (rt *routes) answer(known *route, w http.ResponseWriter, r *http.Request) error {
	if known != noRoute {
		rt.mux.ServeHTTP(w, r)
		return requestOf(r.Context()).err
	}
	var seen statusOnly
	rt.mux.ServeHTTP(&seen, r)
	if seen.status == http.StatusMethodNotAllowed {
		methods := seen.Header().Get("Allow")
		w.Header().Set("Allow", methods)
		return &Error{Status: seen.status, Message: "not a method of this path, which has " + methods}
	}
	return &Error{Status: http.StatusNotFound, Message: "there is no such path"}
}

// statusOnly is a ResponseWriter that keeps the status alone.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *statusOnly) WriteHeader(status int)      { w.status = status }
func (w *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// register adds every route. A dialect adds its line below its name.
func (s *Server) register(rt *routes) {
	for _, add := range []func(*routes){
		s.frameRoutes,

		// OpenAI
		s.openaiRoutes,

		// Anthropic
		s.anthropicRoutes,

		// Ollama
		s.ollamaRoutes,

		// text-embeddings-inference
		s.teiRoutes, s.eitherRoutes,

		// llama-server
		s.llamacppRoutes,

		// native tasks
		s.nativeRoutes,

		// the web page
		s.pageRoutes,
	} {
		add(rt)
	}
}

// writeJSON writes v as the whole answer.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, err = w.Write(append(body, '\n'))
	return err
}
