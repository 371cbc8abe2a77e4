package task_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/task"
	"github.com/nlp-zoo/zoo/tensor"
)

// TestGatherer: what many goroutines get at once is what each gets alone, to the bit.
func TestGatherer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, path := range []string{"bert/testdata/bert", "llama/testdata/tied", "t5/testdata/encoder"} {
		m := open(t, path)
		g := task.NewGatherer(m, 64)
		var working sync.WaitGroup
		for range 24 {
			texts := make([]string, 1+r.IntN(4))
			for i := range texts {
				texts[i] = "a" + strings.Repeat(" b", r.IntN(9))
			}
			pooling := []task.Pooling{task.Mean, task.First, task.Last, task.Max}[r.IntN(4)]
			working.Go(func() {
				o := task.EmbedOptions{Pooling: pooling, Normalize: true}
				want, err := task.Embed(t.Context(), m, texts, o)
				if err != nil {
					t.Error(path, err)
					return
				}
				for range 5 {
					got, err := g.Embed(t.Context(), texts, o)
					if err != nil {
						t.Error(path, err)
						return
					}
					for i := range want {
						if !slices.Equal(got[i], want[i]) {
							t.Errorf("%s: text %d differs in company", path, i)
						}
					}
				}
			})
		}
		working.Wait()
		if s := g.Stats(); s.Waiting != 0 || s.Sequences <= s.Passes || s.Padding > s.Tokens {
			t.Errorf("%s: %+v", path, s)
		}
		g.Close()
		if _, err := g.Embed(t.Context(), []string{"a"}, task.EmbedOptions{}); !errors.Is(err, task.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// gate is an encoder whose passes begin when they are let in, and are recorded.
type gate struct {
	enter  chan struct{}
	passes [][]int // lengths of rows
}

func (g *gate) Hidden(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	<-g.enter
	g.passes = append(g.passes, slices.Clone(p.Lens))
	y := tensor.New(make([]float32, ids.B*ids.T), ids.B, ids.T, 1)
	for b := range ids.B {
		if ids.Data[b*ids.T] == 66 {
			panic("a row that cannot be")
		}
	}
	return y
}

func gated() (*gate, *task.Gatherer) {
	net := &gate{enter: make(chan struct{})}
	return net, task.NewGatherer(&model.Model{Path: "gate", Net: net}, 16)
}

// ask embeds rows of that many tokens each.
func ask(ctx context.Context, g *task.Gatherer, first int32, lengths ...int) error {
	rows := make([][]int32, len(lengths))
	for i, n := range lengths {
		rows[i] = slices.Repeat([]int32{first}, n)
	}
	_, err := g.EmbedRows(ctx, rows, task.EmbedOptions{})
	return err
}

// TestGathererTurns: the first request starts at once; what came while it ran is read
// together, long beside long, and a request of many texts leaves room for others.
func TestGathererTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, g := gated()
		for _, lengths := range [][]int{{1}, {8, 8, 8, 8, 8}, {3}, {4}} {
			go func() {
				if err := ask(t.Context(), g, 1, lengths...); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		close(net.enter)
		synctest.Wait()
		g.Close()
		if got, want := fmt.Sprint(net.passes), "[[1] [8 4] [3] [8 8] [8 8]]"; got != want {
			t.Errorf("passes %s, want %s", got, want)
		}
	})
}

// TestGathererRefusals: a full queue, requests that are left, a pass that fails.
func TestGathererRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, g := gated()
		g.Queue = 2
		results := make(chan error, 4)
		left, leave := context.WithCancel(t.Context())
		go func() { results <- ask(t.Context(), g, 1, 1) }()
		synctest.Wait()
		go func() { results <- ask(left, g, 1, 2) }()
		go func() { results <- ask(t.Context(), g, 1, 3) }()
		synctest.Wait()
		if err := ask(t.Context(), g, 1, 4); !errors.Is(err, generate.ErrBusy) {
			t.Errorf("a third that waits: %v", err)
		}
		leave()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("left while it waits: %v", err)
		}
		go func() { results <- ask(t.Context(), g, 66, 3) }()
		synctest.Wait()
		close(net.enter)
		var failed int
		for range 3 {
			if err := <-results; err != nil {
				failed++
				if !strings.Contains(err.Error(), "a row that cannot be") {
					t.Error(err)
				}
			}
		}
		if failed != 1 {
			t.Errorf("%d requests failed by one bad row", failed)
		}
		g.Close()
		if got, want := fmt.Sprint(net.passes), "[[1] [3 3] [3] [3]]"; got != want {
			t.Errorf("passes %s, want %s", got, want)
		}
	})
}

// TestGathererCloses: what waits ends, and Close returns when the pass has.
func TestGathererCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, g := gated()
		results := make(chan error, 2)
		go func() { results <- ask(t.Context(), g, 1, 1) }()
		synctest.Wait()
		go func() { results <- ask(t.Context(), g, 1, 1, 2, 3) }()
		synctest.Wait()
		closed := make(chan struct{})
		go func() { g.Close(); close(closed) }()
		if err := <-results; !errors.Is(err, task.ErrClosed) {
			t.Errorf("waiting: %v", err)
		}
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed while a pass runs")
		default:
		}
		net.enter <- struct{}{}
		if err := <-results; err != nil {
			t.Errorf("in the pass: %v", err)
		}
		<-closed
	})
}

// TestGathererHeads: requests to several heads of one model in one pass do not mix.
func TestGathererHeads(t *testing.T) {
	m := open(t, "../task/testdata/entail")
	g := task.NewGatherer(m, 128)
	defer g.Close()
	texts := []string{"the lions", "the keeper feeds the lions in the morning", "rain", "a zebra runs faster than a hippo"}
	pairs := make([]task.Pair, len(texts))
	for i, text := range texts {
		pairs[i] = task.Pair{Text: text, Second: texts[len(texts)-1-i]}
	}
	classes, err := task.Classify(t.Context(), m, pairs)
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := task.Embed(t.Context(), m, texts, task.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	for i := range 16 {
		working.Go(func() {
			k := i % len(texts)
			got, err := g.Classify(t.Context(), pairs[k:k+1])
			if err != nil || !slices.Equal(got[0], classes[k]) {
				t.Errorf("%v, %v; alone %v", got, err, classes[k])
			}
			all, err := g.Embed(t.Context(), texts, task.EmbedOptions{})
			if err != nil || !slices.Equal(all[k], vectors[k]) {
				t.Errorf("the vector of %q differs in company: %v", texts[k], err)
			}
		})
	}
	working.Wait()
}
