package tokenizer

import (
	"slices"
	"strings"
)

// trie finds which of its keys a text begins with. Children of a node lie side by
// side, sorted by their byte.
type trie struct {
	root  [256]int32 // child of the root by byte; 0 none
	nodes []node
}

type node struct {
	child int32 // first child
	value int32 // -1: no key ends here
	count int16 // children
	label byte
}

// newTrie builds a trie over keys, none of them empty; of equal keys the last
// counts. It sorts an index, not its arguments.
func newTrie(keys []string, values []int32) *trie {
	order := make([]int32, len(keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return strings.Compare(keys[a], keys[b]) })
	t := &trie{nodes: make([]node, 1, len(keys)+1)}
	t.nodes[0] = node{value: -1}
	type job struct {
		node, lo, hi int32
		depth        int
	}
	queue := []job{{0, 0, int32(len(order)), 0}}
	for len(queue) > 0 {
		j := queue[0]
		queue = queue[1:]
		lo := j.lo
		for lo < j.hi && len(keys[order[lo]]) == j.depth {
			t.nodes[j.node].value = values[order[lo]]
			lo++
		}
		t.nodes[j.node].child = int32(len(t.nodes))
		for lo < j.hi {
			c := keys[order[lo]][j.depth]
			hi := lo + 1
			for hi < j.hi && keys[order[hi]][j.depth] == c {
				hi++
			}
			queue = append(queue, job{int32(len(t.nodes)), lo, hi, j.depth + 1})
			t.nodes = append(t.nodes, node{value: -1, label: c})
			t.nodes[j.node].count++
			lo = hi
		}
	}
	for i := range t.nodes[0].count {
		child := t.nodes[0].child + int32(i)
		t.root[t.nodes[child].label] = child
	}
	return t
}

// step returns the child of n by c, or 0.
func (t *trie) step(n int32, c byte) int32 {
	if n == 0 {
		return t.root[c]
	}
	at := &t.nodes[n]
	lo, hi := at.child, at.child+int32(at.count)
	for hi-lo > 8 {
		mid := (lo + hi) / 2
		if t.nodes[mid].label <= c {
			lo = mid
		} else {
			hi = mid
		}
	}
	for ; lo < hi; lo++ {
		if t.nodes[lo].label == c {
			return lo
		}
	}
	return 0
}

// longest returns the value and the length of the longest key b begins with; the
// length is 0 if it begins with none.
func (t *trie) longest(b []byte) (value int32, n int) {
	at := int32(0)
	for i, c := range b {
		if at = t.step(at, c); at == 0 {
			break
		}
		if v := t.nodes[at].value; v >= 0 {
			value, n = v, i+1
		}
	}
	return value, n
}
