package generate_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
)

// TestEngineSoak has 32 clients send 100,000 requests, some cancelled, some broken and
// some more than the queue takes: each text is the one that its prompt gives alone,
// and memory is what it was.
func TestEngineSoak(t *testing.T) {
	testkit.Long(t)
	m := open(t, small)
	d := m.Net.(model.Decoder)
	warm(t, d)
	e := textEngine(t, d, m.Tokenizer, generate.EngineOptions{Rows: 8, Queue: 12, PrefixBytes: 1 << 20})
	r := rand.New(rand.NewPCG(7, 7))
	var jobs []*job
	var want []string
	for _, j := range newJobs(r, d, 64) {
		j.o.MaxTokens, j.o.Stop = 1+r.IntN(8), []string{"zz"}
		jobs = append(jobs, j)
		want = append(want, written(generate.Generate(context.Background(), d, m.Tokenizer, j.prompt, j.o)))
	}
	var begun, done, busy, ended atomic.Int64
	client := func(seed uint64, until int64) {
		r := rand.New(rand.NewPCG(seed, 1))
		for begun.Add(1) <= until {
			i := r.IntN(len(jobs))
			j, ctx, cancel := jobs[i], context.Background(), func() {}
			switch r.IntN(20) {
			case 0:
				ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(2000))*time.Microsecond)
			case 1:
				bad := j.o
				bad.Processors = []generate.Processor{faulty{0}}
				_, _ = collect(ctx, e, j.prompt, bad, 0)
			}
			if _, err := collect(ctx, e, j.prompt, j.o, 1); errors.Is(err, generate.ErrBusy) {
				busy.Add(1)
				time.Sleep(time.Millisecond)
			}
			switch got := written(e.Generate(ctx, j.prompt, j.o)); {
			case got == want[i]:
				done.Add(1)
			case ctx.Err() == nil && !strings.HasSuffix(got, generate.ErrBusy.Error()+"\n"):
				t.Errorf("job %d is\n%s\nand alone\n%s", i, got, want[i])
			default:
				ended.Add(1)
			}
			cancel()
		}
	}
	run := func(until int64) uint64 {
		var wg sync.WaitGroup
		for c := range 32 {
			wg.Go(func() { client(uint64(c)+uint64(until), until) })
		}
		wg.Wait()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	early := run(5000)
	late := run(100_000)
	t.Logf("%d done, %d ended, %d busy; %+v; heap %d, then %d", done.Load(), ended.Load(), busy.Load(), e.Stats(), early, late)
	if late > early+early/4 {
		t.Errorf("%d bytes of heap after 5,000 requests, %d after 100,000", early, late)
	}
	if done.Load() < 50_000 {
		t.Errorf("%d texts were written", done.Load())
	}
}
