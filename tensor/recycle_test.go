package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// TestTrainingArenaChangesNothing takes the gradient of every operation in an arena
// that spoils what is given back, three steps one after the other.
func TestTrainingArenaChangesNothing(t *testing.T) {
	arena := NewTrainingArena()
	arena.recycler.least, arena.recycler.poison = 0, true
	for _, c := range gradCases() {
		run := func(a *Arena) (out [][]float32) {
			r := rand.New(rand.NewPCG(1, 2))
			in := make([]*Tensor, len(c.shapes))
			for i, s := range c.shapes {
				in[i] = random(r, s...)
				in[i].arena = a
				in[i].RequireGrad()
			}
			x := c.f(slices.Clone(in))
			loss := total(Mul(Add(x, x), Scale(x, 0.5)))
			out = append(out, slices.Clone(loss.data))
			loss.Backward()
			for _, x := range in {
				out = append(out, x.grad)
			}
			return out
		}
		want := run(nil)
		for range 3 {
			for i, got := range run(arena) {
				if !slices.Equal(got, want[i]) {
					t.Errorf("%s: array %d differs in an arena", c.name, i)
				}
			}
			arena.Reset()
			if n := len(arena.recycler.live); n > 0 {
				t.Fatalf("%s: %d arrays are in use after a reset", c.name, n)
			}
		}
	}
	if len(arena.recycler.gaps) != len(arena.recycler.memory) {
		t.Errorf("%d gaps in %d blocks that nobody uses", len(arena.recycler.gaps), len(arena.recycler.memory))
	}
}

// TestRecyclerGivesNothingTwice takes and gives back at random.
func TestRecyclerGivesNothingTwice(t *testing.T) {
	r, rec := rand.New(rand.NewPCG(3, 3)), NewTrainingArena().recycler
	var held [][]float32
	for step := range 3000 {
		if len(held) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(held))
			if slices.ContainsFunc(held[i], func(v float32) bool { return v != held[i][0] }) {
				t.Fatal("memory in use was written to")
			}
			rec.give(held[i])
			held = slices.Delete(held, i, i+1)
			continue
		}
		x := rec.floats(1 + r.IntN(5000))
		if uintptr(unsafe.Pointer(&x[0]))%64 != 0 {
			t.Fatal("memory begins within a cache line")
		}
		for i := range x {
			x[i] = float32(step)
		}
		held = append(held, x)
	}
	rec.since(0, nil)
	if len(rec.gaps) != len(rec.memory) || len(rec.live) > 0 {
		t.Errorf("%d gaps and %d loans are left", len(rec.gaps), len(rec.live))
	}
}

// TestTrainingArenaIsSteady counts what steps take after the first.
func TestTrainingArenaIsSteady(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x, w := random(r, 4, 33, 64), random(r, 500, 64).RequireGrad()
	arena, targets := NewTrainingArena(), make([]int32, 4*33)
	most := func() int {
		h := arena.New(4, 33, 64)
		copy(h.data, x.data)
		CrossEntropy(Linear(GELU(h), w, nil), targets).Backward()
		used := 0
		for _, g := range arena.recycler.gaps {
			used = max(used, g.at)
		}
		arena.Reset()
		return used
	}
	first := most()
	for range 5 {
		if got := most(); got != first {
			t.Fatalf("a step uses memory up to %d, the first used %d", got, first)
		}
	}
	if arena.Bytes() == 0 {
		t.Error("an arena in use has no bytes")
	}
}
