package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A pool opens models when they are asked for and closes those that nobody uses, the
// longest unused first, so that all that are open fit its memory.
type pool struct {
	o     Options
	slots map[string]*slot
	names []string // in order

	mu     sync.Mutex
	used   int64         // bytes of what is open, or being opened
	freed  chan struct{} // closed and made anew whenever memory may have become free
	closed bool

	metrics *metrics
}

// A slot is a model that a pool knows, open or not. The pool's mu guards what changes.
type slot struct {
	spec ModelSpec
	head header

	open    *resident
	loading *loading
	users   int
	last    time.Time
	keep    time.Duration
	timer   *time.Timer
}

// loading is the opening of a model, for all that wait for it.
type loading struct {
	done chan struct{}
	err  error
}

func newPool(o Options) (*pool, error) {
	p := &pool{o: o, slots: map[string]*slot{}, freed: make(chan struct{})}
	for _, spec := range o.Models {
		if spec.Name == "" {
			return nil, fmt.Errorf("serve: models: %q has no name", spec.Path)
		}
		if p.slots[spec.Name] != nil {
			return nil, fmt.Errorf("serve: models: two have the name %q", spec.Name)
		}
		p.slots[spec.Name] = &slot{spec: spec, keep: o.KeepAlive}
		p.names = append(p.names, spec.Name)
	}
	for _, spec := range o.Models {
		if spec.Adapter != "" && (p.slots[spec.Base] == nil || p.slots[spec.Base].spec.Adapter != "") {
			return nil, fmt.Errorf("serve: models: %s: its base %q is not among the models", spec.Name, spec.Base)
		}
	}
	if o.Default != "" && p.find(o.Default) == nil {
		return nil, fmt.Errorf("serve: default: %q is not among the models", o.Default)
	}
	return p, nil
}

// find returns the slot of a name: none stands for the default, and Ollama's tag for
// the newest is passed over.
func (p *pool) find(name string) *slot {
	if name == "" {
		name = p.o.Default
	}
	if sl := p.slots[name]; sl != nil {
		return sl
	}
	return p.slots[strings.TrimSuffix(name, ":latest")]
}

// errUnknown tells that no model has a name.
func errUnknown(name string) *Error {
	return &Error{Status: http.StatusNotFound, Code: "model_not_found", Param: "model", Message: fmt.Sprintf("there is no model %q", name)}
}

// lease opens the model of that name if it is not open, and keeps it open until
// release is called. Requests that wait for the same model share its opening; one
// whose ctx ends leaves. The zero name is the default model's.
func (s *Server) lease(ctx context.Context, name string) (*resident, func(), error) {
	sl := s.pool.find(name)
	if sl == nil {
		return nil, nil, errUnknown(name)
	}
	requestOf(ctx).model = sl.spec.Name
	return s.pool.lease(ctx, sl)
}

func (p *pool) lease(ctx context.Context, sl *slot) (*resident, func(), error) {
	if err := sl.head.read(p, sl.spec); err != nil {
		return nil, nil, err
	}
	if base := p.slots[sl.spec.Base]; base != nil && base.head.need+sl.head.need > p.o.Memory {
		return nil, nil, tooLarge(sl.spec.Name+" with its base", base.head.need+sl.head.need, p.o.Memory)
	}
	var patience <-chan time.Time
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, nil, errEnding()
		}
		if m := sl.open; m != nil {
			sl.users++
			sl.stop()
			p.mu.Unlock()
			return m, sync.OnceFunc(func() { p.release(sl) }), nil
		}
		if sl.loading == nil {
			if full := p.begin(sl); full != nil {
				freed := p.freed
				p.mu.Unlock()
				if full.Status == http.StatusInsufficientStorage {
					return nil, nil, full
				}
				if patience == nil {
					patience = time.After(p.o.LoadWait)
				}
				select {
				case <-freed:
					continue
				case <-patience:
					return nil, nil, full
				case <-ctx.Done():
					return nil, nil, ctx.Err()
				}
			}
		}
		l := sl.loading
		sl.users++ // so that it is not closed before it is taken
		p.mu.Unlock()
		return p.await(ctx, sl, l)
	}
}

// await waits for a model that is being opened, of which the caller is a user already.
func (p *pool) await(ctx context.Context, sl *slot, l *loading) (*resident, func(), error) {
	select {
	case <-l.done:
		if l.err == nil {
			return sl.open, sync.OnceFunc(func() { p.release(sl) }), nil
		}
		p.release(sl)
		return nil, nil, l.err
	case <-ctx.Done():
		p.release(sl)
		return nil, nil, ctx.Err()
	}
}

