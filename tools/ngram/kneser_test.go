package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSumsToOne adds the probabilities of all tokens after contexts that were seen
// and that were not.
func TestSumsToOne(t *testing.T) {
	const vocab = 20
	r := rand.New(rand.NewPCG(1, 2))
	var documents [][]int32
	for range 30 {
		d := make([]int32, 40)
		for i := range d {
			d[i] = int32(r.IntN(5) * r.IntN(4))
		}
		documents = append(documents, d)
	}
	for order := 1; order <= 4; order++ {
		m := learn(documents, order, vocab)
		for range 50 {
			ids := make([]int32, order)
			for i := range ids {
				ids[i] = int32(r.IntN(vocab))
			}
			sum := 0.0
			for w := range int32(vocab) {
				ids[order-1] = w
				sum += m.probability(ids)
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Errorf("order %d after %v: %g", order, ids[:order-1], sum)
			}
		}
	}
}

// TestContinuation holds the counts of a small text to those made by hand: 2 follows
// three different tokens, 3 only one, however often it does.
func TestContinuation(t *testing.T) {
	m := learn([][]int32{{1, 2, 4, 2, 1, 3, 1, 3, 1, 3, 2}}, 2, 5)
	for token, want := range map[int32]int32{1: 3, 2: 3, 3: 1, 4: 1} {
		if got := m.levels[0].counts[gramOf([]int32{token})]; got != want {
			t.Errorf("%d follows %d tokens, not %d", token, got, want)
		}
	}
	if got := m.levels[1].counts[gramOf([]int32{1, 3})]; got != 3 {
		t.Errorf("1 3 occurs %d times, not 3", got)
	}
	if m.probability([]int32{1, 3}) <= m.probability([]int32{4, 3}) {
		t.Error("3 is not likelier after 1 than after 4")
	}
}
