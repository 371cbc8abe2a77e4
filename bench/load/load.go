// Package load puts load on a server that speaks OpenAI's dialect: clients that each
// send one streaming request after the other, with prompts and lengths drawn from a
// seed. It tells what came of them, how long they waited, and how the server's memory
// went.
package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options say what load to put on a server.
type Options struct {
	URL      string        // as http://127.0.0.1:8080
	Key      string        // sent as a bearer token, if there is one
	Model    string        // as the server calls it; "" asks the server for its first
	Clients  int           // requests at once
	Duration time.Duration // no request begins after it; 0: as Requests says
	Requests int           // that begin in all; 0: as Duration says
	Warmup   time.Duration // what is measured in that time does not count, but for errors
	Mix      []Kind        // kinds of request, each as likely
	Seed     uint64
	Cancel   float64 // this part of the requests is cancelled on the way, at random
	PID      int     // process whose memory is watched; 0: none
}

// A Kind is a kind of request: how many words its prompt has, and how many tokens are
// to be made, at least and at most.
type Kind struct {
	Name           string
	Prompt, Output [2]int
	Shared         int  // words that all prompts of the kind begin with
	Ignore         bool // a text does not end before it has all its tokens
}

// Kinds are those known by name.
var Kinds = []Kind{
	{Name: "short", Prompt: [2]int{8, 48}, Output: [2]int{8, 64}},
	{Name: "chat", Prompt: [2]int{16, 128}, Output: [2]int{32, 192}, Shared: 128},
	{Name: "long", Prompt: [2]int{250, 600}, Output: [2]int{32, 128}},
	{Name: "write", Prompt: [2]int{8, 48}, Output: [2]int{200, 400}},
}

// ParseKind returns the kind of a name, or that of P:O: prompts of P words, each
// followed by O tokens, no fewer.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds {
		if k.Name == s {
			return k, nil
		}
	}
	var p, o int
	if n, err := fmt.Sscanf(s, "%d:%d", &p, &o); n != 2 || err != nil || p < 1 || o < 1 {
		return Kind{}, fmt.Errorf("load: mix: %q is neither a kind (short, chat, long, write) nor WORDS:TOKENS", s)
	}
	return Kind{Name: s, Prompt: [2]int{p, p}, Output: [2]int{o, o}, Ignore: true}, nil
}

func (o *Options) check() error {
	switch {
	case o.URL == "":
		return errors.New("load: url: where is the server?")
	case o.Clients < 1 || o.Clients > 1<<14:
		return fmt.Errorf("load: clients: %d is not from 1 to %d", o.Clients, 1<<14)
	case len(o.Mix) == 0:
		return errors.New("load: mix: no kind of request")
	case o.Duration <= 0 && o.Requests <= 0:
		return errors.New("load: neither a duration nor a number of requests")
	case o.Cancel < 0 || o.Cancel > 1:
		return fmt.Errorf("load: cancel: %v is not from 0 to 1", o.Cancel)
	}
	return nil
}

// Run puts the load on the server and returns what came of it. It ends early, with
// what it has, when ctx does.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := client{url: o.URL, key: o.Key, model: o.Model, http: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: o.Clients, DisableCompression: true},
	}}
	defer c.http.CloseIdleConnections()
	if c.model == "" {
		var err error
		if c.model, err = c.first(ctx); err != nil {
			return nil, err
		}
	}
	r := newReport(&o)
	watching, stop := context.WithCancel(ctx)
	var watch, clients sync.WaitGroup
	watch.Go(func() { r.watch(watching, o.PID) })
	tickets := &tickets{left: o.Requests, endless: o.Requests == 0}
	if o.Duration > 0 {
		tickets.until = r.begun.Add(o.Duration)
	}
	for i := range o.Clients {
		clients.Go(func() { c.run(ctx, &o, i, tickets, r) })
	}
	clients.Wait()
	stop()
	watch.Wait()
	r.finish()
	return r, nil
}

// tickets say how many requests may begin still.
type tickets struct {
	mu      sync.Mutex
	left    int
	endless bool
	until   time.Time // zero: at any time
}

func (t *tickets) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.until.IsZero() && time.Now().After(t.until) || !t.endless && t.left == 0 {
		return false
	}
	t.left--
	return true
}

// run is one client: one request after the other. A server that is busy is asked again
// after a while.
func (c client) run(ctx context.Context, o *Options, number int, t *tickets, r *Report) {
	random := rand.New(rand.NewPCG(o.Seed, uint64(number)))
	for ctx.Err() == nil && t.take() {
		a := c.once(ctx, draw(random, o), random, o.Cancel)
		if ctx.Err() == nil {
			r.add(a)
		}
		if a.err == nil && a.status == http.StatusServiceUnavailable {
			select {
			case <-time.After(min(max(a.retry, 100*time.Millisecond), 5*time.Second)):
			case <-ctx.Done():
			}
		}
	}
}

// once sends a request, some of which it cancels on the way.
func (c client) once(ctx context.Context, q query, r *rand.Rand, cancel float64) answer {
	if r.Float64() < cancel {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(r.IntN(3000))*time.Millisecond)
		defer stop()
	}
	a := c.ask(ctx, q)
	a.cancelled = a.err != nil && ctx.Err() != nil
	return a
}

// A query is one request.
type query struct {
	prompt string
	tokens int
	ignore bool
	seed   uint64
	sample bool
}

// draw makes up a request.
func draw(r *rand.Rand, o *Options) query {
	k := o.Mix[r.IntN(len(o.Mix))]
	within := func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }
	shared := rand.New(rand.NewPCG(o.Seed, 1<<40))
	prompt := text(shared, k.Shared) + text(r, within(k.Prompt[0], k.Prompt[1]))
	return query{prompt, within(k.Output[0], k.Output[1]), k.Ignore, r.Uint64() >> 12, r.IntN(2) == 0}
}

// text returns n words.
func text(r *rand.Rand, n int) string {
	var s []byte
	for range n {
		s = append(append(s, words[r.IntN(len(words))]...), ' ')
	}
	return string(s)
}
