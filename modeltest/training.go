package modeltest

import (
	"math"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// trains holds gradients to be the same in a training arena as without one, twice in a
// row, and near to that where layers are run again.
func trains(t *testing.T, config string, run evaluation) {
	m := Build(t, config)
	nn.Trainable(m)
	gradient := func(a *tensor.Arena, recompute bool) (grads []float32) {
		for _, p := range nn.Params(m) {
			clear(p.Grad())
		}
		y := run(m, &nn.Pass{Arena: a, Train: true, Seed: 7, Recompute: recompute}, Text(8), Text(5))
		targets := make([]int32, y.Len()/y.Dim(-1))
		for i := range targets {
			targets[i] = int32(i % min(3, y.Dim(-1)))
		}
		loss := tensor.CrossEntropy(y, targets)
		grads = append(grads, loss.Data()[0])
		loss.Backward()
		for _, p := range nn.Params(m) {
			grads = append(grads, p.Grad()...)
		}
		a.Reset()
		return grads
	}
	want := gradient(nil, false)
	arena := tensor.NewTrainingArena()
	for range 2 {
		if !slices.Equal(gradient(arena, false), want) {
			t.Error("gradients differ in a training arena")
		}
	}
	for i, g := range gradient(arena, true) {
		if d := math.Abs(float64(g - want[i])); d > 1e-5*(1+math.Abs(float64(want[i]))) || math.IsNaN(d) {
			t.Fatalf("gradient %d is %v where layers are run again, else %v", i, g, want[i])
		}
	}
}
