package generate

import (
	"container/list"

	"github.com/nlp-zoo/zoo/nn"
)

// prefixBlock is how many tokens a block of a prefixTree has: whole panels of a cache.
const prefixBlock = 64

type block = [prefixBlock]int32

// A prefixTree keeps keys and values of texts, in blocks of tokens, for texts that
// begin in the same way. A path from the root is the beginning of a text. Of what is
// too much, blocks go that were used the longest ago, and none before those that
// follow it.
type prefixTree struct {
	most  int // blocks
	root  prefixNode
	order list.List        // of nodes, the one used last first: a node stands before its children
	empty func() *nn.Cache // a cache of one row and one block
	path  []*prefixNode
}

type prefixNode struct {
	tokens   block
	parent   *prefixNode
	children map[block]*prefixNode
	cache    *nn.Cache
	place    *list.Element
}

// newPrefixTree returns a tree for up to so many bytes of blocks such as empty makes.
func newPrefixTree(bytes int64, empty func() *nn.Cache) *prefixTree {
	t := &prefixTree{empty: empty}
	if one := int64(empty().Bytes()); one > 0 {
		t.most = int(bytes / one)
	}
	return t
}

// bytes returns how much memory the blocks take.
func (t *prefixTree) bytes() int64 {
	n := int64(0)
	if first := t.order.Front(); first != nil {
		n = int64(first.Value.(*prefixNode).cache.Bytes())
	}
	return n * int64(t.order.Len())
}

// find leaves in t.path the blocks that tokens begin with, and uses them.
func (t *prefixTree) find(tokens []int32) {
	t.path = t.path[:0]
	for at := &t.root; len(tokens) >= prefixBlock; tokens = tokens[prefixBlock:] {
		next := at.children[block(tokens)]
		if next == nil {
			break
		}
		t.path = append(t.path, next)
		at = next
	}
	for i := len(t.path) - 1; i >= 0; i-- {
		t.order.MoveToFront(t.path[i].place)
	}
}

// has returns how many tokens of a text are kept.
func (t *prefixTree) has(tokens []int32) int {
	t.find(tokens)
	return len(t.path) * prefixBlock
}

// load has a row of a cache, the first n positions of which are those of tokens, go
// on with the blocks that tokens begin with, and returns how many it has then.
func (t *prefixTree) load(cache *nn.Cache, row, n int, tokens []int32) (int, error) {
	t.find(tokens)
	for i := n / prefixBlock; i < len(t.path); i++ {
		if err := cache.CopyFrom(row, i*prefixBlock, t.path[i].cache, 0, 0, prefixBlock); err != nil {
			return n, err
		}
		n = (i + 1) * prefixBlock
	}
	return n, nil
}

// save keeps the whole blocks of a row of a cache that holds tokens.
func (t *prefixTree) save(cache *nn.Cache, row int, tokens []int32) error {
	t.find(tokens)
	at := &t.root
	if n := len(t.path); n > 0 {
		at = t.path[n-1]
	}
	for i := len(t.path); (i+1)*prefixBlock <= len(tokens); i++ {
		room := t.room(at)
		if room == nil {
			return nil // the text itself is all there is room for
		}
		if err := room.CopyFrom(0, 0, cache, row, i*prefixBlock, prefixBlock); err != nil {
			return err
		}
		next := &prefixNode{tokens: block(tokens[i*prefixBlock:]), parent: at, cache: room}
		if at.children == nil {
			at.children = map[block]*prefixNode{}
		}
		at.children[next.tokens] = next
		if at == &t.root {
			next.place = t.order.PushFront(next)
		} else {
			next.place = t.order.InsertAfter(next, at.place)
		}
		at = next
	}
	return nil
}

// room returns a cache for a block that follows at, that of another block if there
// are as many as there may be.
func (t *prefixTree) room(at *prefixNode) *nn.Cache {
	if t.order.Len() < t.most {
		return t.empty()
	}
	last := t.order.Back()
	if last == nil || last.Value.(*prefixNode) == at {
		return nil
	}
	node := last.Value.(*prefixNode)
	t.order.Remove(last)
	delete(node.parent.children, node.tokens)
	return node.cache
}
