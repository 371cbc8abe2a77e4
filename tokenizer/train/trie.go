package train

// trie finds pieces at the beginning of a text. Nodes are numbered level by level,
// so that the children of one are neighbours.
type trie struct {
	root   []int32 // node by first character, 0: none
	labels []int32
	first  []int32 // child of each node; those of node n end at first[n+1]
	piece  []int32 // by node, -1: none
}

// newTrie makes a trie of sorted pieces, of characters below size.
func newTrie(p *pieces, size int) *trie {
	type span struct{ lo, hi, depth int32 }
	t := &trie{root: make([]int32, size), labels: []int32{0}, first: make([]int32, 0, 2*p.len())}
	queue := []span{{0, int32(p.len()), 0}}
	for n := 0; n < len(queue); n++ {
		at := queue[n]
		t.first = append(t.first, int32(len(queue)))
		own := int32(-1)
		lo := at.lo
		if lo < at.hi && len(p.at(int(lo))) == int(at.depth) {
			own = lo
			lo++
		}
		t.piece = append(t.piece, own)
		for lo < at.hi {
			c := p.at(int(lo))[at.depth]
			hi := lo + 1
			for hi < at.hi && p.at(int(hi))[at.depth] == c {
				hi++
			}
			if n == 0 {
				t.root[c] = int32(len(queue))
			}
			queue = append(queue, span{lo, hi, at.depth + 1})
			t.labels = append(t.labels, c)
			lo = hi
		}
	}
	t.first = append(t.first, int32(len(queue)))
	return t
}

// step returns the child of a node by a character, 0 if there is none.
func (t *trie) step(node, c int32) int32 {
	lo, hi := t.first[node], t.first[node+1]
	for hi-lo > 8 {
		mid := (lo + hi) / 2
		if t.labels[mid] <= c {
			lo = mid
		} else {
			hi = mid
		}
	}
	for ; lo < hi; lo++ {
		if t.labels[lo] == c {
			return lo
		}
	}
	return 0
}
