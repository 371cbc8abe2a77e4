package tokenizer

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestPairs holds the table to a map, when it is full, with pairs that are put
// twice, and with ids of both ends.
func TestPairs(t *testing.T) {
	factor, inverse := uint64(hashFactor), uint64(hashInverse)
	if left := free * inverse >> 32; left <= 1<<31 || factor*inverse != 1 {
		t.Fatal("a pair may have the hash of a free slot, or hashes cannot be undone")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 7, 100, 5000} {
		for _, top := range []int32{3, 90, 200_000, math.MaxInt32} {
			p, want := newPairs(n), map[[2]int32][2]uint32{}
			for i := range n {
				pair := [2]int32{r.Int32N(top), r.Int32N(top)}
				rank, id := uint32(i), r.Int32()
				p.put(pair[0], pair[1], rank, id)
				want[pair] = [2]uint32{rank, uint32(id)}
			}
			for pair, w := range want {
				if rank, id := p.get(pair[0], pair[1]); rank != w[0] || uint32(id) != w[1] {
					t.Fatalf("%d of %d pairs: %v: %d, %d, want %d", len(want), n, pair, rank, id, w)
				}
			}
			for range 10 * n {
				pair := [2]int32{r.Int32N(top), r.Int32N(top)}
				if _, ok := want[pair]; !ok {
					if rank, _ := p.get(pair[0], pair[1]); rank != none {
						t.Fatalf("%v was not put, but has rank %d", pair, rank)
					}
				}
			}
			for _, pair := range [][2]int32{{-1, 0}, {0, -1}, {-1, -1}} {
				if rank, _ := p.get(pair[0], pair[1]); rank != none {
					t.Fatalf("%v has rank %d", pair, rank)
				}
			}
			count := 0
			for m := range p.all() {
				left, right := m.tokens()
				if w, ok := want[[2]int32{left, right}]; !ok || w[0] != m.rank {
					t.Fatalf("%d, %d: rank %d, want %v", left, right, m.rank, w)
				}
				count++
			}
			if count != len(want) {
				t.Fatalf("%d merges, want %d", count, len(want))
			}
		}
	}
}
