package train

import (
	"fmt"

	"github.com/nlp-zoo/zoo/nn"
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
	better, err := r.measure(line)
	if err != nil || !better {
		return err
	}
	return r.saveBest()
}
