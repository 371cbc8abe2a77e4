package generate_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
)

// A lane writes what Generate does, so many at once and no more.
func TestLane(t *testing.T) {
	l, err := generate.NewLane(copier{11}, nil, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	source := []int32{5, 3, 3, 9, 2}
	o := generate.Options{EOS: []int32{1}}
	want := alone(t, copier{11}, source, o)
	first := make(chan struct{})
	o.Processors = []generate.Processor{processor(func([]int32, []float32) { <-first })}
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			if got := written(l.Generate(context.Background(), source, o)); got != want {
				t.Errorf("text %d:\n%s\nwant\n%s", i, got, want)
			}
		})
	}
	eventually(t, "two that run", func() bool { s := l.Stats(); return s.Running == 2 && s.Waiting == 3 })
	if _, err := collect(context.Background(), l, source, o, 0); !errors.Is(err, generate.ErrBusy) {
		t.Errorf("past the queue: %v", err)
	}
	close(first)
	wg.Wait()
	if s := l.Stats(); s.Finished != 5 || s.Refused != 1 || s.Running != 0 || s.GeneratedTokens != 30 {
		t.Errorf("stats: %+v", s)
	}
	o.Processors = []generate.Processor{faulty{1}}
	var p *generate.PanicError
	if got, err := collect(context.Background(), l, source, o, 0); !errors.As(err, &p) || len(got) != 1 {
		t.Errorf("a panic: %d tokens, %v", len(got), err)
	}
}

func TestLaneLeavesAndCloses(t *testing.T) {
	l, err := generate.NewLane(copier{11}, nil, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	hold, reached := make(chan struct{}), make(chan struct{}, 8)
	o := generate.Options{MaxTokens: 9, Processors: []generate.Processor{processor(func([]int32, []float32) {
		reached <- struct{}{}
		<-hold
	})}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	ask := func(ctx context.Context, want error) {
		before := l.Stats().Requests
		wg.Go(func() {
			if _, err := collect(ctx, l, []int32{4}, o, 0); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
		eventually(t, "a request", func() bool { return l.Stats().Requests > before })
	}
	ask(context.Background(), generate.ErrClosed)
	<-reached
	ask(ctx, context.Canceled)
	ask(context.Background(), generate.ErrClosed)
	cancel()
	eventually(t, "a cancelled request out of the queue", func() bool { return l.Stats().Waiting == 1 })
	wg.Go(l.Close)
	eventually(t, "no request that waits", func() bool { return l.Stats().Waiting == 0 })
	close(hold)
	wg.Wait()
	if _, err := collect(context.Background(), l, []int32{4}, generate.Options{}, 0); !errors.Is(err, generate.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := generate.NewLane(3, nil, 0, 0); err == nil {
		t.Error("a lane of a number")
	}
}
