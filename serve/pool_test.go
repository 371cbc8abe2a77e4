package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/hatchling"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// copies are models of the same shape under many names.
func copies(n int) []ModelSpec {
	var specs []ModelSpec
	for i := range n {
		specs = append(specs, ModelSpec{Name: fmt.Sprintf("m%d", i), Path: hatchling.Default})
	}
	return specs
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// poolServer returns a server of copies with memory for so many of them.
func poolServer(t *testing.T, n, fit int, change func(*Options)) *Server {
	t.Helper()
	o := Options{Models: copies(n), Log: quiet(), Rows: 2, Room: 64, Prefix: -1, LoadWait: 50 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	probe, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := probe.describe("m0")
	if err != nil {
		t.Fatal(err)
	}
	if c := cacheBytes(probe.o, l.Info, 64); c <= 0 || l.Bytes != int64(l.Info.Bytes)+c {
		t.Fatalf("%d bytes, of which %d weights and %d caches", l.Bytes, l.Info.Bytes, c)
	}
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	o.Memory = l.Bytes*int64(fit) + l.Bytes/2
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func take(t *testing.T, s *Server, name string) (*resident, func()) {
	t.Helper()
	m, release, err := s.lease(t.Context(), name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m, release
}

func (s *Server) openNames() []string {
	var open []string
	for _, l := range s.list() {
		if l.Open {
			open = append(open, l.Name)
		}
	}
	return open
}

// The model that has been unused the longest makes room.
func TestEviction(t *testing.T) {
	s := poolServer(t, 4, 2, nil)
	for _, name := range []string{"m0", "m1", "m0", "m2"} {
		_, release := take(t, s, name)
		release()
		release() // a second time is nothing
	}
	if open := s.openNames(); !slices.Equal(open, []string{"m0", "m2"}) {
		t.Errorf("open are %v", open)
	}
}

// Models in use are not closed: who wants another waits for memory, and is told to come
// back if none comes free.
func TestMemoryInUse(t *testing.T) {
	s := poolServer(t, 3, 2, nil)
	_, first := take(t, s, "m0")
	_, second := take(t, s, "m1")
	_, _, err := s.lease(t.Context(), "m2")
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusServiceUnavailable || e.RetryAfter == 0 {
		t.Errorf("a third model: %v", err)
	}
	time.AfterFunc(10*time.Millisecond, first)
	_, third := take(t, s, "m2")
	third()
	second()
	if open := s.openNames(); !slices.Equal(open, []string{"m1", "m2"}) {
		t.Errorf("open are %v", open)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, again := take(t, s, "m1")
	_, more := take(t, s, "m2")
	cancel()
	if _, _, err := s.lease(ctx, "m0"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	again()
	more()
}

// A model that is larger than all the memory is refused, before anything is closed.
func TestTooLarge(t *testing.T) {
	s := poolServer(t, 2, 0, nil)
	_, _, err := s.lease(t.Context(), "m0")
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusInsufficientStorage || e.Code != "model_too_large" {
		t.Errorf("%v", err)
	}
}

// Requests that come while a model is being opened share it; those that leave are gone
// at once, and the model is there for the next.
func TestSharedLoad(t *testing.T) {
	s := poolServer(t, 1, 1, nil)
	var wait sync.WaitGroup
	got := make([]*resident, 20)
	for i := range got {
		wait.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%4 == 3 {
				cancel()
			}
			m, release, err := s.lease(ctx, "m0")
			if err == nil {
				got[i] = m
				release()
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	m, release := take(t, s, "m0")
	defer release()
	for i, g := range got {
		if g != m && i%4 != 3 {
			t.Errorf("request %d has another model", i)
		}
	}
}

// A model is closed once it has been unused for its time, not before, and never where
// that is negative.
func TestKeepAlive(t *testing.T) {
	s := poolServer(t, 3, 3, func(o *Options) { o.KeepAlive = 30 * time.Millisecond })
	s.keep("m1", -1)
	for _, name := range []string{"m0", "m1"} {
		_, release := take(t, s, name)
		release()
	}
	_, used := take(t, s, "m2")
	eventually(t, func() bool { return slices.Equal(s.openNames(), []string{"m1", "m2"}) })
	used()
	s.keep("m1", 0)
	eventually(t, func() bool { return len(s.openNames()) == 0 })
	if s.pool.used != 0 {
		t.Errorf("%d bytes are counted with nothing open", s.pool.used)
	}
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it did not come to that in 5 s")
}

// What cannot be opened is told without the names of files, and leaves no memory taken.
func TestUnreadable(t *testing.T) {
	s, err := New(Options{Models: []ModelSpec{{Name: "gone", Path: "/nowhere/secret"}, {Name: "adapted", Adapter: "/nowhere/else", Base: "gpt"}, {Name: "gpt", Path: hatchling.Default}}, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gone", "adapted"} {
		_, _, err := s.lease(t.Context(), name)
		var e *Error
		if !errors.As(err, &e) || e.Code != "model_unreadable" || e.Message != name+" cannot be opened; the log of the server says why" {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.keep("gpt", 0)
	eventually(t, func() bool { return len(s.openNames()) == 0 })
	if s.pool.used != 0 {
		t.Errorf("%d bytes are counted with nothing open", s.pool.used)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Names that make no sense are refused at once.
func TestSpecs(t *testing.T) {
	for _, models := range [][]ModelSpec{
		{{Path: "x"}},
		{{Name: "a", Path: "x"}, {Name: "a", Path: "y"}},
		{{Name: "a", Adapter: "x", Base: "b"}},
		{{Name: "a", Path: "x"}, {Name: "b", Adapter: "x", Base: "a"}, {Name: "c", Adapter: "x", Base: "b"}},
	} {
		if _, err := New(Options{Models: models, Log: quiet()}); err == nil {
			t.Errorf("%v: no error", models)
		}
	}
	if _, err := New(Options{Models: copies(1), Default: "other", Log: quiet()}); err == nil {
		t.Error("an unknown default: no error")
	}
}

// An adapter is a model of its own over its base's weights, and leaves the base as it is.
func TestAdapters(t *testing.T) {
	base := ModelSpec{Name: "base", Path: "../models/llama/testdata/gqa"}
	s, err := New(Options{Log: quiet(), Models: []ModelSpec{base,
		{Name: "plain", Path: base.Path},
		{Name: "lora", Adapter: "../tune/testdata/llama", Base: "base"},
		{Name: "dora", Adapter: "../tune/testdata/llama-dora", Base: "base"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(name string) []int32 {
		a := ask{ids: []int32{1, 5, 9, 20}, options: generate.Options{MaxTokens: 12}}
		var ids []int32
		for _, token := range texts(t, s, t.Context(), name, a)[0].tokens {
			ids = append(ids, token.ID)
		}
		return ids
	}
	want := write("plain")
	lora, dora := write("lora"), write("dora")
	if slices.Equal(lora, want) || slices.Equal(dora, want) || slices.Equal(lora, dora) {
		t.Errorf("base %v, lora %v, dora %v", want, lora, dora)
	}
	if got := write("base"); !slices.Equal(got, want) {
		t.Errorf("the base gives %v beside its adapters, alone %v", got, want)
	}
	b, release := take(t, s, "base")
	m, releaseLora := take(t, s, "lora")
	weights := map[string]*tensor.Tensor{}
	nn.Walk(b.Net, func(name string, p *nn.Param) { weights[name] = p.Tensor })
	nn.Walk(m.Net, func(name string, p *nn.Param) {
		if w, ok := weights[name]; ok && w != p.Tensor {
			t.Errorf("%s is there twice", name)
		}
	})
	release()
	releaseLora()
}

// Many clients of many models, of which few fit, disturb each other in nothing.
func TestPoolTogether(t *testing.T) {
	s := poolServer(t, 5, 2, func(o *Options) { o.KeepAlive = time.Millisecond; o.LoadWait = time.Minute })
	want := texts(t, s, t.Context(), "m0", ask{prompt: "Once", options: generate.Options{MaxTokens: 4}})[0].content
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			for range 12 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if r.IntN(4) == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(r.IntN(3000))*time.Microsecond)
				}
				m, release, err := s.lease(ctx, fmt.Sprintf("m%d", r.IntN(5)))
				if err == nil {
					a := ask{prompt: "Once", options: m.options()}
					a.options.MaxTokens, a.options.Temperature = 4, 0
					var re *reply
					var all []text
					if re, err = s.answer(ctx, m, a); err == nil {
						all, err = re.whole(ctx)
					}
					if err == nil && all[0].content != want {
						t.Errorf("%q, want %q", all[0].content, want)
					}
					release()
				}
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	wait.Wait()
	eventually(t, func() bool { return len(s.openNames()) == 0 })
	if s.pool.used != 0 {
		t.Errorf("%d bytes are counted with nothing open", s.pool.used)
	}
}
