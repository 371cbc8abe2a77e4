package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// bench is a model that is measured.
type bench struct {
	o       Options
	vocab   int
	arena   tensor.Arena
	cost    cost // of the whole
	decoder model.Decoder
	encoder model.Encoder
	seq2seq model.EncoderDecoder
	net     any
	gauge   *gauge
}

func newBench(m *model.Model, o Options) (*bench, error) {
	b := &bench{o: o, net: m.Net}
	var err error
	if b.vocab, err = vocabOf(m); err != nil {
		return nil, err
	}
	b.cost = costOf(m.Net, b.vocab, func(string) bool { return true })
	switch net := m.Net.(type) {
	case model.EncoderDecoder:
		b.seq2seq = net
	case model.Decoder:
		b.decoder = net
	case model.Encoder:
		b.encoder = net
	default:
		return nil, fmt.Errorf("measure: %s: %s is no decoder and no encoder", m.Path, m.Species.Type)
	}
	if c, ok := m.Net.(interface{ Context() int }); ok && c.Context() > 0 {
		for _, p := range o.Prompt {
			if p > c.Context() {
				return nil, fmt.Errorf("measure: prompt: %d tokens do not fit the context of %d", p, c.Context())
			}
		}
		if b.decoder != nil && o.Depth+o.Generate > c.Context() {
			return nil, fmt.Errorf("measure: generate: %d tokens and %d before them do not fit the context of %d", o.Generate, o.Depth, c.Context())
		}
	}
	return b, nil
}

// vocabOf is the number of ids that a model knows.
func vocabOf(m *model.Model) (int, error) {
	if v, ok := m.Net.(interface{ Vocab() int }); ok {
		return v.Vocab(), nil
	}
	var c struct {
		Vocab int `json:"vocab_size"`
	}
	if err := json.Unmarshal(m.Config, &c); err != nil || c.Vocab < 1 {
		return 0, fmt.Errorf("measure: %s: vocab_size: %d", m.Path, c.Vocab)
	}
	return c.Vocab, nil
}

// text returns rows of t ids, always the same.
func (b *bench) text(rows, t int) *nn.IDs {
	r := rand.New(rand.NewPCG(1, 2))
	ids := &nn.IDs{Data: make([]int32, rows*t), B: rows, T: t}
	for i := range ids.Data {
		ids.Data[i] = int32(r.IntN(b.vocab))
	}
	return ids
}

// trial is a test that can be run.
type trial struct {
	Test
	run    func()
	passes int // over the weights
	bytes  int // read in all passes
	flops  int
	cost   cost
}

// warmUps is how often a trial is run before it is measured: an arena takes its final
// block after the first pass, and the second is the first to touch that.
const warmUps = 2

// run measures the model.
func (b *bench) run(ctx context.Context, r *Report, progress func(string)) error {
	var trials []*trial
	switch {
	case b.decoder != nil:
		trials = b.decoding()
	case b.seq2seq != nil:
		trials = b.translating()
	default:
		trials = b.encoding()
	}
	return b.take(ctx, trials, r, progress)
}

// take runs all trials, first to warm up.
func (b *bench) take(ctx context.Context, trials []*trial, r *Report, progress func(string)) error {
	for _, t := range trials {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for range warmUps {
			t.run()
		}
	}
	r.PeakMemory = PeakMemory()
	b.gauge = newGauge()
	defer b.gauge.close()
	for _, t := range trials {
		if progress != nil {
			progress(fmt.Sprintf("%s x %d", t.Name, t.Batch))
		}
		if err := b.measure(ctx, t); err != nil {
			return err
		}
		r.Tests = append(r.Tests, t.Test)
	}
	r.Limits = b.gauge.limits()
	return nil
}

