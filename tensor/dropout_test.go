package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/internal/parallel"
)

// TestDropoutRates counts what is left out, and what of that stands beside each other,
// which tells whether elements are independent.
func TestDropoutRates(t *testing.T) {
	const n = 1 << 18
	x := Zeros(n)
	for i := range x.data {
		x.data[i] = 1
	}
	for _, rate := range []float64{0.1, 0.5, 0.9} {
		for call := range uint64(3) {
			y := Dropout(x, NewDrop(rate, 7, call))
			out, pairs, sum := 0.0, 0.0, 0.0
			for i, v := range y.data {
				sum += float64(v)
				if v == 0 {
					out++
					if i > 0 && y.data[i-1] == 0 {
						pairs++
					}
				}
			}
			within := func(what string, got, p float64) {
				if d := math.Abs(got - p*n); d > 5*math.Sqrt(2*p*(1-p)*n) {
					t.Errorf("rate %v: %s: %v of %v, want %v", rate, what, got, n, p*n)
				}
			}
			within("left out", out, rate)
			within("neighbours left out", pairs, rate*rate)
			within("left in", sum*(1-rate), 1-rate)
		}
	}
	if y := Dropout(x, NewDrop(1, 1, 1)); slices.Max(y.data) != 0 {
		t.Error("rate 1 leaves something in")
	}
}

// TestDropoutOfCallsAndSeedsDiffers compares masks of other keys.
func TestDropoutOfCallsAndSeedsDiffers(t *testing.T) {
	x := random(rand.New(rand.NewPCG(1, 1)), 1001)
	of := func(seed, call uint64) []float32 { return Dropout(x, NewDrop(0.5, seed, call)).data }
	if !slices.Equal(of(1, 2), of(1, 2)) {
		t.Error("the same key gives another mask")
	}
	if slices.Equal(of(1, 2), of(2, 2)) || slices.Equal(of(1, 2), of(1, 1)) || slices.Equal(of(1, 2), of(2, 1)) {
		t.Error("another key gives the same mask")
	}
}

// TestDropoutOnAnyThreads runs dropout and attention's on one thread and on many.
func TestDropoutOnAnyThreads(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	x, q, k := random(r, 3, 7001), random(r, 2, 65, 4, 8), random(r, 2, 65, 4, 8)
	run := func(threads int) []float32 {
		parallel.SetThreads(threads)
		defer parallel.SetThreads(0)
		x.RequireGrad()
		q.RequireGrad()
		y := Dropout(x, NewDrop(0.3, 1, 1))
		total(Mul(y, y)).Backward()
		z := Attention(q, k, k, nil, 1, Mask{Causal: true, Drop: NewDrop(0.3, 1, 2)})
		total(z).Backward()
		return slices.Concat(y.data, x.grad, z.data, q.grad)
	}
	want := run(1)
	for _, threads := range []int{2, 5} {
		if !slices.Equal(run(threads), want) {
			t.Errorf("%d threads give other bytes than one", threads)
		}
	}
}

// TestAttentionDropsProbabilities has values that show the probabilities: with equal
// scores each is 1/S, or 0, or 1/S by the rate.
func TestAttentionDropsProbabilities(t *testing.T) {
	const S = 64
	q, k, v := Zeros(2, S, 2, S), Zeros(2, S, 2, S), Zeros(2, S, 2, S)
	for i := range v.data { // row s of every head is unit vector s
		if s := i / S / 2 % S; i%S == s {
			v.data[i] = 1
		}
	}
	y := Attention(q, k, v, nil, 1, Mask{Drop: NewDrop(0.25, 3, 4)})
	out := 0
	for _, p := range y.data {
		if p == 0 {
			out++
		} else if math.Abs(float64(p)-1/(0.75*S)) > 1e-8 {
			t.Fatalf("a probability is %v", p)
		}
	}
	if n := len(y.data); math.Abs(float64(out)/float64(n)-0.25) > 0.02 {
		t.Errorf("%d of %d probabilities are left out, want a quarter", out, n)
	}
}
