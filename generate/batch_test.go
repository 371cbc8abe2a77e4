package generate_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
)

// job is one text of a random mixture, and what it came to.
type job struct {
	prompt []int32
	o      generate.Options
	got    []int32
	leave  int // tokens after which it is taken out; 0: never
}

// newJobs makes prompts of which some begin as others do.
func newJobs(r *rand.Rand, d model.Decoder, n int) []*job {
	var jobs []*job
	for i := range n {
		var prompt []int32
		if i > 0 && r.IntN(2) == 0 {
			before := jobs[r.IntN(i)].prompt
			prompt = slices.Clone(before[:1+r.IntN(len(before))])
		}
		for range 1 + r.IntN(9) {
			prompt = append(prompt, int32(r.IntN(d.Vocab())))
		}
		prompt = prompt[:min(len(prompt), d.Context()/2)]
		j := &job{prompt: prompt, o: generate.Options{MaxTokens: 1 + r.IntN(20), Seed: r.Uint64(), Temperature: float64(r.IntN(2)), TopK: 20, EOS: []int32{3}}}
		if r.IntN(5) == 0 {
			j.leave = 1 + r.IntN(5)
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// runJobs lets the jobs come and go.
func runJobs(t *testing.T, r *rand.Rand, b *generate.Batch, jobs []*job) (reused int) {
	t.Helper()
	running, next := map[*generate.Row]*job{}, 0
	for next < len(jobs) || len(running) > 0 {
		for next < len(jobs) && r.IntN(3) > 0 {
			row, err := b.Add(jobs[next].prompt, jobs[next].o)
			if errors.Is(err, generate.ErrFull) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			running[row], reused = jobs[next], reused+row.Reused()
			next++
		}
		made, err := b.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made {
			j := running[m.Row]
			if m.Err != nil || j == nil {
				t.Fatalf("a row that is not there, or failed: %+v", m)
			}
			j.got = append(j.got, m.Token.ID)
			if m.Token.Finish != generate.FinishNone {
				delete(running, m.Row)
			} else if len(j.got) == j.leave {
				b.Remove(m.Row)
				delete(running, m.Row)
			}
		}
		if b.Len() != len(running) {
			t.Fatalf("%d texts in the batch, want %d", b.Len(), len(running))
		}
	}
	return reused
}

// Every text of a batch must be what it is alone.
func TestBatchRowsAreAlone(t *testing.T) {
	defer parallel.SetThreads(0)
	for _, path := range []string{small, "../models/llama/testdata/mistral", "../models/gpt/testdata/gpt2"} {
		m := open(t, path)
		d := m.Net.(model.Decoder)
		for _, rows := range []int{1, 2, 7, 33} {
			parallel.SetThreads(1 + rows%3)
			r := rand.New(rand.NewPCG(uint64(rows), 3))
			b, err := generate.NewBatch(d, nil, rows, 0)
			if err != nil {
				t.Fatal(err)
			}
			jobs := newJobs(r, d, 3*rows+5)
			if reused := runJobs(t, r, b, jobs); reused == 0 {
				t.Error("no prefix was used again")
			}
			for i, j := range jobs {
				want := ids(t, m.Net, j.prompt, j.o)
				if j.leave > 0 {
					want = want[:min(len(want), j.leave)]
				}
				if !slices.Equal(j.got, want) {
					t.Fatalf("%s, %d rows: text %d after %v:\n got %v\nwant %v", path, rows, i, j.prompt, j.got, want)
				}
			}
		}
	}
}

func TestBatchRefusals(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	if _, err := generate.NewBatch(d, nil, 0, 0); err == nil {
		t.Error("a batch of no rows")
	}
	b, err := generate.NewBatch(d, nil, 1, 16)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		prompt []int32
		o      generate.Options
	}{
		"empty":       {nil, generate.Options{}},
		"no room":     {make([]int32, 16), generate.Options{}},
		"token 1":     {[]int32{1, -1}, generate.Options{}},
		"top_p":       {[]int32{1}, generate.Options{TopP: 2}},
		"speculation": {[]int32{1}, generate.Options{Beams: 3}},
	} {
		if _, err := b.Add(c.prompt, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v", want, err)
		}
	}
	row, err := b.Add([]int32{1, 2}, generate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Add([]int32{1, 2}, generate.Options{}); !errors.Is(err, generate.ErrFull) {
		t.Errorf("a second text in one row: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Step(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var got []int32 // the text is not harmed by what came before
	for b.Len() > 0 {
		made, err := b.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, made[0].Token.ID)
	}
	if want := ids(t, d, []int32{1, 2}, generate.Options{MaxTokens: 14}); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v to the end of the row", got, want)
	}
	b.Remove(row) // of a text that has ended: nothing
}

// One row whose scores leave nothing to choose must not end the others.
func TestBatchErrorsAreOfOneRow(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	b, err := generate.NewBatch(d, nil, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	bad, err := b.Add([]int32{1, 2}, generate.Options{Processors: []generate.Processor{nothing{}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Add([]int32{4}, generate.Options{MaxTokens: 5}); err != nil {
		t.Fatal(err)
	}
	good := 0
	for b.Len() > 0 {
		made, err := b.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made {
			if (m.Row == bad) != (m.Err != nil) {
				t.Errorf("error %v", m.Err)
			}
			if m.Err == nil {
				good++
			}
		}
	}
	if good != 5 {
		t.Errorf("%d tokens, want 5", good)
	}
}

// nothing bans every token.
type nothing struct{}

func (nothing) Process(_ []int32, logits []float32) {
	for i := range logits {
		logits[i] = float32(math.Inf(-1))
	}
}

func TestBatchStepsAllocateNothing(t *testing.T) {
	if testkit.Race {
		t.Skip("the race detector allocates")
	}
	d := open(t, small).Net.(model.Decoder)
	b, err := generate.NewBatch(d, nil, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if _, err := b.Add([]int32{1, int32(i)}, generate.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	step := func() {
		if _, err := b.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		step()
	}
	if n := testing.AllocsPerRun(20, step); n > 0.2 {
		t.Errorf("a step makes %v allocations", n)
	}
}
