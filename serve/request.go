package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/nlp-zoo/zoo/generate"
)

// A request is what the server knows of a request beside its text.
type request struct {
	id      string
	started time.Time
	route   *route
	client  string // whom fairness is owed: an API key's number, or an address
	model   string
	prompt  int   // tokens
	made    int   // tokens
	body    int64 // bytes that the body was given
	err     error // what came of it
	broken  bool  // it ended in a panic after some of the answer was sent
}

type requestKey struct{}

// requestOf returns the request that ctx belongs to; one that nobody reads if none.
func requestOf(ctx context.Context) *request {
	if q, ok := ctx.Value(requestKey{}).(*request); ok {
		return q
	}
	return &request{started: time.Now(), route: &route{dialect: native}}
}

// newID returns a name that no other has, after prefix.
func newID(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + hex.EncodeToString(b[:])
}

// run answers a request by its route: a panic in it is an error of that request alone.
func (s *Server) run(rt *route, w http.ResponseWriter, r *http.Request) {
	q := &request{id: newID("req-"), started: time.Now(), route: rt}
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), requestKey{}, q), s.o.Deadline)
	defer cancel()
	ctx, span := beginSpan(ctx, rt, r, q.id)
	out := newResponse(w, s.o.WriteTimeout)
	out.Header().Set("X-Request-Id", q.id)
	out.Header().Set("X-Content-Type-Options", "nosniff")
	if r.ContentLength != 0 { // until the body is there; writers of tests know no deadlines
		_ = out.control.SetReadDeadline(time.Now().Add(s.o.BodyTimeout))
	}
	r = r.WithContext(ctx)
	defer func() {
		status := out.result(q.err)
		s.metrics.request(rt.pattern, status, time.Since(q.started))
		s.logRequest(ctx, q, out, r, status)
		endSpan(span, q, status)
		if q.broken {
			panic(http.ErrAbortHandler) // so that what was sent does not look whole
		}
	}()
	answered, err := s.guard.check(rt, out, r)
	if err == nil && !answered {
		err = s.admit(rt, q, out, r)
	}
	if q.err = err; err != nil {
		s.fail(out, rt.dialect, err)
	}
}

// admit answers a request that may be asked, unless there are too many.
func (s *Server) admit(rt *route, q *request, out *response, r *http.Request) error {
	if !rt.open {
		if err := s.live.enter(s.o.MaxConns); err != nil {
			if err.Code == "ending" {
				out.Header().Set("Connection", "close")
			}
			return err
		}
		defer func() { s.live.leave(q.body) }()
	}
	return s.guarded(rt, q, out, r.WithContext(generate.WithClient(r.Context(), q.client)))
}

// guarded runs a handler and turns its panic into an error.
func (s *Server) guarded(rt *route, q *request, out *response, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", q.id),
				slog.String("route", rt.pattern), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
			q.broken = out.status != 0
			err = fmt.Errorf("serve: %s: panic", rt.pattern)
		}
	}()
	return s.routes.answer(rt, out, r)
}

// fail tells an error in the form of a dialect, if nothing has been told yet.
func (s *Server) fail(out *response, d *dialect, err error) {
	if out.status != 0 {
		return
	}
	var other *inDialect
	if errors.As(err, &other) {
		d = other.d
	}
	e := errorOf(err)
	e.headers(out.Header())
	if d == problems {
		out.Header().Set("Content-Type", problemType)
	}
	_ = writeJSON(out, e.Status, d.body(e)) // nobody else is to be told
}

func (s *Server) logRequest(ctx context.Context, q *request, out *response, r *http.Request, status int) {
	level := slog.LevelInfo
	if q.route.open { // probes come every few seconds
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("request", q.id), slog.String("method", r.Method), slog.String("route", q.route.pattern), slog.Int("status", status),
		slog.Int64("bytes", out.bytes), slog.Duration("took", time.Since(q.started)), slog.String("from", r.RemoteAddr),
	}
	if q.model != "" {
		attrs = append(attrs, slog.String("model", q.model), slog.Int("prompt_tokens", q.prompt), slog.Int("tokens", q.made))
	}
	if q.err != nil {
		attrs = append(attrs, slog.String("error", q.err.Error()))
		switch told := errorOf(q.err).Status; {
		case told == http.StatusServiceUnavailable || told == http.StatusGatewayTimeout:
			level = slog.LevelWarn // too much to do
		case told >= 500 && told != http.StatusNotImplemented:
			level = slog.LevelError
		}
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
}

// A response is a ResponseWriter that remembers its status, and gives a client that
// long to take each piece.
type response struct {
	http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	status  int
	bytes   int64
}

func newResponse(w http.ResponseWriter, timeout time.Duration) *response {
	return &response{ResponseWriter: w, control: http.NewResponseController(w), timeout: timeout}
}

// result returns the status of an answer: that of its error where it could not be told
// any more.
func (w *response) result(err error) int {
	if err != nil && (w.status == 0 || w.status == http.StatusOK) {
		return errorOf(err).Status
	}
	if w.status == 0 { // net/http sends it
		return http.StatusOK
	}
	return w.status
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	const piece = 64 << 10
	done := 0
	for first := true; first || done < len(b); first = false {
		// Writers of tests know no deadlines; then there is none.
		_ = w.control.SetWriteDeadline(time.Now().Add(w.timeout))
		n, err := w.ResponseWriter.Write(b[done:min(len(b), done+piece)])
		done += n
		w.bytes += int64(n)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
