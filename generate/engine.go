package generate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Generator writes texts for many goroutines at once, as [Generate] does for one:
// an [Engine] for decoders, a [Lane] for whatever else generates.
type Generator interface {
	Generate(ctx context.Context, prompt []int32, o Options) iter.Seq2[Token, error]
	Stats() EngineStats
	Close()
}

// EngineOptions say how much an Engine does at once. 0 stands for the default.
type EngineOptions struct {
	Rows      int          // texts written at once: 8
	Room      int          // most tokens of a text, prompt included: the model's context
	Queue     int          // requests that wait for a row, beyond which ErrBusy is given: 16 a row
	CacheForm tensor.DType // what keys and values are kept as: F32, F16, BF16 or Q8_0

	// PrefixBytes bounds the keys and values that are kept of what has been read and
	// written, beyond those of the texts under way, for requests that begin in the same
	// way: 256 MiB; below 0: none.
	PrefixBytes int64
}

func (o *EngineOptions) check() error {
	if o.Rows == 0 {
		o.Rows = 8
	}
	if o.Rows < 1 || o.Rows > 1<<12 {
		return fmt.Errorf("generate: engine: rows: %d is not from 1 to %d", o.Rows, 1<<12)
	}
	if o.Queue == 0 {
		o.Queue = 16 * o.Rows
	}
	if o.Queue < 1 || o.Queue > 1<<20 {
		return fmt.Errorf("generate: engine: queue: %d is not from 1 to %d", o.Queue, 1<<20)
	}
	return nil
}

// Errors of an Engine. A PromptError is another.
var (
	ErrBusy   = errors.New("generate: engine: the queue is full")
	ErrClosed = errors.New("generate: engine: it is closed")
)

// An Engine writes texts for any number of goroutines: one of its own steps a
// [Batch], which requests join and leave between steps. Requests that find no row
// free wait: those of one client (see [WithClient]) in their order, and of clients
// the one with the fewest rows goes first.
type Engine struct {
	batch *Batch
	rows  []*request // by the row of the batch; nil: free. The loop's own, as batch
	pace  pace

	mu     sync.Mutex
	queue  queue
	limit  int // of the queue
	closed bool
	stats  EngineStats

	wake chan struct{} // there is something to do
	stop context.Context
	end  context.CancelFunc
	done chan struct{} // the loop has ended
}

var _ Generator = (*Engine)(nil)

// NewEngine returns an engine that writes texts with net. Texts need a tokenizer,
// without which tok may be nil. Close ends it.
func NewEngine(net model.Decoder, tok *tokenizer.Tokenizer, o EngineOptions) (*Engine, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b, err := NewBatch(net, tok, o.Rows, o.Room)
	if err != nil {
		return nil, err
	}
	if err := b.SetCacheForm(o.CacheForm); err != nil {
		return nil, err
	}
	if o.PrefixBytes == 0 {
		o.PrefixBytes = 256 << 20
	}
	if o.PrefixBytes > 0 {
		b.keepPrefixes(net, o.PrefixBytes)
	}
	e := &Engine{
		batch: b, rows: make([]*request, o.Rows), limit: o.Queue, queue: newQueue(),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	e.stats.Rows, e.stats.Room, e.stats.Queue = o.Rows, b.room, o.Queue
	e.stop, e.end = context.WithCancel(context.Background())
	go e.loop()
	return e, nil
}

// Close ends all requests with ErrClosed and waits until nothing runs any more. It
// may be called more than once.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.end()
	<-e.done
}

// Generate is the function [Generate] by the engine, with the same tokens to the
// byte, whatever else it writes. Beams and speculation are an error. ErrBusy tells
// that too many wait already, a [PromptError] that the prompt is too long, and an
// error of ctx that it has ended.
//
// A request begins when the sequence is ranged over, and nothing of it is in use
// any more when that ends: it may take a step of the model for the engine to let go.
// A reader that is slow holds up nobody.
func (e *Engine) Generate(ctx context.Context, prompt []int32, o Options) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		r := newRequest(ctx, prompt, o)
		if err := e.submit(r); err != nil {
			yield(Token{}, err)
			return
		}
		defer e.leave(r)
		for {
			t, err := r.next()
			if !yield(t, err) || err != nil || t.Finish != FinishNone {
				return
			}
		}
	}
}

// submit checks a request and puts it into the queue.
func (e *Engine) submit(r *request) error {
	if err := e.batch.check(r.prompt, &r.o); err != nil {
		return err
	}
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return ErrClosed
	case e.queue.n+e.queue.popped >= e.limit+e.stats.Rows:
		e.stats.Refused++
		return ErrBusy
	}
	e.stats.Requests++
	e.queue.push(r)
	e.rouse()
	return nil
}

// rouse wakes the loop if it waits.
func (e *Engine) rouse() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// leave takes a request out, wherever it is, and waits until it is.
func (e *Engine) leave(r *request) {
	e.mu.Lock()
	waited := e.queue.remove(r)
	e.mu.Unlock()
	if waited {
		return
	}
	r.gone.Store(true)
	e.rouse()
	<-r.left
}
