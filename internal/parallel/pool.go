// Package parallel runs loops on several threads.
//
// A [Pool] keeps its workers between loops, spinning for a short while before they
// sleep, so that a fork and join costs about a microsecond: a model's forward pass
// has hundreds of them.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Task is the body of a loop.
type Task interface {
	// Run does the iterations lo to hi-1. It is called from several goroutines at
	// once, for parts that do not overlap.
	Run(lo, hi int)
}

// A Pool is a number of threads that run one loop at a time. It may be used by any
// number of goroutines: while one has the workers, the loops of the others run on
// the goroutines that called.
type Pool struct {
	busy    sync.Mutex // held while a loop has the workers, and for ever once closed
	threads int
	workers []*worker
	closed  sync.Once

	state atomic.Uint64
	done  chan struct{} // the last worker tells a sleeping caller

	// The loop, written while no worker has joined.
	task     Task
	n, grain int
	next     atomic.Int64 // first iteration that nobody has taken
	failure  atomic.Pointer[failure]
}

// The state of a pool is one word, so that a worker joins a loop only while it is
// open: the number of workers in the loop, two flags, and the loop's number.
const (
	joined  = 1<<16 - 1
	open    = 1 << 16 // the loop may have work left
	waiting = 1 << 17 // the caller sleeps until the last worker leaves
	stopped = 1 << 18 // the workers are to end
	epoch   = 1 << 19
)

// spin is how long a thread spins before it sleeps: longer than the pauses between
// the loops of a forward pass, short enough not to starve a crowded machine.
const spin = 80 * time.Microsecond

// A failure is what ended a task early.
type failure struct{ value any }

// New returns a pool of the given number of threads, of which the goroutine that
// calls Do is one. Less than 1 stands for [DefaultThreads].
func New(threads int) *Pool {
	if threads < 1 {
		threads = DefaultThreads()
	}
	p := &Pool{threads: min(threads, joined), done: make(chan struct{}, 1)}
	for range p.threads - 1 {
		w := &worker{pool: p, wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go w.loop()
	}
	return p
}

// Threads returns the number of threads, of which the caller of Do is one.
func (p *Pool) Threads() int { return p.threads }

// Close ends the workers, once the loop that has them is done. A closed pool can be
// used still: its loops run on the goroutine that calls. It must not be called from
// a task of the pool.
func (p *Pool) Close() {
	p.closed.Do(func() {
		p.busy.Lock()
		p.state.Or(stopped)
		for _, w := range p.workers {
			w.rouse()
		}
	})
}

// Do runs t over [0,n) in parts of grain iterations (the last may be shorter), and
// returns when all are done. The parts are the same whatever the number of threads;
// which of them runs where and when is not defined. A grain below 1 stands for 1.
//
// If t panics, Do panics with the same value once all workers have left the loop;
// parts that were not begun are not run. A Do within a loop that has the workers runs
// on its caller's goroutine. Do allocates nothing.
func (p *Pool) Do(n, grain int, t Task) {
	grain = max(grain, 1)
	if n <= grain || p.threads == 1 || !p.busy.TryLock() {
		for lo := 0; lo < n; lo += grain {
			t.Run(lo, min(lo+grain, n))
		}
		return
	}
	p.task, p.n, p.grain = t, n, grain
	p.next.Store(0)
	p.state.Add(epoch + open)
	parts := (n-1)/grain + 1
	for _, w := range p.workers[:min(parts-1, len(p.workers))] {
		w.rouse()
	}
	defer p.join() // even if t panics here
	p.work()
}

// work takes parts of the loop until none is left.
func (p *Pool) work() {
	n, grain, task := p.n, p.grain, p.task
	for {
		lo := int(p.next.Add(int64(grain))) - grain
		if lo >= n {
			return
		}
		task.Run(lo, min(lo+grain, n))
	}
}

// join ends the caller's loop: it waits for the workers and gives the pool free.
func (p *Pool) join() {
	p.next.Store(int64(p.n)) // if the caller panicked, there are parts left
	s := p.state.Add(^uint64(open - 1))
	for start := time.Now(); s&joined != 0; s = p.state.Load() {
		pause(spinPauses)
		if time.Since(start) > spin {
			p.sleep()
			break
		}
	}
	p.task = nil
	failed := p.failure.Swap(nil)
	p.busy.Unlock()
	if failed != nil {
		panic(failed.value)
	}
}

// sleep blocks until the last worker has left.
func (p *Pool) sleep() {
	for {
		s := p.state.Load()
		if s&joined == 0 {
			return
		}
		if p.state.CompareAndSwap(s, s|waiting) {
			<-p.done
			return
		}
	}
}

// spinPauses is the number of processor pauses between two looks at the state.
const spinPauses = 8

// A worker is one goroutine of a pool.
type worker struct {
	pool   *Pool
	asleep atomic.Bool
	wake   chan struct{}
	seen   uint64 // number of the last loop joined or missed
}

// rouse wakes the worker if it sleeps.
func (w *worker) rouse() {
	if w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// loop joins loops until the pool is closed.
func (w *worker) loop() {
	ended := false
	defer func() {
		if !ended { // a task has ended this goroutine: another takes its place
			go w.loop()
		}
	}()
	for w.await() {
		w.take()
	}
	ended = true
}

// news reports whether the state s is of a loop that w can join, or the end.
func (w *worker) news(s uint64) bool {
	return s&stopped != 0 || s&open != 0 && s/epoch != w.seen
}

// await returns when there is a loop to join; false means that the pool is closed.
func (w *worker) await() bool {
	for {
		if s := w.spin(); w.news(s) {
			return s&stopped == 0
		}
		w.asleep.Store(true)
		if w.news(w.pool.state.Load()) && w.asleep.CompareAndSwap(true, false) {
			continue // the news came before anyone saw this worker asleep
		}
		<-w.wake
	}
}

// spin watches the state for a while and returns what it saw last. It does not spin
// if the spinning would keep another thread of the pool from running.
func (w *worker) spin() uint64 {
	s := w.pool.state.Load()
	if w.news(s) || runtime.GOMAXPROCS(0) < w.pool.threads {
		return s
	}
	for start := time.Now(); ; {
		for range 16 {
			if s = w.pool.state.Load(); w.news(s) {
				return s
			}
			pause(spinPauses)
		}
		if time.Since(start) > spin {
			return s
		}
	}
}

// take joins the open loop, if it still is, and leaves it when no part is left.
func (w *worker) take() {
	p := w.pool
	for {
		s := p.state.Load()
		if s&open == 0 || s&stopped != 0 {
			return
		}
		if p.state.CompareAndSwap(s, s+1) {
			w.seen = s / epoch
			break
		}
	}
	finished := false
	defer func() {
		if !finished {
			w.fail(recover())
		}
		if s := p.state.Add(^uint64(0)); s&joined == 0 && s&waiting != 0 {
			p.state.And(^uint64(waiting))
			p.done <- struct{}{}
		}
	}()
	p.work()
	finished = true
}

// fail records why a task ended early, and lets nobody begin another part.
func (w *worker) fail(value any) {
	if value == nil {
		value = "parallel: a task ended its goroutine"
	}
	w.pool.failure.CompareAndSwap(nil, &failure{value})
	w.pool.next.Store(int64(w.pool.n))
}
