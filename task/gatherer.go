package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/tensor"
)

// ErrClosed is what a [Gatherer] answers once it is closed.
var ErrClosed = errors.New("task: gatherer: closed")

// A Gatherer reads the texts of many goroutines together: what has arrived while one
// pass ran is the next, texts of like length beside each other, and nothing waits while
// there is no pass. Of several requests that wait each has its share of a pass. A text
// gives the same bytes in any company. When ctx ends a request is left at once.
type Gatherer struct {
	// Queue is how many requests may wait beside those in the pass; beyond that they
	// fail with generate.ErrBusy. It must be set before use. NewGatherer sets 256.
	Queue int

	m      *model.Model
	budget int
	arena  tensor.Arena // of the pass

	single chan struct{} // full while what has its own passes runs, one at a time

	mu      sync.Mutex
	waiting []*errand
	running bool // a goroutine makes passes
	closed  bool
	idle    sync.WaitGroup // of that goroutine
	stats   GathererStats
}

// GathererStats tell what a [Gatherer] does and has done.
type GathererStats struct {
	Waiting   int    // requests
	Passes    uint64 // evaluations of the model
	Sequences uint64 // rows of them
	Tokens    uint64 // of these rows
	Padding   uint64 // further places of rows shorter than the longest of their pass
}

// An errand is what one call has to be done.
type errand struct {
	ctx  context.Context
	left []*sequence // not yet in a pass, longest last
	due  int         // sequences that have not taken what is theirs
	err  error
	done chan struct{}
}

// NewGatherer returns a gatherer of passes of up to budget tokens, padding included;
// 0 stands for 4096. It has a goroutine only while there is something to do.
func NewGatherer(m *model.Model, budget int) *Gatherer {
	if budget <= 0 {
		budget = passTokens
	}
	return &Gatherer{Queue: 256, m: m, budget: budget, single: make(chan struct{}, 1)}
}

// Stats returns what the gatherer does and has done.
func (g *Gatherer) Stats() GathererStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	s.Waiting = len(g.waiting)
	return s
}

// Close ends what waits with ErrClosed, and returns when the pass that runs has ended:
// the model may be closed then.
func (g *Gatherer) Close() {
	g.mu.Lock()
	g.closed = true
	for _, e := range g.waiting {
		e.end(ErrClosed)
	}
	g.waiting = nil
	g.mu.Unlock()
	g.idle.Wait()
}

// solo waits for the turn of what is not made of sequences; done ends it.
func (g *Gatherer) solo(ctx context.Context) error {
	select {
	case g.single <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *Gatherer) done() { <-g.single }

// run has sequences evaluated with those of other goroutines.
func (g *Gatherer) run(ctx context.Context, all []*sequence) error {
	if err := ctx.Err(); err != nil || len(all) == 0 {
		return err
	}
	e := &errand{ctx: ctx, left: slices.Clone(all), due: len(all), done: make(chan struct{})}
	slices.SortStableFunc(e.left, func(a, b *sequence) int { return len(a.ids) - len(b.ids) })
	if err := g.submit(e); err != nil {
		return err
	}
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		if i := slices.Index(g.waiting, e); i >= 0 {
			g.waiting = slices.Delete(g.waiting, i, i+1)
		}
		return ctx.Err()
	}
}

// submit adds an errand to those that wait.
func (g *Gatherer) submit(e *errand) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return ErrClosed
	case len(g.waiting) >= max(g.Queue, 1):
		return fmt.Errorf("task: gatherer: %d requests wait: %w", len(g.waiting), generate.ErrBusy)
	}
	g.waiting = append(g.waiting, e)
	if !g.running {
		g.running = true
		g.idle.Go(g.loop)
	}
	return nil
}

// loop makes passes until nothing waits.
func (g *Gatherer) loop() {
	for {
		all, owners := g.next()
		if all == nil {
			return
		}
		for _, group := range groups(all, g.budget) {
			g.pass(group, owners)
		}
	}
}

// next returns the sequences of the next passes and whose they are: one of each errand
// in turn, up to the budget. It returns nil if nothing waits: then the loop is over.
func (g *Gatherer) next() (all []*sequence, owners map[*sequence]*errand) {
	g.mu.Lock()
	defer g.mu.Unlock()
	owners = map[*sequence]*errand{}
	for tokens := 0; len(g.waiting) > 0 && (tokens < g.budget || all == nil); {
		still := g.waiting[:0]
		for i, e := range g.waiting {
			s := e.left[len(e.left)-1]
			if all != nil && tokens+len(s.ids) > g.budget {
				tokens = g.budget
				still = append(still, g.waiting[i:]...)
				break
			}
			e.left = e.left[:len(e.left)-1]
			all, owners[s] = append(all, s), e
			if tokens += len(s.ids); len(e.left) > 0 {
				still = append(still, e)
			}
		}
		clear(g.waiting[len(still):])
		g.waiting = still
	}
	g.running = all != nil
	return all, owners
}

// pass evaluates sequences together. Those of errands that have been left are passed
// over. What fails together is tried one by one, so that none suffers for another.
func (g *Gatherer) pass(all []*sequence, owners map[*sequence]*errand) {
	all = slices.DeleteFunc(all, func(s *sequence) bool { return owners[s].ctx.Err() != nil })
	if len(all) == 0 {
		return
	}
	err := pass(g.m, &g.arena, all)
	if err != nil && len(all) > 1 {
		for _, s := range all {
			g.pass([]*sequence{s}, owners)
		}
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Passes++
	for _, s := range all {
		g.stats.Sequences++
		g.stats.Tokens += uint64(len(s.ids))
		g.stats.Padding += uint64(len(all[0].ids) - len(s.ids))
		e := owners[s]
		if e.due--; err != nil {
			g.drop(e)
			e.end(err)
		} else if e.due == 0 {
			e.end(nil)
		}
	}
}

// drop forgets what is left of an errand. The caller holds mu.
func (g *Gatherer) drop(e *errand) {
	if i := slices.Index(g.waiting, e); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
}

// end tells who waits. The gatherer's mu is held.
func (e *errand) end(err error) {
	select {
	case <-e.done:
	default:
		e.err = err
		close(e.done)
	}
}
