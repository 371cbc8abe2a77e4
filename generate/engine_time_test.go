package generate_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// slow is a model that takes a millisecond more for each token it reads.
type slow struct{ model.Decoder }

func (s slow) Logits(p *nn.Pass, in *nn.IDs) *tensor.Tensor {
	time.Sleep(time.Duration(len(in.Data)) * time.Millisecond)
	return s.Decoder.Logits(p, in)
}

// slowEngine is for tests in bubbles of time, which themselves see that goroutines end.
func slowEngine(t *testing.T, d model.Decoder) *generate.Engine {
	t.Helper()
	e, err := generate.NewEngine(slow{d}, nil, generate.EngineOptions{Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// While a long prompt is read, the text beside it goes on, and when it is cancelled
// its slot is free at once.
func TestEngineLongPromptHoldsUpNobody(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	warm(t, d)
	synctest.Test(t, func(t *testing.T) { longPrompt(t, d) })
}

func longPrompt(t *testing.T, d model.Decoder) {
	e := slowEngine(t, d)
	var wg sync.WaitGroup
	defer wg.Wait()
	end, stop := context.WithCancel(context.Background())
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var made, most int
	var last time.Time
	wg.Go(func() {
		for _, err := range e.Generate(ctx, []int32{1, 2}, generate.Options{}) {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				return
			}
			if made++; made > 3 {
				most = max(most, int(time.Since(last).Milliseconds()))
			}
			last = time.Now()
		}
	})
	eventually(t, "a text", func() bool { return e.Stats().GeneratedTokens > 0 })
	wg.Go(func() {
		if _, err := collect(end, e, make([]int32, 500), generate.Options{}, 0); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	reading := func() bool {
		for _, s := range e.Stats().Slots {
			if s.Prompt == 500 && s.Read > 200 && s.Read < 400 {
				return true
			}
		}
		return false
	}
	eventually(t, "a prompt half read", reading)
	start := time.Now()
	cancel()
	eventually(t, "a slot that is free", func() bool { return e.Stats().Running == 1 })
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Errorf("a cancelled request kept its slot for %v", took)
	}
	if !reading() {
		t.Error("the long prompt was read meanwhile")
	}
	stop()
	wg.Wait()
	if made < 5 || most > 45 {
		t.Errorf("%d tokens beside a long prompt, up to %d ms apart", made, most)
	}
}

// A deadline ends a request that waits, one that is read, and one that is written.
func TestEngineDeadlines(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	warm(t, d)
	synctest.Test(t, func(t *testing.T) { deadlines(t, d) })
}

func deadlines(t *testing.T, d model.Decoder) {
	e := slowEngine(t, d)
	var wg sync.WaitGroup
	for _, n := range []int{1, 400, 400, 1} {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := collect(ctx, e, make([]int32, n), generate.Options{}, 0)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 150*time.Millisecond {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	}
	wg.Wait()
	if s := e.Stats(); s.Running+s.Waiting != 0 {
		t.Errorf("stats: %+v", s)
	}
}

// Once an engine is warm a token costs no memory but what its reader is given.
func TestEngineTokensCostNoMemory(t *testing.T) {
	if testkit.Race {
		t.Skip("the race detector allocates")
	}
	d := open(t, small).Net.(model.Decoder)
	warm(t, d)
	e := newEngine(t, d, generate.EngineOptions{Rows: 4, PrefixBytes: -1})
	write := func() (allocated, bytes, tokens uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		made := e.Stats().GeneratedTokens
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				o := generate.Options{MaxTokens: 200, Temperature: 1, TopP: 0.9, Seed: uint64(i)}
				if _, err := collect(context.Background(), e, []int32{1, 2, 3, int32(i)}, o, 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc, e.Stats().GeneratedTokens - made
	}
	write()
	if allocated, bytes, tokens := write(); allocated > tokens/4 || bytes > 1000*tokens { // a list for a reader that lags grows
		t.Errorf("%d tokens cost %d allocations of %d bytes", tokens, allocated, bytes)
	}
}
