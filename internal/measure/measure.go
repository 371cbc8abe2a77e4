// Package measure tells how fast a model runs, and how near that is to what the
// machine can do at most.
//
// The tests have the names that llama-bench gives them: pp512 reads a prompt of 512
// tokens, tg128 writes 128 tokens one after the other. Between the repetitions of a
// test the same threads read memory, and multiply and add in registers, as fast as
// they can: on a machine shared with others only limits of the same moment compare.
package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Options say what to measure.
type Options struct {
	Prompt   []int // lengths of prompts, or of texts for an encoder
	Generate int   // tokens to write
	Batch    []int // rows that are read or written at once
	Depth    int   // tokens in the cache before any is written
	Repeat   int   // times that each test is run, after twice to warm up

	Cache tensor.DType // what a decoder's cache keeps keys and values as, see nn.Cache.SetForm
}

// The most that Options may ask for: room for all that a machine could do in an hour.
const (
	maxTokens = 1 << 20
	maxRows   = 1 << 10
	maxRepeat = 1 << 16
)

// Check sets defaults and fails on what cannot be measured.
func (o *Options) Check() error {
	if len(o.Batch) == 0 {
		o.Batch = []int{1}
	}
	if !tensor.CacheForm(o.Cache) {
		return fmt.Errorf("measure: cache: %v is not F32, F16, BF16 or Q8_0", o.Cache)
	}
	for _, c := range []struct {
		name   string
		values []int
		lo, hi int
	}{
		{"prompt", o.Prompt, 0, maxTokens}, {"generate", []int{o.Generate}, 0, maxTokens}, {"batch", o.Batch, 1, maxRows},
		{"depth", []int{o.Depth}, 0, maxTokens}, {"repeat", []int{o.Repeat}, 1, maxRepeat},
	} {
		for _, v := range c.values {
			if v < c.lo || v > c.hi {
				return fmt.Errorf("measure: %s: %d is not within %d to %d", c.name, v, c.lo, c.hi)
			}
		}
	}
	return nil
}

// A Report is what was measured.
type Report struct {
	Model      string  `json:"model"`
	Type       string  `json:"model_type"`
	Parameters int     `json:"parameters"`
	Bytes      int     `json:"bytes"`   // of the matrices that are multiplied by, in the form they have in memory
	Weights    string  `json:"weights"` // the form that most of them have
	Threads    int     `json:"threads"`
	Kernels    string  `json:"kernels"`
	Load       float64 `json:"load_ms"`        // until the model can be used
	FirstToken float64 `json:"first_token_ms"` // from the start of loading, with a prompt of 32 tokens; 0: not a decoder
	PeakMemory int     `json:"peak_rss"`       // bytes, of the process, before the limits are measured; 0: not known here
	Limits     Limits  `json:"limits"`
	Tests      []Test  `json:"tests"`
}

// A Test is one thing that was measured.
type Test struct {
	Name      string  `json:"name"`             // as pp512, tg128, enc128
	Batch     int     `json:"batch"`            // rows at once
	Tokens    int     `json:"tokens"`           // of all rows
	Rate      Spread  `json:"tokens_per_sec"`   // of all rows
	Bandwidth float64 `json:"bandwidth_share"`  // median of bytes read a second, by the most that can be read
	Peak      float64 `json:"peak_share"`       // median of operations a second, by the most that can be done
	Pace      float64 `json:"ms_per_pass"`      // median of the time of one pass over the weights
	PeakKind  string  `json:"peak_kind"`        // the arithmetic that Peak is a share of
	Weights   int     `json:"weights_per_pass"` // bytes of weights that a pass reads
}

// A Spread is a median with all that it is of.
type Spread struct {
	Median  float64   `json:"median"`
	Min     float64   `json:"min"`
	Max     float64   `json:"max"`
	Samples []float64 `json:"samples"`
}

// NewSpread returns the spread of samples, of which there must be one.
func NewSpread(samples []float64) Spread {
	return Spread{median(samples), slices.Min(samples), slices.Max(samples), samples}
}

func median(samples []float64) float64 {
	s := slices.Sorted(slices.Values(samples))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Run opens the model at path and measures it. Progress, which may be nil, is told
// each test that begins.
func Run(ctx context.Context, path string, o Options, progress func(string), options ...model.Option) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	start := time.Now()
	m, err := model.Open(path, options...)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r := &Report{
		Model: path, Type: m.Species.Type, Parameters: nn.Count(m.Net), Threads: parallel.Threads(), Kernels: kernel.CPU(),
		Load: milliseconds(time.Since(start)),
	}
	b, err := newBench(m, o)
	if err != nil {
		return nil, err
	}
	r.Bytes, r.Weights = b.cost.bytes, b.cost.mostly()
	var failed error
	err = tensor.Try(func() {
		if b.decoder != nil {
			b.first()
			r.FirstToken = milliseconds(time.Since(start))
		}
		failed = b.run(ctx, r, progress)
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return r, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
