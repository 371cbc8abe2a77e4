package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// errSlow tells that a client did not take what it was sent.
var errSlow = errors.New("serve: stream: the client reads too slowly, or has left")

// A stream is an answer that comes in parts: server-sent events, or lines of JSON. The
// head goes out with the first part, so an error before it can still have its status.
// Each part is flushed.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	kind    string

	mu      sync.Mutex
	buf     bytes.Buffer
	started bool
	failed  error
	beat    *time.Timer
	every   time.Duration
}

// sse returns a stream of server-sent events. While there is nothing to say, it says
// heartbeat every Options.Heartbeat, so that nothing between takes the line for dead;
// "" stands for a comment, which clients pass over. Close it.
func (s *Server) sse(w http.ResponseWriter, heartbeat string) *stream {
	st := s.newStream(w, "text/event-stream")
	if heartbeat == "" {
		heartbeat = ": still here\n\n"
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.every = s.o.Heartbeat; st.every > 0 {
		st.beat = time.AfterFunc(st.every, func() {
			st.mu.Lock()
			defer st.mu.Unlock()
			if st.beat != nil {
				st.buf.WriteString(heartbeat)
				_ = st.send() // told by the next part
			}
		})
	}
	return st
}

// ndjson returns a stream of JSON lines. Close it.
func (s *Server) ndjson(w http.ResponseWriter) *stream { return s.newStream(w, "application/x-ndjson") }

func (s *Server) newStream(w http.ResponseWriter, kind string) *stream {
	return &stream{w: w, control: http.NewResponseController(w), kind: kind}
}

// Close ends the heartbeat.
func (st *stream) Close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.beat != nil {
		st.beat.Stop()
		st.beat = nil
	}
}

// begun tells whether the head is out: then an error is told in the stream, or not at
// all.
func (st *stream) begun() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.started
}

// event sends v as JSON in an event, of that name if it has one.
func (st *stream) event(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return st.data(name, data)
}

// data sends one line of text in an event, of that name if it has one.
func (st *stream) data(name string, line []byte) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if name != "" {
		fmt.Fprintf(&st.buf, "event: %s\n", name)
	}
	fmt.Fprintf(&st.buf, "data: %s\n\n", line)
	return st.send()
}

// line sends v as a line of JSON.
func (st *stream) line(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.buf.Write(data)
	st.buf.WriteByte('\n')
	return st.send()
}

// send writes what is in the buffer.
func (st *stream) send() error {
	if st.failed != nil {
		return st.failed
	}
	if !st.started {
		st.started = true
		h := st.w.Header()
		h.Set("Content-Type", st.kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("X-Accel-Buffering", "no")
		st.w.WriteHeader(http.StatusOK)
	}
	_, err := st.w.Write(st.buf.Bytes())
	st.buf.Reset()
	if err == nil {
		err = st.control.Flush()
	}
	if err != nil {
		st.failed = fmt.Errorf("%w: %w", errSlow, err)
	}
	if st.beat != nil {
		st.beat.Reset(st.every)
	}
	return st.failed
}
