package generate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// newEngine returns an engine that ends with the test, which then holds the number
// of goroutines to what it was.
func newEngine(t testing.TB, net model.Decoder, o generate.EngineOptions) *generate.Engine {
	t.Helper()
	return textEngine(t, net, nil, o)
}

func textEngine(t testing.TB, net model.Decoder, tok *tokenizer.Tokenizer, o generate.EngineOptions) *generate.Engine {
	t.Helper()
	before := runtime.NumGoroutine()
	e, err := generate.NewEngine(net, tok, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%d goroutines at the end, %d before", runtime.NumGoroutine(), before)
				return
			}
		}
	})
	return e
}

// warm has the workers of the machine's threads begin, so that they are not counted.
func warm(t testing.TB, net model.Decoder) { ids(t, net, []int32{1}, generate.Options{MaxTokens: 1}) }

// collect reads a text of an engine to its end, or n tokens of it, if that is not 0.
func collect(ctx context.Context, e generate.Generator, prompt []int32, o generate.Options, n int) (got []int32, err error) {
	for tok, err := range e.Generate(ctx, prompt, o) {
		if err != nil {
			return got, err
		}
		if got = append(got, tok.ID); len(got) == n {
			break
		}
	}
	return got, nil
}

// Every text of an engine must be what it is alone, whoever comes and goes beside it.
func TestEngineTextsAreAlone(t *testing.T) {
	for _, path := range []string{small, "../models/gpt/testdata/gpt2"} {
		d := open(t, path).Net.(model.Decoder)
		warm(t, d)
		for _, form := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.Q8_0} {
			r := rand.New(rand.NewPCG(uint64(form), 3))
			e := newEngine(t, d, generate.EngineOptions{Rows: 5, CacheForm: form})
			jobs := newJobs(r, d, 60)
			var wg sync.WaitGroup
			for i, j := range jobs {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * 300 * time.Microsecond)
					var err error
					if j.got, err = collect(context.Background(), e, j.prompt, j.o, j.leave); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for i, j := range jobs {
				j.o.CacheForm = form
				want := ids(t, d, j.prompt, j.o)
				if j.leave > 0 {
					want = want[:min(len(want), j.leave)]
				}
				if !slices.Equal(j.got, want) {
					t.Fatalf("%s, %v: text %d after %v:\n got %v\nwant %v", path, form, i, j.prompt, j.got, want)
				}
			}
			if s := e.Stats(); s.ReusedTokens == 0 || s.Requests != 60 || s.Finished+s.Cancelled != 60 || s.Running+s.Waiting != 0 {
				t.Errorf("stats: %+v", s)
			}
		}
	}
}

// One prompt a hundred times among random neighbours, some of which are cancelled,
// is one text, that of Generate, greedy and sampled.
func TestEngineOneText(t *testing.T) {
	m := open(t, small)
	d := m.Net.(model.Decoder)
	warm(t, d)
	e := textEngine(t, d, m.Tokenizer, generate.EngineOptions{Rows: 6, Queue: 1000})
	even := processor(func(made []int32, logits []float32) {
		for i := range logits {
			if i%2 == len(made)%2 {
				logits[i] = float32(math.Inf(-1))
			}
		}
	})
	prompt := []int32{5, 9, 2, 44, 17, 30}
	for _, o := range []generate.Options{
		{MaxTokens: 24},
		{MaxTokens: 24, Temperature: 1.3, TopP: 0.95, Seed: 7, Bias: map[int32]float32{4: 2}, LogProbs: true, RepetitionPenalty: 1.2},
		{MaxTokens: 60, Temperature: 2, Seed: 3, Stop: []string{"a", "qu"}, MinTokens: 4, EOS: []int32{3}, TopLogProbs: 3, TopK: 30},
		{MaxTokens: 24, Temperature: 1, Seed: 8, Processors: []generate.Processor{even}, FrequencyPenalty: 0.5, NoRepeatNGram: 2, MinP: 0.01},
	} {
		want := written(generate.Generate(context.Background(), d, m.Tokenizer, prompt, o))
		var wg sync.WaitGroup
		texts := make([]string, 100)
		for i := range texts {
			wg.Go(func() { neighbour(e, d, uint64(i)) })
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond / 2)
				texts[i] = written(e.Generate(context.Background(), prompt, o))
			})
		}
		wg.Wait()
		for i, got := range texts {
			if got != want {
				t.Fatalf("text %d is\n%s\nand alone\n%s", i, got, want)
			}
		}
	}
}

