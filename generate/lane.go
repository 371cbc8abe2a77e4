package generate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Lane is a Generator for models that an Engine does not take, encoder-decoders,
// and for what it does not do: beams and speculation. So many requests run at once,
// each by [Generate]; others wait, as in an Engine.
type Lane struct {
	net    any
	tok    *tokenizer.Tokenizer
	mu     sync.Mutex
	queue  queue
	limit  int
	closed bool
	stats  EngineStats
	made   atomic.Uint64

	stop context.Context
	end  context.CancelFunc
	runs sync.WaitGroup
}

var _ Generator = (*Lane)(nil)

// NewLane returns a lane for net, a model.Decoder or model.EncoderDecoder, in which
// rows requests run at once and queue may wait; 0 stands for 2 and for 16 a row.
func NewLane(net any, tok *tokenizer.Tokenizer, rows, queue int) (*Lane, error) {
	switch net.(type) {
	case model.Decoder, model.EncoderDecoder:
	default:
		return nil, fmt.Errorf("generate: lane: %T does not generate: it is no decoder or encoder-decoder", net)
	}
	o := EngineOptions{Rows: rows, Queue: queue}
	if rows == 0 {
		o.Rows = 2
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	l := &Lane{net: net, tok: tok, limit: o.Queue, queue: newQueue()}
	l.stats.Rows, l.stats.Queue = o.Rows, o.Queue
	l.stop, l.end = context.WithCancel(context.Background())
	return l, nil
}

// Close ends all requests with ErrClosed and waits until none runs any more. It may
// be called more than once.
func (l *Lane) Close() {
	l.mu.Lock()
	l.closed = true
	for r := l.queue.pop(); r != nil; r = l.queue.pop() {
		l.queue.ended(r)
		r.give(Token{}, ErrClosed)
	}
	l.mu.Unlock()
	l.end()
	l.runs.Wait()
}

// Stats returns a snapshot. What is counted of tokens are those that were made.
func (l *Lane) Stats() EngineStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Waiting, s.Running, s.GeneratedTokens = l.queue.n, l.queue.popped, l.made.Load()
	return s
}

// Generate is the function [Generate], once there is a place for it. ErrBusy tells
// that too many wait already, and an error of ctx that it has ended.
func (l *Lane) Generate(ctx context.Context, prompt []int32, o Options) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		r := newRequest(ctx, prompt, o)
		if err := l.enter(r); err != nil {
			yield(Token{}, err)
			return
		}
		waited := time.Since(r.since)
		ctx, cancel := context.WithCancel(ctx)
		defer context.AfterFunc(l.stop, cancel)()
		defer cancel()
		finished := false
		defer func() { l.exit(r, finished) }()
		for t, err := range l.run(ctx, prompt, o) {
			if err != nil && l.stop.Err() != nil {
				err = ErrClosed
			}
			t.Waited, waited = waited, 0
			finished = err != nil || t.Finish != FinishNone
			if !yield(t, err) {
				return
			}
			l.made.Add(1)
		}
	}
}

// run is Generate, in which a panic is an error. One of the reader's own passes.
func (l *Lane) run(ctx context.Context, prompt []int32, o Options) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		outside := false
		defer func() {
			if outside {
				return
			}
			if r := recover(); r != nil {
				yield(Token{}, &PanicError{r, debug.Stack()})
			}
		}()
		for t, err := range Generate(ctx, l.net, l.tok, prompt, o) {
			outside = true
			if !yield(t, err) {
				return
			}
			outside = false
		}
	}
}

// enter waits for a place.
func (l *Lane) enter(r *request) error {
	l.mu.Lock()
	switch {
	case l.closed:
		l.mu.Unlock()
		return ErrClosed
	case l.queue.n+l.queue.popped >= l.limit+l.stats.Rows:
		l.stats.Refused++
		l.mu.Unlock()
		return ErrBusy
	}
	l.stats.Requests++
	l.queue.push(r)
	l.admit()
	l.mu.Unlock()
	_, err := r.next() // a token without meaning says that it may begin
	if err == nil {
		return nil
	}
	l.mu.Lock()
	waited := l.queue.remove(r)
	l.mu.Unlock()
	if !waited && !errors.Is(err, ErrClosed) {
		l.exit(r, false)
	}
	return err
}

// admit lets requests begin that there is a place for. The caller has the lock.
func (l *Lane) admit() {
	for l.queue.popped < l.stats.Rows {
		r := l.queue.pop()
		if r == nil {
			return
		}
		l.runs.Add(1)
		r.give(Token{}, nil)
	}
}

// exit gives a place free.
func (l *Lane) exit(r *request, finished bool) {
	l.mu.Lock()
	l.queue.ended(r)
	if finished {
		l.stats.Finished++
	} else {
		l.stats.Cancelled++
	}
	if !l.closed {
		l.admit()
	}
	l.mu.Unlock()
	l.runs.Done()
}
