package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/optim"
	"github.com/nlp-zoo/zoo/tensor"
)

// Training measures steps of training of the network that a config.json declares, with
// random weights, on random tokens: the forward pass, the backward pass, and AdamW. The
// test step256 has rows of 256 tokens; an encoder-decoder reads and writes as many,
// which count once. Of o, Prompt, Batch and Repeat count. With dropout it is as the
// config has it.
func Training(ctx context.Context, config string, o Options, dropout bool, progress func(string)) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(config)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	start := time.Now()
	net, err := model.New(data)
	if err != nil {
		return nil, err
	}
	nn.Init(net, nn.Rand(1))
	nn.Trainable(net)
	s := &trainer{net: net, arena: tensor.NewTrainingArena(), dropout: dropout}
	if s.optimizer, err = optim.New(optim.Config{Name: "adamw"}, optim.Params(net)); err != nil {
		return nil, err
	}
	var kind struct {
		Type  string `json:"model_type"`
		Vocab int    `json:"vocab_size"`
	}
	if err := json.Unmarshal(data, &kind); err != nil || kind.Vocab < 1 {
		return nil, fmt.Errorf("measure: %s: vocab_size: %d", config, kind.Vocab)
	}
	b := &bench{o: o, vocab: kind.Vocab, net: net}
	b.cost = costOf(net, b.vocab, func(string) bool { return true })
	r := &Report{
		Model: config, Type: kind.Type, Parameters: nn.Count(net), Threads: parallel.Threads(), Kernels: kernel.CPU(),
		Load: milliseconds(time.Since(start)), Bytes: b.cost.bytes, Weights: b.cost.mostly(),
	}
	var failed error
	if err := tensor.Try(func() { failed = b.train(ctx, s, r, progress) }); err != nil {
		return nil, fmt.Errorf("measure: %s: %w", config, err)
	}
	if failed != nil {
		return nil, failed
	}
	return r, nil
}

// train measures each length with each number of rows.
func (b *bench) train(ctx context.Context, s *trainer, r *Report, progress func(string)) error {
	var trials []*trial
	for _, rows := range b.o.Batch {
		for _, n := range b.o.Prompt {
			if n == 0 {
				continue
			}
			ids := b.text(rows, n)
			if s.loss(&nn.Pass{}, &nn.IDs{Data: ids.Data[:1], B: 1, T: 1}) == nil {
				return fmt.Errorf("measure: %s: it gives no scores of tokens to train on", r.Type)
			}
			trials = append(trials, &trial{
				Test: Test{Name: fmt.Sprint("step", n), Batch: rows, Tokens: rows * n}, passes: 1,
				bytes: 3 * b.cost.bytes, flops: 3 * b.cost.flops * rows * n, cost: b.cost, run: func() { s.step(ids) },
			})
		}
	}
	return b.take(ctx, trials, r, progress)
}

// trainer is a network in training.
type trainer struct {
	net       any
	optimizer optim.Optimizer
	arena     *tensor.Arena
	dropout   bool
	steps     uint64
}

// step is a step of training.
func (s *trainer) step(ids *nn.IDs) {
	s.steps++
	s.loss(&nn.Pass{Arena: s.arena, Train: s.dropout, Seed: s.steps}, ids).Backward()
	s.optimizer.StepClipped(1e-4, 1)
	s.arena.Reset()
}

// loss is that of the tokens themselves, or nil.
func (s *trainer) loss(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	var logits *tensor.Tensor
	switch m := s.net.(type) {
	case model.EncoderDecoder:
		q := *p
		logits = m.Decode(&q, m.Encode(p, ids), ids)
	case model.MaskedLM:
		logits = m.MaskLogits(p, ids)
	case model.Decoder:
		logits = m.Logits(p, ids)
	default:
		return nil
	}
	return tensor.CrossEntropy(logits, ids.Data)
}
