package nn_test

import (
	"math"
	"testing"

	"github.com/nlp-zoo/zoo/nn"
)

// TestSinusoids: the product of two positions depends on their distance alone, and
// the deviation is the one asked for.
func TestSinusoids(t *testing.T) {
	e := nn.NewEmbedding(40, 16)
	e.Weight.Sinusoids, e.Weight.Std = true, 0.05
	nn.Init(e, nn.Rand(1))
	w := e.Weight.Data()
	dot := func(i, j int) (sum float64) {
		for k := range 16 {
			sum += float64(w[i*16+k]) * float64(w[j*16+k])
		}
		return sum
	}
	for i := range 30 {
		if got := math.Sqrt(dot(i, i) / 16); math.Abs(got-0.05) > 1e-6 {
			t.Errorf("position %d has deviation %g", i, got)
		}
		for d := range 10 {
			if math.Abs(dot(i, i+d)-dot(0, d)) > 1e-6 {
				t.Errorf("positions %d and %d are as alike as %g, 0 and %d %g", i, i+d, dot(i, i+d), d, dot(0, d))
			}
		}
	}
	odd := nn.NewEmbedding(3, 1)
	odd.Weight.Sinusoids = true
	nn.Init(odd, nn.Rand(1))
}
