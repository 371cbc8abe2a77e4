package train

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
)

// evaluate holds the model against held-out text, and saves it if it is the best.
func (r *run) evaluate(line *Metrics) error {
	counts, _ := r.count(r.held)
	sums := make([]float64, len(counts))
	arena := &tensor.Arena{}
	for lo := 0; lo < len(r.held); lo += r.Batch.Micro {
		part := r.held[lo:min(lo+r.Batch.Micro, len(r.held))]
		err := tensor.Try(func() {
			for i, term := range r.evaluated.Loss(&nn.Pass{Arena: arena}, part) {
				sums[i] += float64(term.Data()[0])
			}
		})
		if err != nil {
			return fmt.Errorf("train: evaluation: %w", err)
		}
		arena.Reset()
	}
	line.Eval = map[string]float64{"loss": total(sums, counts)}
	for i, name := range r.bound.Terms() {
		if counts[i] > 0 {
			line.Eval[name] = sums[i] / float64(counts[i])
		}
	}
	if h := targetEntropy(r.held); h > 0 {
		line.Eval["unigram"] = h
	}
	if h := labelEntropy(r.held); h > 0 {
		line.Eval["labels"] = h
	}
	better, err := r.measure(line)
	if err != nil || !better {
		return err
	}
	return r.saveBest()
}

// targetEntropy returns the entropy of the targets in nats a token: the loss of a
// model that knows how often each is a target and nothing of what stands around it.
func targetEntropy(examples []objective.Example) float64 {
	counts := map[int32]float64{}
	for _, e := range examples {
		for _, id := range e.Target {
			if id != tensor.Ignore {
				counts[id]++
			}
		}
	}
	return entropy(counts)
}

// labelEntropy returns the entropy of the labels of whole rows in nats: the loss of a
// model that knows how often each is one and nothing of the row.
func labelEntropy(examples []objective.Example) float64 {
	counts := map[int32]float64{}
	for _, e := range examples {
		counts[e.Label]++
	}
	return entropy(counts)
}

// entropy returns that of shares in nats.
func entropy(counts map[int32]float64) float64 {
	var all, h float64
	for _, n := range counts { // whole numbers: any order has the same sum
		all += n
	}
	for _, id := range slices.Sorted(maps.Keys(counts)) { // one order of summation
		h -= counts[id] / all * math.Log(counts[id]/all)
	}
	return h
}
