package grammar

import (
	"sync"
)

// machine finds the tokens that fit, for one grammar and one vocabulary.
type machine struct {
	v     *Vocabulary
	g     *Grammar
	mu    sync.Mutex
	s     *stacks
	first []uint64 // tokens that may begin a text
	path  [window + 1]*config
	bytes int // that masks take
}

// Bounds of what a machine keeps; it begins anew beyond them.
const (
	maxMaskBytes = 32 << 20
	maxLeaving   = 20_000
)

// localMask is the tokens that fit without the rule above the hole coming to its end,
// and the nodes of the tree of tokens at which it may.
type localMask struct {
	bits    []uint64
	leaving []int32
}

func newMachine(v *Vocabulary, g *Grammar) *machine {
	return &machine{v: v, g: g, s: newStacks(g.a)}
}

// room begins anew if too much is kept.
func (m *machine) room() {
	if m.bytes > maxMaskBytes {
		m.s.reset()
		m.bytes = 0
	} else if m.s.room() {
		m.bytes = 0
	}
}

func (m *machine) bits() []uint64 {
	n := (m.v.size + 63) / 64
	m.bytes += 8 * n
	return make([]uint64, n)
}

// beginning returns the tokens that may begin a text.
func (m *machine) beginning(c *config) []uint64 {
	if m.v.first == nil {
		return m.mask(c)
	}
	if m.first == nil {
		m.first = m.bits()
		m.walk(m.v.first, 0, c, m.first, nil)
	}
	return m.first
}

// mask returns the tokens that may follow where c is. It must not be changed.
func (m *machine) mask(c *config) []uint64 {
	if c.mask != nil {
		return c.mask
	}
	m.room()
	here, ground := m.s.local(c)
	if here.local == nil {
		l := &localMask{bits: m.bits()}
		m.walk(m.v.trie, 0, here, l.bits, &l.leaving)
		m.bytes += 4 * len(l.leaving)
		here.local = l
	}
	l := here.local
	switch {
	case ground == nil || len(l.leaving) == 0:
		c.mask = l.bits
	case len(l.leaving) > maxLeaving:
		c.mask = m.bits()
		m.walk(m.v.trie, 0, c, c.mask, nil)
	default:
		c.mask = m.bits()
		copy(c.mask, l.bits)
		behind := m.s.returned(ground)
		for _, n := range l.leaving {
			m.walk(m.v.trie, n, behind, c.mask, nil)
		}
	}
	return c.mask
}

// busy is how often a config is met before it is worth while to know its loops.
const busy = 16

// walk marks the tokens below a node of the tree that fit from c on, and notes the
// nodes at which the rule above the hole may end.
func (m *machine) walk(t *trie, from int32, c *config, bits []uint64, leaving *[]int32) {
	nodes, s, class := t.nodes, m.s, &m.s.a.class
	m.path[nodes[from].depth] = c
	for i, end := from+1, nodes[from].end; i < end; {
		n := &nodes[i]
		p := m.path[n.depth-1]
		var q *config
		if cl := class[n.b]; p.next != nil && p.next[cl] != nil {
			q = p.next[cl]
		} else {
			q = s.step(p, cl)
		}
		if q == s.dead {
			i = n.end
			continue
		}
		if q.visits++; q.visits > busy && !q.leaves && n.below&^m.loops(q) == 0 {
			for _, id := range t.ids[n.ids:nodes[n.end].ids] {
				bits[id>>6] |= 1 << (id & 63)
			}
			i = n.end
			continue
		}
		for _, id := range t.ids[n.ids:nodes[i+1].ids] {
			bits[id>>6] |= 1 << (id & 63)
		}
		if q.leaves && leaving != nil {
			*leaving = append(*leaving, i)
		}
		m.path[n.depth] = q
		i++
	}
}

// loops returns the signatures of which all bytes lead from c to c.
func (m *machine) loops(c *config) uint64 {
	if !c.known {
		c.loops, c.known = ^uint64(0), true
		for b := range 256 {
			if m.s.step(c, m.s.a.class[b]) != c {
				c.loops &^= signature(byte(b))
			}
		}
	}
	return c.loops
}