// neighbour writes a random text, and cancels it at random.
func neighbour(e *generate.Engine, d model.Decoder, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 8))
	time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
	prompt := make([]int32, 1+r.IntN(40))
	for i := range prompt {
		prompt[i] = int32(r.IntN(d.Vocab()))
	}
	ctx, cancel := context.WithCancel(generate.WithClient(context.Background(), fmt.Sprint(seed%3)))
	defer cancel()
	if r.IntN(3) == 0 {
		time.AfterFunc(time.Duration(r.IntN(20))*time.Millisecond, cancel)
	}
	_, _ = collect(ctx, e, prompt, generate.Options{MaxTokens: 1 + r.IntN(50), Temperature: float64(r.IntN(2)), Seed: seed}, r.IntN(20))
}

// written makes a text of tokens, all that is told of each, but for what an engine
// did not have to read.
func written(tokens func(func(generate.Token, error) bool)) string {
	var s strings.Builder
	for tok, err := range tokens {
		tok.Reused, tok.Waited = 0, 0
		fmt.Fprintf(&s, "%v %v\n", tok, err)
	}
	return s.String()
}

// alone is what Generate writes.
func alone(t testing.TB, net any, prompt []int32, o generate.Options) string {
	t.Helper()
	return written(generate.Generate(context.Background(), net, nil, prompt, o))
}

func TestEngineRefusals(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	warm(t, d)
	for _, o := range []generate.EngineOptions{{Rows: -1}, {Rows: 1 << 20}, {Queue: -1}, {Room: 1}, {CacheForm: tensor.Q4_0}} {
		if e, err := generate.NewEngine(d, nil, o); err == nil {
			e.Close()
			t.Errorf("%+v: no error", o)
		}
	}
	e := newEngine(t, d, generate.EngineOptions{Rows: 1, Queue: 2, Room: 32})
	var long *generate.PromptError
	if _, err := collect(context.Background(), e, make([]int32, 40), generate.Options{}, 0); !errors.As(err, &long) || long.Tokens != 40 || long.Room != 32 {
		t.Errorf("a long prompt: %v", err)
	}
	for _, o := range []generate.Options{{TopP: 2}, {Beams: 2}} {
		if _, err := collect(context.Background(), e, []int32{1}, o, 0); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := collect(ctx, e, []int32{1}, generate.Options{}, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}

// gated is a model that waits for leave to make each pass.
type gated struct {
	model.Decoder
	leave chan struct{}
}

func (g gated) Logits(p *nn.Pass, in *nn.IDs) *tensor.Tensor {
	<-g.leave
	return g.Decoder.Logits(p, in)
}

// processor is a Processor of a function.
type processor func(made []int32, logits []float32)

func (p processor) Process(made []int32, logits []float32) { p(made, logits) }

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after 10 s", what)
		}
	}
}

