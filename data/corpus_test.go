package data

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// someCorpus returns n documents of up to 9 tokens, none of them the same.
func someCorpus(n int, seed uint64) *Memory {
	r := rand.New(rand.NewPCG(seed, 1))
	docs := make([][]int32, n)
	id := int32(100)
	for i := range docs {
		for range 1 + r.IntN(9) {
			docs[i] = append(docs[i], id)
			id++
		}
	}
	return NewMemory(docs...)
}

// copied returns the documents of c as a Memory.
func copied(c Corpus) *Memory {
	var docs [][]int32
	for i := range c.Len() {
		docs = append(docs, c.Document(i))
	}
	return NewMemory(docs...)
}

func TestCorporaAgree(t *testing.T) {
	for _, n := range []int{1, 2, 3, 40} {
		c := someCorpus(n, 7)
		tokens := c.Before(n)
		sameCorpus(t, Join(c, NewMemory(), someCorpus(3, 8), c), copied(Join(c, NewMemory(), someCorpus(3, 8), c)))
		sameCorpus(t, Join(), NewMemory())
		for _, share := range []float64{0, 0.01, 0.3, 0.5, 1} {
			rest, held := HoldOut(c, share, 3)
			sameCorpus(t, rest, copied(rest))
			sameCorpus(t, held, copied(held))
			if rest.Len()+held.Len() != n || rest.Before(rest.Len())+held.Before(held.Len()) != tokens {
				t.Errorf("%d documents, held out %v: %d and %d", n, share, rest.Len(), held.Len())
			}
			seen := map[string]bool{}
			for i := range rest.Len() {
				seen[fmt.Sprint(rest.Document(i))] = true
			}
			for i := range held.Len() {
				if seen[fmt.Sprint(held.Document(i))] {
					t.Errorf("document %d is on both sides", i)
				}
			}
			rest, held = HoldOutEnd(c, share)
			sameCorpus(t, rest, copied(rest))
			sameCorpus(t, held, copied(held))
			both := append(rest.Append(nil, 0, rest.Before(rest.Len())), held.Append(nil, 0, held.Before(held.Len()))...)
			if fmt.Sprint(both) != fmt.Sprint(c.Append(nil, 0, tokens)) {
				t.Errorf("%d documents, %v of the end held out: %v", n, share, both)
			}
		}
	}
}