// measure repeats one trial, with the limits before and after each time.
func (b *bench) measure(ctx context.Context, t *trial) error {
	var rates, bandwidth, peak, pace []float64
	kind := t.cost.peak()
	read, most := b.gauge.read(), b.gauge.peak(kind)
	for range b.o.Repeat {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		start := time.Now()
		t.run()
		seconds := time.Since(start).Seconds()
		readAfter, mostAfter := b.gauge.read(), b.gauge.peak(kind)
		rates = append(rates, float64(t.Tokens)/seconds)
		bandwidth = append(bandwidth, float64(t.bytes)/seconds/max(read, readAfter))
		if most > 0 {
			peak = append(peak, float64(t.flops)/seconds/max(most, mostAfter))
		}
		pace = append(pace, 1e3*seconds/float64(t.passes))
		read, most = readAfter, mostAfter
	}
	t.Rate, t.Bandwidth, t.Pace = NewSpread(rates), median(bandwidth), median(pace)
	t.PeakKind, t.Weights = peakNames[kind], t.cost.bytes
	if len(peak) > 0 {
		t.Peak = median(peak)
	}
	return nil
}

// encoding are the trials of an encoder: each length with each number of rows.
func (b *bench) encoding() (all []*trial) {
	body := b.cost.headless()
	for _, rows := range b.o.Batch {
		for _, n := range b.o.Prompt {
			if n == 0 {
				continue
			}
			ids := b.text(rows, n)
			all = append(all, &trial{
				Test: Test{Name: fmt.Sprint("enc", n), Batch: rows, Tokens: rows * n}, passes: 1, bytes: body.bytes, flops: body.flops * rows * n, cost: body,
				run: func() {
					b.encoder.Hidden(&nn.Pass{Arena: &b.arena}, ids)
					b.arena.Reset()
				},
			})
		}
	}
	return all
}

// translating are the trials of an encoder-decoder: to read a source, and to write a
// target for a source of the first length.
func (b *bench) translating() (all []*trial) {
	inEncoder := func(name string) bool { return strings.HasPrefix(name, "encoder.") }
	encoder := costOf(b.net, b.vocab, inEncoder).headless()
	decoder := costOf(b.net, b.vocab, func(name string) bool {
		onceASource := strings.Contains(name, ".EncDecAttention.k.") || strings.Contains(name, ".EncDecAttention.v.")
		return !inEncoder(name) && !onceASource
	})
	for _, rows := range b.o.Batch {
		for _, n := range b.o.Prompt {
			if n == 0 {
				continue
			}
			ids := b.text(rows, n)
			all = append(all, &trial{
				Test: Test{Name: fmt.Sprint("enc", n), Batch: rows, Tokens: rows * n}, passes: 1, bytes: encoder.bytes, flops: encoder.flops * rows * n, cost: encoder,
				run: func() {
					b.seq2seq.Encode(&nn.Pass{Arena: &b.arena}, ids)
					b.arena.Reset()
				},
			})
		}
		if b.o.Generate > 0 && len(b.o.Prompt) > 0 {
			all = append(all, b.writing(rows, max(1, b.o.Prompt[0]), decoder))
		}
	}
	return all
}

// writing is the trial of a target's decoding.
func (b *bench) writing(rows, source int, c cost) *trial {
	n := b.o.Generate
	memory := b.seq2seq.Encode(&nn.Pass{}, b.text(rows, source))
	cache := b.seq2seq.NewCache(rows, n)
	target := b.text(rows, n)
	step := &nn.IDs{Data: make([]int32, rows), B: rows, T: 1}
	return &trial{
		Test: Test{Name: fmt.Sprint("dec", n), Batch: rows, Tokens: rows * n}, passes: n, bytes: n * c.bytes, flops: n * rows * c.flops, cost: c,
		run: func() {
			clearCache(cache, 0)
			for i := range n {
				copy(step.Data, target.Data[i*rows:])
				b.seq2seq.Decode(&nn.Pass{Arena: &b.arena, Cache: cache, Last: true}, memory, step)
				b.arena.Reset()
			}
		},
	}
}

// clearCache makes every row end after n positions.
func clearCache(c *nn.Cache, n int) {
	for row := range c.Rows() {
		if err := c.Truncate(row, n); err != nil {
			panic(err) // rows are only truncated to what they had
		}
	}
}
