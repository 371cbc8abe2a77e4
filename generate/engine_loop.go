package generate

import (
	"context"
	"errors"
	"runtime/debug"
	"time"
)

// loop steps the batch as long as there is something to do, until Close.
func (e *Engine) loop() {
	defer close(e.done)
	for e.stop.Err() == nil {
		e.drop()
		e.admit()
		if e.batch.Len() > 0 {
			e.step()
			continue
		}
		select {
		case <-e.wake:
		case <-e.stop.Done():
		}
	}
	e.fail(ErrClosed)
	for r := e.next(); r != nil; r = e.next() {
		r.give(Token{}, ErrClosed)
		e.over(r, &e.stats.Failed)
	}
}

// next takes a request out of the queue, nil if none waits.
func (e *Engine) next() *request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.queue.pop()
}

// drop takes out the requests that nobody waits for any more.
func (e *Engine) drop() {
	for _, r := range e.rows {
		if r != nil && (r.gone.Load() || r.ctx.Err() != nil) {
			e.over(r, &e.stats.Cancelled)
		}
	}
}

// over ends a request that next returned, and counts it.
func (e *Engine) over(r *request, count *uint64) {
	if r.row != nil {
		e.batch.Remove(r.row)
		e.rows[r.row.at] = nil
	}
	e.mu.Lock()
	e.queue.ended(r)
	*count++
	e.publish()
	e.mu.Unlock()
	close(r.left)
}

// admit gives free rows to requests that wait.
func (e *Engine) admit() {
	for e.batch.Len() < len(e.rows) {
		r := e.next()
		if r == nil {
			return
		}
		row, err := e.batch.Add(r.prompt, r.o)
		if err != nil { // none, since it was checked before
			r.give(Token{}, err)
			e.over(r, &e.stats.Failed)
			continue
		}
		r.row, r.waited, e.rows[row.at] = row, time.Since(r.since), r
		e.mu.Lock()
		e.publish()
		e.mu.Unlock()
	}
}

// step adds a token to every text whose prompt has been read, and reads on in one
// that has not.
func (e *Engine) step() {
	e.batch.chunk = e.pace.tokens()
	start := time.Now()
	made, err := e.run()
	took := time.Since(start)
	e.pace.learn(e.batch.read, e.batch.reading, len(made))
	reused, prompts := 0, 0
	for i := range made {
		m := &made[i]
		r := e.rows[m.Row.at]
		if len(m.Row.g.seen.made()) == 1 {
			m.Token.Reused, m.Token.Waited = m.Row.reused, r.waited
			reused, prompts = reused+m.Row.reused, prompts+len(m.Row.prompt)
		}
		switch r.give(m.Token, m.Err); {
		case m.Err != nil:
			e.over(r, &e.stats.Failed)
		case m.Token.Finish != FinishNone:
			e.over(r, &e.stats.Finished)
		}
	}
	e.mu.Lock()
	e.stats.Steps++
	e.stats.StepTime += took
	e.stats.GeneratedTokens += uint64(len(made))
	e.stats.PromptTokens += uint64(prompts)
	e.stats.ReusedTokens += uint64(reused)
	e.stats.CacheBytes = int64(e.batch.step.pass.Cache.Held())
	if e.batch.tree != nil {
		e.stats.PrefixBytes = e.batch.tree.bytes()
	}
	e.publish()
	e.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) {
		e.fail(err)
	}
}

// run is a step of the batch, in which a panic is an error.
func (e *Engine) run() (made []Made, err error) {
	defer func() {
		if r := recover(); r != nil {
			made, err = nil, &PanicError{r, debug.Stack()}
		}
	}()
	return e.batch.Step(e.stop)
}

// fail ends every text, after a fault of the model or since the engine ends. What
// the rows hold then is not to be trusted.
func (e *Engine) fail(err error) {
	for _, r := range e.rows {
		if r != nil {
			r.give(Token{}, err)
			e.over(r, &e.stats.Failed)
		}
	}
	e.batch.forget()
}

// A pace says how many tokens of prompts a step reads: so many that texts which are
// written beside, or requests that come, do not wait long.
type pace struct {
	perToken time.Duration // of reading, of late; 0: not known
	writing  bool          // texts were written beside
}

// What a step's reading may take, when texts are written beside and when none is.
const (
	beside = 45 * time.Millisecond
	alone  = 60 * time.Millisecond
)

// tokens returns how many tokens to read: multiples of what a product of matrices
// takes at once, and never so few that reading is much slower for it.
func (p *pace) tokens() int {
	const unit, least = 16, 32
	if p.perToken == 0 {
		return least
	}
	most := alone
	if p.writing {
		most = beside
	}
	n := int(most / p.perToken)
	return min(max(n/unit*unit, least), chunk)
}

// learn takes in what a step read, and how many tokens it made.
func (p *pace) learn(read int, took time.Duration, made int) {
	p.writing = made > 0
	if read < 8 {
		return // most of the time is not that of the tokens
	}
	if each := took / time.Duration(read); p.perToken == 0 {
		p.perToken = each
	} else {
		p.perToken = (3*p.perToken + each) / 4
	}
}
