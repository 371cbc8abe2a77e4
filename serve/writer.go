package serve

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
)

// A writer writes texts of one model, several at once.
type writer interface {
	// Generate is generate.Generate, behind a queue.
	Generate(ctx context.Context, prompt []int32, o generate.Options) iter.Seq2[generate.Token, error]
	// Close ends what is being written.
	Close()
}

// newWriter returns what writes the texts of m, nil if it writes none.
func newWriter(m *model.Model, o Options) (writer, error) {
	switch m.Net.(type) {
	case model.Decoder, model.EncoderDecoder:
		return &direct{m: m, rows: make(chan struct{}, o.Rows), queue: make(chan struct{}, o.Rows+o.Queue), ended: make(chan struct{})}, nil
	}
	return nil, nil
}

// direct writes each text by itself, so many at once: for encoder-decoders, and for
// beams.
type direct struct {
	m     *model.Model
	rows  chan struct{} // one for each text that is being written
	queue chan struct{} // one for each text that is, or waits to be
	once  sync.Once
	ended chan struct{}
}

// errBusy tells that a queue is full.
func errBusy(retry time.Duration) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Code: "overloaded", RetryAfter: retry, Message: "too many requests wait already"}
}

var errEnded = errors.New("serve: the model is being closed")

func (d *direct) Generate(ctx context.Context, prompt []int32, o generate.Options) iter.Seq2[generate.Token, error] {
	return func(yield func(generate.Token, error) bool) {
		select {
		case d.queue <- struct{}{}:
			defer func() { <-d.queue }()
		default:
			yield(generate.Token{}, errBusy(time.Second))
			return
		}
		select {
		case d.rows <- struct{}{}:
			defer func() { <-d.rows }()
		case <-ctx.Done():
			yield(generate.Token{}, ctx.Err())
			return
		case <-d.ended:
			yield(generate.Token{}, errEnded)
			return
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		for t, err := range generate.Generate(ctx, d.m.Net, d.m.Tokenizer, prompt, o) {
			select {
			case <-d.ended:
				yield(generate.Token{}, errEnded)
				return
			default:
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

func (d *direct) Close() { d.once.Do(func() { close(d.ended) }) }

// promptError tells that a prompt is too long, or cannot be read.
func promptError(m *resident, tokens int) error {
	room := m.context()
	if room > 0 && tokens >= room {
		return &Error{Status: http.StatusBadRequest, Code: "context_length_exceeded",
			Message: fmt.Sprintf("the prompt has %d tokens, and %s reads %d, one of which must be left to write", tokens, m.Name, room)}
	}
	return nil
}