// begin takes the memory that a model needs, from idle ones where it must, and begins
// to open it; or says why not. The caller holds mu.
func (p *pool) begin(sl *slot) *Error {
	need := sl.head.need
	if need > p.o.Memory {
		return tooLarge(sl.spec.Name, need, p.o.Memory)
	}
	for p.used+need > p.o.Memory {
		idle := p.idle()
		if idle == nil {
			return &Error{Status: http.StatusServiceUnavailable, Code: "no_memory", Param: "model", RetryAfter: 5 * time.Second,
				Message: fmt.Sprintf("%s takes %s of memory, which models in use hold", sl.spec.Name, mebibytes(need))}
		}
		p.evict(idle, "memory")
	}
	p.used += need
	l := &loading{done: make(chan struct{})}
	sl.loading = l
	go p.load(sl, l)
	return nil
}

func tooLarge(name string, need, most int64) *Error {
	return &Error{Status: http.StatusInsufficientStorage, Code: "model_too_large", Param: "model",
		Message: fmt.Sprintf("%s takes %s of memory, and all models together may take %s", name, mebibytes(need), mebibytes(most))}
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// load opens a model and tells all that wait.
func (p *pool) load(sl *slot, l *loading) {
	begun := time.Now()
	m, err := p.openSlot(sl)
	p.metrics.load(sl.spec.Name, time.Since(begun), err)
	p.mu.Lock()
	defer p.mu.Unlock()
	sl.loading = nil
	if err != nil {
		l.err = err
		var told *Error
		if !errors.As(err, &told) { // of the base
			l.err = unreadable(p.o, sl.spec.Name, err)
		}
		p.free(sl.head.need)
	} else {
		sl.open = m
		if sl.users == 0 { // all that waited have left
			p.rest(sl)
		}
	}
	close(l.done)
}

// idle returns the model that has been unused the longest, nil if all are in use.
func (p *pool) idle() *slot {
	var oldest *slot
	for _, sl := range p.slots {
		if sl.open != nil && sl.users == 0 && (oldest == nil || sl.last.Before(oldest.last)) {
			oldest = sl
		}
	}
	return oldest
}

// evict closes an idle model. The caller holds mu.
func (p *pool) evict(sl *slot, reason string) {
	m := sl.open
	p.metrics.evicted.WithLabelValues(sl.spec.Name, reason).Inc()
	sl.open = nil
	sl.stop()
	if err := m.Close(); err != nil {
		p.o.Log.Error("closing a model", "model", sl.spec.Name, "error", err)
	}
	p.free(sl.head.need)
	m.base()
}

// free gives memory back. The caller holds mu.
func (p *pool) free(bytes int64) {
	p.used -= bytes
	close(p.freed)
	p.freed = make(chan struct{})
}

func (p *pool) release(sl *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.releaseLocked(sl)
}

func (p *pool) releaseLocked(sl *slot) {
	if sl.users--; sl.users == 0 && sl.open != nil {
		p.rest(sl)
		p.free(0)
	}
}

// rest has a model that nobody uses be closed in time. The caller holds mu.
func (p *pool) rest(sl *slot) {
	sl.last = time.Now()
	sl.stop()
	if p.closed || sl.keep < 0 {
		return
	}
	m := sl.open
	sl.timer = time.AfterFunc(sl.keep, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if sl.open == m && sl.users == 0 && time.Since(sl.last) >= sl.keep {
			p.evict(sl, "idle")
		}
	})
}

// stop ends the time that runs against a model.
func (sl *slot) stop() {
	if sl.timer != nil {
		sl.timer.Stop()
		sl.timer = nil
	}
}

// close closes every model, waiting for those that are being opened.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	var opening []*loading
	for _, sl := range p.slots {
		if sl.loading != nil {
			opening = append(opening, sl.loading)
		}
	}
	p.mu.Unlock()
	for _, l := range opening {
		<-l.done
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for range 2 { // adapters hold their bases, which come free in the first round
		for _, sl := range p.slots {
			switch {
			case sl.open == nil:
			case sl.users == 0:
				p.evict(sl, "end")
			}
		}
	}
	for _, name := range slices.Sorted(slices.Values(p.names)) {
		if sl := p.slots[name]; sl.open != nil {
			errs = append(errs, fmt.Errorf("serve: %s: still in use", name))
		}
	}
	return errors.Join(errs...)
}

// residents returns the models that are open, by name, and the memory that they take.
func (p *pool) residents() (map[string]*resident, int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := map[string]*resident{}
	for name, sl := range p.slots {
		if sl.open != nil {
			open[name] = sl.open
		}
	}
	return open, p.used
}
