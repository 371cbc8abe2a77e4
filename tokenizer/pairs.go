package tokenizer

import (
	"iter"
	"math/bits"
	"slices"
)

// pairs maps two neighbouring tokens to the rank of their merge and to the token
// it makes. It is a hash table with open addressing, filled once, in which all
// entries stand in the order of their hashes: so a search for what is not there, as
// most are, ends early however full the table is (Amble and Knuth, "Ordered hash
// tables", 1974).
type pairs struct {
	slots []merge // the last is free
	size  uint64  // places that a hash can stand for
}

type merge struct {
	hash uint64 // of the two tokens, which it is a permutation of; free in a free slot
	rank uint32
	id   int32
}

const (
	none = ^uint32(0) // the rank of what does not merge
	free = ^uint64(0) // is no hash of a pair

	// hashFactor is odd, so that a product by it is a permutation, which hashInverse
	// undoes.
	hashFactor  = 0xC2B2AE3D27D4EB4F
	hashInverse = 0x0BA79078168D4BAF
)

// newPairs returns a table that has room for n merges.
func newPairs(n int) *pairs {
	p := &pairs{slots: make([]merge, n+n/2+2), size: uint64(n + n/2 + 1)}
	for i := range p.slots {
		p.slots[i].hash = free
	}
	return p
}

func pairHash(left, right int32) uint64 {
	return (uint64(left+1)<<32 | uint64(uint32(right))) * hashFactor
}

// tokens returns the pair.
func (m merge) tokens() (left, right int32) {
	key := m.hash * hashInverse
	return int32(key>>32) - 1, int32(uint32(key))
}

// slot returns the first slot whose hash is not below that.
func (p *pairs) slot(hash uint64) int {
	at, _ := bits.Mul64(hash, p.size)
	for p.slots[at].hash < hash {
		at++
	}
	return int(at)
}

// put sets the merge of left and right, in place of an earlier one. No more
// pairs may be put than newPairs was told.
func (p *pairs) put(left, right int32, rank uint32, id int32) {
	hash := pairHash(left, right)
	at := p.slot(hash)
	if p.slots[at].hash != hash {
		end := at
		for p.slots[end].hash != free {
			end++
		}
		copy(p.slots[at+1:end+1], p.slots[at:end])
		if end == len(p.slots)-1 {
			p.slots = append(slices.Clip(p.slots), merge{hash: free})
		}
	}
	p.slots[at] = merge{hash, rank, id}
}

// get returns the rank of the merge of left and right, or none.
func (p *pairs) get(left, right int32) (rank uint32, id int32) {
	if left < 0 || right < 0 {
		return none, 0
	}
	hash := pairHash(left, right)
	if m := &p.slots[p.slot(hash)]; m.hash == hash {
		return m.rank, m.id
	}
	return none, 0
}

// all yields the merges, in no order.
func (p *pairs) all() iter.Seq[merge] {
	return func(yield func(merge) bool) {
		for _, m := range p.slots {
			if m.hash != free && !yield(m) {
				return
			}
		}
	}
}