func TestEngineQueue(t *testing.T) {
	net := open(t, small).Net.(model.Decoder)
	warm(t, net)
	d := gated{net, make(chan struct{})}
	e := newEngine(t, d, generate.EngineOptions{Rows: 1, Queue: 3})
	var order []string // the engine's own goroutine adds to it
	var wg sync.WaitGroup
	ask := func(ctx context.Context, name string) {
		before := e.Stats().Requests
		wg.Go(func() {
			begins := processor(func(made []int32, _ []float32) {
				if len(made) == 0 {
					order = append(order, name)
				}
			})
			o := generate.Options{MaxTokens: 2, Processors: []generate.Processor{begins}}
			if _, err := collect(generate.WithClient(ctx, name[:1]), e, []int32{1, 2}, o, 0); (err != nil) != (name == "a3") {
				t.Errorf("%s: %v", name, err)
			}
		})
		eventually(t, "a request in the queue", func() bool { return e.Stats().Requests > before })
	}
	gone, cancel := context.WithCancel(context.Background())
	ask(context.Background(), "a1")
	ask(context.Background(), "a2")
	ask(gone, "a3")
	ask(context.Background(), "b1")
	if _, err := collect(context.Background(), e, []int32{1}, generate.Options{}, 0); !errors.Is(err, generate.ErrBusy) {
		t.Errorf("past the queue: %v", err)
	}
	cancel()
	eventually(t, "a cancelled request out of the queue", func() bool { return e.Stats().Waiting <= 2 })
	ask(context.Background(), "a4")
	close(d.leave)
	wg.Wait()
	if got := strings.Join(order, " "); got != "a1 a2 b1 a4" {
		t.Errorf("served in the order %s", got)
	}
	if s := e.Stats(); s.Refused != 1 || s.Finished != 4 {
		t.Errorf("stats: %+v", s)
	}
}

func TestEngineCloseEndsAll(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	warm(t, d)
	e := newEngine(t, d, generate.EngineOptions{Rows: 2})
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := collect(context.Background(), e, []int32{1, 2}, generate.Options{MaxTokens: 1 << 20}, 0); err != nil && !errors.Is(err, generate.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		})
	}
	eventually(t, "texts", func() bool { return e.Stats().GeneratedTokens > 10 })
	e.Close()
	e.Close()
	wg.Wait()
	if _, err := collect(context.Background(), e, []int32{1}, generate.Options{}, 0); !errors.Is(err, generate.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// faulty panics where it is told to.
type faulty struct{ at int }

func (f faulty) Process(made []int32, _ []float32) {
	if len(made) == f.at {
		panic("a processor's")
	}
}

// broken is a model that panics on a token.
type broken struct{ model.Decoder }

func (b broken) Logits(p *nn.Pass, in *nn.IDs) *tensor.Tensor {
	if slices.Contains(in.Data, 13) {
		panic("a model's")
	}
	return b.Decoder.Logits(p, in)
}

func TestEnginePanicsAreErrors(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	warm(t, d)
	e := newEngine(t, broken{d}, generate.EngineOptions{Rows: 4})
	o := generate.Options{MaxTokens: 30, Bias: map[int32]float32{13: -100}}
	want := alone(t, d, []int32{3, 4}, o)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if got := written(e.Generate(context.Background(), []int32{3, 4}, o)); got != want {
				t.Errorf("beside a panic:\n%s\nwant\n%s", got, want)
			}
		})
		wg.Go(func() {
			bad := o
			bad.Processors = []generate.Processor{faulty{3}}
			got, err := collect(context.Background(), e, []int32{7}, bad, 0)
			var p *generate.PanicError
			if !errors.As(err, &p) || p.Value != "a processor's" || len(got) != 3 {
				t.Errorf("%d tokens and %v", len(got), err)
			}
		})
	}
	wg.Wait()
	var p *generate.PanicError
	if _, err := collect(context.Background(), e, []int32{13}, o, 0); !errors.As(err, &p) || p.Value != "a model's" {
		t.Errorf("a model's panic: %v", err)
	}
	if got := written(e.Generate(context.Background(), []int32{3, 4}, o)); got != want {
		t.Errorf("after a panic:\n%s\nwant\n%s", got, want)
	}
	if !testkit.Race && e.Stats().Failed != 6 {
		t.Errorf("stats: %+v", e.Stats())
	}
}
