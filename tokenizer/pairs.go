package tokenizer

import "math/bits"

// pairs maps two neighbouring tokens to the rank of their merge and to the token
// it makes. It is a hash table with open addressing, filled once.
type pairs struct {
	slots []merge
	shift uint
}

type merge struct {
	key  uint64 // left token + 1 in the high half, right token in the low; 0 free
	rank uint32
	id   int32
}

// none is the rank of what does not merge.
const none = ^uint32(0)

func newPairs(n int) *pairs {
	width := max(bits.Len(uint(2*n)), 4)
	return &pairs{slots: make([]merge, 1<<width), shift: uint(64 - width)}
}

func pairKey(left, right int32) uint64 { return uint64(left+1)<<32 | uint64(uint32(right)) }

func (p *pairs) slot(key uint64) *merge {
	mask := len(p.slots) - 1
	for i := int(key * 0x9E3779B97F4A7C15 >> p.shift); ; i = (i + 1) & mask {
		if m := &p.slots[i]; m.key == key || m.key == 0 {
			return m
		}
	}
}

// put sets the merge of left and right, in place of an earlier one. No more
// pairs may be put than newPairs was told.
func (p *pairs) put(left, right int32, rank uint32, id int32) {
	key := pairKey(left, right)
	*p.slot(key) = merge{key, rank, id}
}

// get returns the rank of the merge of left and right, or none.
func (p *pairs) get(left, right int32) (rank uint32, id int32) {
	if left < 0 || right < 0 {
		return none, 0
	}
	if m := p.slot(pairKey(left, right)); m.key != 0 {
		return m.rank, m.id
	}
	return none, 0
}
