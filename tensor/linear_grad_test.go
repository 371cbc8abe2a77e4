package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/internal/parallel"
)

// TestLinearGradients holds the gradients of maps of many shapes, a vocabulary among
// them, to sums in float64, and wants the same bytes on any number of threads.
func TestLinearGradients(t *testing.T) {
	defer parallel.SetThreads(0)
	r := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct{ m, in, out int }{{1, 3, 2}, {70, 33, 5}, {33, 64, 300}, {67, 40, deepBlock + 5}, {130, 33, 2*deepBlock + 1}} {
		x, w, b, probe := random(r, c.m, c.in), random(r, c.out, c.in), random(r, c.out), random(r, c.m, c.out)
		run := func(threads int) [3][]float32 {
			parallel.SetThreads(threads)
			for _, p := range []*Tensor{x, w, b} {
				p.RequireGrad()
			}
			h := Scale(x, 1) // so that the gradient of x is set, and then added to
			total(Mul(Add(Linear(h, w, b), Linear(h, w, nil)), probe)).Backward()
			return [3][]float32{x.grad, w.grad, b.grad}
		}
		got := run(1)
		for _, threads := range []int{2, 5} {
			for i, g := range run(threads) {
				if !slices.Equal(g, got[i]) {
					t.Errorf("%+v: gradient %d differs on %d threads", c, i, threads)
				}
			}
		}
		dot := func(n int, f func(i int) float32) (sum, size float64) {
			for i := range n {
				sum += float64(f(i))
				size += math.Abs(float64(f(i)))
			}
			return sum, size
		}
		check := func(what string, got float32, uses, n int, f func(i int) float32) {
			sum, size := dot(n, f)
			if d := math.Abs(float64(got) - float64(uses)*sum); d > 1e-5*(1+size) {
				t.Fatalf("%+v: gradient of %s is %v, want %v", c, what, got, float64(uses)*sum)
			}
		}
		for range 200 {
			i, k, o := r.IntN(c.m), r.IntN(c.in), r.IntN(c.out)
			check("x", got[0][i*c.in+k], 2, c.out, func(o int) float32 { return probe.data[i*c.out+o] * w.data[o*c.in+k] })
			check("w", got[1][o*c.in+k], 2, c.m, func(i int) float32 { return probe.data[i*c.out+o] * x.data[i*c.in+k] })
			check("b", got[2][o], 1, c.m, func(i int) float32 { return probe.data[i*c.out+o] })
		}
	}
}

// TestGradientsOnAnyThreads takes the gradients of norms, activations and losses of
// many rows.
func TestGradientsOnAnyThreads(t *testing.T) {
	defer parallel.SetThreads(0)
	r := rand.New(rand.NewPCG(5, 7))
	x, w, b := random(r, 200, 96), random(r, 96), random(r, 96)
	targets := make([]int32, 200)
	run := func(threads int) []float32 {
		parallel.SetThreads(threads)
		for _, p := range []*Tensor{x, w, b} {
			p.RequireGrad()
		}
		h := GELU(RMSNorm(LayerNorm(x, w, b, 1e-5), w, 1e-6))
		loss := Entropy{Smoothing: 0.1, Z: 1e-3}.Loss(Mul(h, Add(h, x)), targets)
		loss.Backward()
		return slices.Concat(loss.data, x.grad, w.grad, b.grad)
	}
	want := run(1)
	for _, threads := range []int{2, 5} {
		if !slices.Equal(run(threads), want) {
			t.Errorf("%d threads give other bytes than one", threads)
		}
	}
}
