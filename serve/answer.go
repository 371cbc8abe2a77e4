package serve

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/grammar"
)

// How a text ended, as finish of a piece.
const (
	finishStop   = "stop"       // the model ended it, or a stop string
	finishLength = "length"     // as many tokens as were asked for, or as there is room for
	finishCalls  = "tool_calls" // the model wants tools called
)

// A piece is a part of a reply: of the text number choice.
type piece struct {
	choice    int
	token     *generate.Token // what was made; nil for a piece that only tells of what came before
	content   string          // what may be shown now; often ""
	reasoning string          // thoughts, where the model's form has them apart

	call      *chat.ToolCall // a call begins: its id and name
	callIndex int            // which call call and arguments belong to
	arguments string         // more of its arguments

	finish string // of a text's last piece
	stop   string // the stop string that ended it
}

// A reply is what a model answers. Its pieces can be taken once.
type reply struct {
	s      *Server
	m      *resident
	ask    ask
	prompt []int32
	begun  time.Time

	cached   atomic.Int64 // tokens of the prompt that did not have to be read
	made     atomic.Int64 // tokens of all texts
	thinking atomic.Int64 // of those, the ones that brought thoughts
	first    atomic.Int64 // nanoseconds to the first token
}

// answer has a model answer. Nothing is written before the reply's pieces are taken;
// what can be refused is refused here.
func (s *Server) answer(ctx context.Context, m *resident, a ask) (*reply, error) {
	if a.n == 0 {
		a.n = 1
	}
	if a.best == 0 {
		a.best = a.n
	}
	if a.n < 1 || a.n > s.o.MaxChoices {
		return nil, invalid("n", "%d is not from 1 to %d", a.n, s.o.MaxChoices)
	}
	if a.best < a.n || a.best > s.o.MaxChoices {
		return nil, invalid("best_of", "%d is not from n, %d, to %d", a.best, a.n, s.o.MaxChoices)
	}
	if a.best > a.n {
		a.options.LogProbs = true
	}
	ids, err := a.read(ctx, m)
	if err != nil {
		return nil, err
	}
	requestOf(ctx).prompt = len(ids)
	return &reply{s: s, m: m, ask: a, prompt: ids, begun: time.Now()}, nil
}

// usage returns how many tokens the prompt had, how many of them were known, and how
// many were made in all texts so far.
func (re *reply) usage() (prompt, cached, made int) {
	return len(re.prompt), int(re.cached.Load()), int(re.made.Load())
}

// times returns how long the prompt took, its wait in the queue included, and what
// came after it so far.
func (re *reply) times() (prompt, rest time.Duration) {
	all, first := time.Since(re.begun), time.Duration(re.first.Load())
	if first == 0 {
		return all, 0
	}
	return first, all - first
}

// pieces yields the reply as it is written. After an error nothing follows. Where the
// best of several are asked for they come when all are written.
func (re *reply) pieces(ctx context.Context) iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		defer func() { requestOf(ctx).made += int(re.made.Load()) }()
		switch {
		case re.ask.best > re.ask.n:
			re.bestPieces(ctx, yield)
		case re.ask.n > 1:
			re.together(ctx, re.ask.n, yield)
		default:
			re.write(ctx, 0, yield)
		}
	}
}

// write writes one of the texts.
func (re *reply) write(ctx context.Context, choice int, yield func(piece, error) bool) {
	o := re.ask.options
	o.Seed += uint64(choice) * 0x9E3779B97F4A7C15 // seeds of their own, far from each other
	var held *grammar.Matcher
	if re.ask.held != nil {
		held = re.ask.held()
		o.Processors = append(slices.Clip(o.Processors), held)
	}
	sp := re.splitter(choice)
	if sp.parser != nil {
		o.Keep = re.m.marks
	}
	pace := pacer{re: re, choice: choice, begun: time.Now()}
	defer pace.end(ctx)
	for t, err := range re.m.generator(o).Generate(ctx, re.prompt, o) {
		if err != nil {
			yield(piece{choice: choice}, err)
			return
		}
		pace.token(ctx, &t)
		if held != nil && t.Finish != generate.FinishNone && held.Err() != nil {
			yield(piece{choice: choice}, unheld(held.Err()))
			return
		}
		for _, p := range sp.split(&t) {
			if p.token != nil && p.reasoning != "" {
				re.thinking.Add(1)
			}
			if !yield(p, nil) || p.finish != "" {
				return
			}
		}
	}
}

// together writes several texts at once, their pieces as they come.
func (re *reply) together(ctx context.Context, n int, yield func(piece, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	type result struct {
		piece
		err error
	}
	results := make(chan result)
	var writing sync.WaitGroup
	for choice := range n {
		writing.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					select {
					case results <- result{err: fmt.Errorf("serve: answer: panic: %v", r)}:
					case <-ctx.Done():
					}
				}
			}()
			re.write(ctx, choice, func(p piece, err error) bool {
				select {
				case results <- result{p, err}:
					return true
				case <-ctx.Done():
					return false
				}
			})
		})
	}
	go func() { writing.Wait(); close(results) }()
	defer func() { // the model may be closed once this returns
		cancel()
		for range results { //nolint:revive // until all have ended
		}
	}()
	for r := range results {
		if !yield(r.piece, r.err) || r.err != nil {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(piece{}, err)
	}
}

// bestPieces writes best texts and yields the n that the model finds likeliest a token.
func (re *reply) bestPieces(ctx context.Context, yield func(piece, error) bool) {
	texts := make([][]piece, re.ask.best)
	sums := make([]float64, re.ask.best)
	var failed error
	re.together(ctx, re.ask.best, func(p piece, err error) bool {
		failed = err
		texts[p.choice] = append(texts[p.choice], p)
		if p.token != nil {
			sums[p.choice] += p.token.LogProb
		}
		return err == nil
	})
	if failed != nil {
		yield(piece{}, failed)
		return
	}
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	mean := func(i int) float64 { return sums[i] / float64(max(1, len(texts[i]))) }
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := mean(a), mean(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for rank, i := range order[:re.ask.n] {
		for _, p := range texts[i] {
			p.choice = rank
			if !yield(p, nil) {
				return
			}
		}
	}
}

// A text is one of a reply's texts as a whole.
type text struct {
	content, reasoning string
	calls              []chat.ToolCall
	tokens             []generate.Token
	finish, stop       string
}

// whole returns all texts of the reply.
func (re *reply) whole(ctx context.Context) ([]text, error) {
	texts := make([]text, re.ask.n)
	parts := make([]struct{ content, reasoning strings.Builder }, re.ask.n)
	for p, err := range re.pieces(ctx) {
		if err != nil {
			return nil, err
		}
		t := &texts[p.choice]
		parts[p.choice].content.WriteString(p.content)
		parts[p.choice].reasoning.WriteString(p.reasoning)
		if p.token != nil {
			t.tokens = append(t.tokens, *p.token)
		}
		if p.call != nil {
			t.calls = append(t.calls, *p.call)
		}
		if p.arguments != "" && p.callIndex < len(t.calls) {
			c := &t.calls[p.callIndex]
			c.Arguments = append(slices.Clip(c.Arguments), p.arguments...)
		}
		if p.finish != "" {
			t.finish, t.stop = p.finish, p.stop
		}
	}
	for i := range texts {
		if texts[i].finish == "" {
			return nil, &Error{Status: http.StatusInternalServerError, Message: "the text ended without an end"}
		}
		texts[i].content, texts[i].reasoning = parts[i].content.String(), parts[i].reasoning.String()
	}
	return texts, nil
}
