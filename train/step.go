package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
)

// step takes one batch and moves the weights once. If ctx ends on the way, all is
// as it was before.
func (r *run) step(ctx context.Context) (err error) {
	before, err := r.in.State()
	if err != nil {
		return err
	}
	start := time.Now()
	batch, err := take(r.in, r.Batch.Examples)
	if err == nil && len(batch) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("train: data: %w", err)
	}
	counts, tokens := r.count(batch)
	sums := make([]float64, len(counts))
	for lo := 0; lo < len(batch); lo += r.Batch.Micro {
		if ctx.Err() != nil {
			for _, p := range r.weights {
				clear(p.Tensor.Grad())
			}
			return errors.Join(ctx.Err(), r.in.Restore(before))
		}
		part := batch[lo:min(lo+r.Batch.Micro, len(batch))]
		p := &nn.Pass{Train: true, Seed: mix(r.Seed, uint64(r.Step), uint64(lo)), Arena: r.arena, Recompute: r.Recompute}
		if err := tensor.Try(func() { r.learn1(p, part, counts, sums) }); err != nil {
			return fmt.Errorf("train: step %d: %w", r.Step, err)
		}
		r.arena.Reset()
	}
	loss := total(sums, counts)
	lr := r.Optimizer.LR * r.Schedule.At(r.Step, r.Steps)
	size := r.optimizer.StepClipped(lr, r.Optimizer.Clip)
	if math.IsNaN(loss) || math.IsInf(loss, 0) || math.IsNaN(size) || math.IsInf(size, 0) {
		return fmt.Errorf("train: step %d: the loss is %v and the norm of the gradient %v: a smaller optimizer.lr may help", r.Step, loss, size)
	}
	r.Step++
	r.Tokens += tokens
	r.Meter.add(sums, counts, tokens, lr, size, time.Since(start))
	return nil
}

// count returns how many targets each term has in batch, and how many tokens there
// are to read and to write.
func (r *run) count(batch []objective.Example) (counts []int, tokens int) {
	counts = make([]int, len(r.bound.Terms()))
	for _, e := range batch {
		for i, n := range r.bound.Count(e) {
			counts[i] += n
		}
		tokens += len(e.Input)
		if len(e.Target) != len(e.Input) {
			tokens += len(e.Target)
		}
	}
	return counts, tokens
}

// learn1 adds the gradient of a part of a batch, and the sums of its terms.
func (r *run) learn1(p *nn.Pass, part []objective.Example, counts []int, sums []float64) {
	if r.adapter != nil {
		r.adapter.Begin(p)
	}
	var loss *tensor.Tensor
	for i, term := range r.bound.Loss(p, part) {
		if counts[i] == 0 {
			continue
		}
		sums[i] += float64(term.Data()[0])
		term = tensor.Scale(term, float32(1/float64(counts[i])))
		if loss == nil {
			loss = term
		} else {
			loss = tensor.Add(loss, term)
		}
	}
	if loss != nil {
		loss.Backward()
	}
}

// total is the loss: each term's mean, added up.
func total(sums []float64, counts []int) float64 {
	var loss float64
	for i, s := range sums {
		if counts[i] > 0 {
			loss += s / float64(counts[i])
		}
	}
	return loss
}

// mix makes one seed of several numbers, as SplitMix64 does.
func mix(numbers ...uint64) uint64 {
	var z uint64
	for _, n := range numbers {
		z += n + 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
	}
	return z
}
