package serve

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// live counts what is under way: requests, and the bytes of their bodies.
type live struct {
	mu       sync.Mutex
	requests int
	bodies   int64
	draining bool
	empty    chan struct{} // closed when nothing is under way any more, once draining
}

// enter takes a request in, unless the server is ending or has as many as it may have.
func (l *live) enter(most int) *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining {
		return errEnding()
	}
	if l.requests >= most {
		return &Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Message: "as many requests are under way as may be"}
	}
	l.requests++
	return nil
}

func errEnding() *Error {
	return &Error{Status: http.StatusServiceUnavailable, Code: "ending", RetryAfter: 5 * time.Second, Message: "the server is ending"}
}

// leave lets a request out, with what its body took.
func (l *live) leave(body int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests--
	l.bodies -= body
	if l.draining && l.requests == 0 {
		close(l.empty)
	}
}

// body takes memory for a body, if there is as much.
func (l *live) body(bytes, most int64) *Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bodies+bytes > most {
		return &Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Message: "the bodies of the requests under way take all the memory that they may"}
	}
	l.bodies += bytes
	return nil
}

// drain takes no more in.
func (l *live) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining {
		return
	}
	l.draining, l.empty = true, make(chan struct{})
	if l.requests == 0 {
		close(l.empty)
	}
}

// count returns how many requests are under way.
func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests
}

// ending tells whether the server takes no more in.
func (l *live) ending() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.draining
}

// wait waits, after drain, until nothing is under way.
func (l *live) wait(ctx context.Context) error {
	select {
	case <-l.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
