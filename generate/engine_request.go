package generate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

type clientKey struct{}

// WithClient returns a context whose requests are those of a client: an [Engine]
// shares its rows fairly among clients.
func WithClient(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, clientKey{}, key)
}

func client(ctx context.Context) string {
	key, _ := ctx.Value(clientKey{}).(string)
	return key
}

// A request is one call of Engine.Generate.
type request struct {
	ctx    context.Context
	client string
	prompt []int32
	o      Options
	since  time.Time
	waited time.Duration // the loop's own
	row    *Row          // the loop's own
	gone   atomic.Bool   // its reader has left
	left   chan struct{} // closed when it has left the loop

	mu    sync.Mutex
	made  []Token // for the reader
	seen  int     // of them
	err   error   // after them
	ready chan struct{}
}

func newRequest(ctx context.Context, prompt []int32, o Options) *request {
	return &request{ctx: ctx, client: client(ctx), prompt: prompt, o: o, since: time.Now(), ready: make(chan struct{}, 1), left: make(chan struct{})}
}

// give hands the reader a token, or the error that ends the text.
func (r *request) give(t Token, err error) {
	r.mu.Lock()
	if err != nil {
		r.err = err
	} else {
		r.made = append(r.made, t)
	}
	r.mu.Unlock()
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// next waits for a token.
func (r *request) next() (Token, error) {
	for {
		if err := r.ctx.Err(); err != nil {
			return Token{}, fmt.Errorf("generate: %w", err)
		}
		if t, err, ok := r.take(); ok {
			return t, err
		}
		select {
		case <-r.ready:
		case <-r.ctx.Done():
		}
	}
}

func (r *request) take() (t Token, err error, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == len(r.made) {
		return t, r.err, r.err != nil
	}
	t, r.made[r.seen] = r.made[r.seen], Token{}
	if r.seen++; r.seen == len(r.made) {
		r.made, r.seen = r.made[:0], 0
	}
	return t, nil, true
}

// A queue holds requests that wait, in a line for each client.
type queue struct {
	lines   map[string][]*request // none is empty
	order   []string              // of lines: the one served the longest ago first
	running map[string]int        // rows of clients that have some
	n       int                   // requests that wait
	popped  int                   // requests that run
}

func newQueue() queue {
	return queue{lines: map[string][]*request{}, running: map[string]int{}}
}

func (q *queue) push(r *request) {
	line, ok := q.lines[r.client]
	if !ok {
		q.order = append(q.order, r.client)
	}
	q.lines[r.client] = append(line, r)
	q.n++
}

// pop takes the request that is next, nil if none waits: of the client with the
// fewest rows, of equal ones the one served the longest ago.
func (q *queue) pop() *request {
	if q.n == 0 {
		return nil
	}
	best := 0
	for i, key := range q.order {
		if q.running[key] < q.running[q.order[best]] {
			best = i
		}
	}
	key := q.order[best]
	r := q.lines[key][0]
	q.order = append(slices.Delete(q.order, best, best+1), key)
	q.take(key, 0)
	q.running[key]++
	q.popped++
	return r
}

// take removes a request from a line.
func (q *queue) take(key string, i int) {
	q.n--
	q.lines[key] = slices.Delete(q.lines[key], i, i+1)
	if len(q.lines[key]) == 0 {
		delete(q.lines, key)
		q.order = slices.DeleteFunc(q.order, func(k string) bool { return k == key })
	}
}

// remove takes out a request and reports whether it was waiting.
func (q *queue) remove(r *request) bool {
	i := slices.Index(q.lines[r.client], r)
	if i >= 0 {
		q.take(r.client, i)
	}
	return i >= 0
}

// ended tells that a request that pop returned runs no more.
func (q *queue) ended(r *request) {
	q.popped--
	if q.running[r.client]--; q.running[r.client] == 0 {
		delete(q.running, r.client)
	}
}
