package train

import "math/bits"

// pairTable numbers pairs of tokens in the order they are first seen.
type pairTable struct {
	list  []uint64 // by number
	keys  []uint64 // 1 + the pair, by slot; 0 is free
	ids   []int32  // by slot
	shift int
}

// pairOf returns a pair as one number, which orders pairs by their tokens.
func pairOf(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// index returns the number of a pair, which may be the next free one.
func (t *pairTable) index(pair uint64) (id int32, isNew bool) {
	if len(t.list)*2 >= len(t.keys) {
		t.grow()
	}
	mask := len(t.keys) - 1
	for i := t.slot(pair); ; i = (i + 1) & mask {
		switch t.keys[i] {
		case pair + 1:
			return t.ids[i], false
		case 0:
			id = int32(len(t.list))
			t.keys[i], t.ids[i] = pair+1, id
			t.list = append(t.list, pair)
			return id, true
		}
	}
}

func (t *pairTable) slot(pair uint64) int {
	return int((pair ^ pair>>29) * 0x9E3779B97F4A7C15 >> t.shift)
}

func (t *pairTable) grow() {
	n := max(1<<12, 2*len(t.keys))
	t.keys, t.ids, t.shift = make([]uint64, n), make([]int32, n), 65-bits.Len(uint(n))
	for id, pair := range t.list {
		i := t.slot(pair)
		for t.keys[i] != 0 {
			i = (i + 1) & (n - 1)
		}
		t.keys[i], t.ids[i] = pair+1, int32(id)
	}
}
