package tokenizer

import (
	"slices"
	"strings"
)

// trie finds which of its keys a text begins with. Children of a node lie side by
// side, sorted by their byte; of one that has many, all bytes between the first
// and the last have a place in a table.
type trie struct {
	root  [256]int32 // child of the root by byte; 0 none
	nodes []node
	table []int32
}

type node struct {
	child  int32 // first child
	value  int32 // -1: no key ends here
	table  int32 // where the children stand in the table; -1: they are searched
	lo, hi byte  // bytes of the first and the last child; hi < lo: there is none
	label  byte
}

// crowded is how many children are looked up in the table.
const crowded = 4

// newTrie builds a trie over keys, none of them empty; of equal keys the last
// counts. It sorts an index, not its arguments.
func newTrie(keys []string, values []int32) *trie {
	order := make([]int32, len(keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return strings.Compare(keys[a], keys[b]) })
	t := &trie{nodes: make([]node, 1, len(keys)+1)}
	t.nodes[0] = node{value: -1, table: -1, lo: 1}
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
			t.nodes = append(t.nodes, node{value: -1, table: -1, lo: 1, label: c})
			lo = hi
		}
		t.span(j.node)
	}
	for child := t.nodes[0].child; child < int32(len(t.nodes)) && t.nodes[0].lo <= t.nodes[0].hi; child++ {
		t.root[t.nodes[child].label] = child
		if t.nodes[child].label == t.nodes[0].hi {
			break
		}
	}
	return t
}

// span notes down the bytes of n's children, which are the last nodes.
func (t *trie) span(n int32) {
	at := &t.nodes[n]
	children := t.nodes[at.child:]
	if len(children) == 0 {
		return
	}
	at.lo, at.hi = children[0].label, children[len(children)-1].label
	if len(children) < crowded {
		return
	}
	at.table = int32(len(t.table))
	t.table = append(t.table, make([]int32, int(at.hi-at.lo)+1)...)
	for i, c := range children {
		t.table[at.table+int32(c.label-at.lo)] = at.child + int32(i)
	}
}

// step returns the child of n by c, or 0.
func (t *trie) step(n int32, c byte) int32 {
	if n == 0 {
		return t.root[c]
	}
	at := &t.nodes[n]
	switch {
	case c < at.lo || c > at.hi:
		return 0
	case at.table >= 0:
		return t.table[at.table+int32(c-at.lo)]
	case c == at.lo:
		return at.child
	}
	for child := at.child + 1; ; child++ {
		switch label := t.nodes[child].label; {
		case label == c:
			return child
		case label > c:
			return 0
		}
	}
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
