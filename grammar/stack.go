package grammar

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// A frame is what stands on the stack below a rule: all places where the rule may
// return to. Equal frames are one, so that a pointer tells them apart.
type frame struct {
	id    uint64
	depth int32 // over those that links lead to
	links []link
}

// link is a state to go on in, and the frame of its rule.
type link struct {
	ret int32
	up  *frame
}

// item is a state within a rule, and where the rule returns to.
type item struct {
	state int32
	up    *frame
}

// A config is all that the text so far may be in the middle of: a state of the
// automaton that is made deterministic on the way.
type config struct {
	id     uint64
	items  []item // with a byte to go
	whole  bool   // the text may end here
	leaves bool   // the rule above the hole may end here
	next   []*config
	visits int32
	loops  uint64 // signatures of bytes that lead back here, once it is known
	known  bool
	mask   []uint64
	local  *localMask
}

// alive reports whether some text goes on from here, or ends.
func (c *config) alive() bool { return len(c.items) > 0 || c.whole || c.leaves }

// Bounds of the ways of reading a text that are under way at once: a list of values
// has many items in one frame, but what has many frames can be read in many ways.
const (
	maxItems  = 1 << 14
	maxFrames = 96
)

// maxHeld bounds what is made between two chances to begin anew, by which time there
// should be half as much.
const maxHeld = 1 << 21

var errAmbiguous = errors.New("grammar: too many ways to read the text")

// stacks makes frames and configs.
type stacks struct {
	a            *automaton
	bottom, hole *frame
	dead         *config
	ids          uint64
	frames       map[string]*frame
	configs      map[string]*config
	held         int // of items and links, more or less
	err          error
	key          []byte
}

func newStacks(a *automaton) *stacks {
	s := &stacks{a: a}
	s.bottom, s.hole = &frame{id: s.number()}, &frame{id: s.number()}
	s.dead = &config{id: s.number()}
	s.reset()
	return s
}

func (s *stacks) number() uint64 { s.ids++; return s.ids }

// reset forgets what was made; configs in use can be gone on from.
func (s *stacks) reset() {
	for _, c := range s.configs {
		c.next, c.mask, c.local, c.known, c.visits = nil, nil, nil, false, 0
	}
	s.held = 0
	s.frames, s.configs = map[string]*frame{}, map[string]*config{}
}

// start is the config of the empty text.
func (s *stacks) start() *config {
	k := newClosure(s)
	k.frames[s.a.root] = s.bottom
	k.add(place{s.a.starts[s.a.root], nil, s.a.root})
	k.whole = s.a.nullable[s.a.root]
	return k.config()
}

// step returns the config after a byte of a class.
func (s *stacks) step(c *config, class uint8) *config {
	if c.next == nil {
		c.next = make([]*config, len(s.a.sample))
	}
	if n := c.next[class]; n != nil {
		return n
	}
	b := s.a.sample[class]
	k := newClosure(s)
	for _, it := range c.items {
		for _, e := range s.a.nodes[it.state].edges {
			if e.lo <= b && b <= e.hi {
				k.real(item{e.to, it.up})
			}
		}
	}
	n := k.config()
	c.next[class] = n
	return n
}

// returned is the config in which what stands above a frame has come to its end.
func (s *stacks) returned(f *frame) *config {
	k := newClosure(s)
	for _, l := range f.links {
		k.real(item{l.ret, l.up})
	}
	return k.config()
}

// frame returns the frame of links.
func (s *stacks) frame(links []link) *frame {
	slices.SortFunc(links, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.ret, b.ret), cmp.Compare(a.up.id, b.up.id))
	})
	links = slices.Compact(links)
	key := s.key[:0]
	depth := int32(0)
	for _, l := range links {
		key = binary.LittleEndian.AppendUint32(key, uint32(l.ret))
		key = binary.LittleEndian.AppendUint64(key, l.up.id)
		depth = max(depth, l.up.depth)
	}
	s.key = key
	f, ok := s.frames[string(key)]
	if !ok {
		f = &frame{id: s.number(), depth: depth + 1, links: slices.Clone(links)}
		s.frames[string(key)] = f
		s.hold(len(links))
	}
	return f
}

// intern returns the config of items.
func (s *stacks) intern(items []item, whole, leaves bool) *config {
	if len(items) == 0 && !whole && !leaves {
		return s.dead
	}
	slices.SortFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(a.up.id, b.up.id))
	})
	items = slices.Compact(items)
	if len(items) > maxFrames && manyFrames(items) || len(items) > maxItems {
		s.err = errAmbiguous
		return s.dead
	}
	key := s.key[:0]
	flags := byte(0)
	if whole {
		flags |= 1
	}
	if leaves {
		flags |= 2
	}
	key = append(key, flags)
	for _, it := range items {
		key = binary.LittleEndian.AppendUint32(key, uint32(it.state))
		key = binary.LittleEndian.AppendUint64(key, it.up.id)
	}
	s.key = key
	c, ok := s.configs[string(key)]
	if !ok {
		c = &config{id: s.number(), items: slices.Clone(items), whole: whole, leaves: leaves}
		s.configs[string(key)] = c
		s.hold(len(items) + len(s.a.sample))
	}
	return c
}

func manyFrames(items []item) bool {
	frames := map[*frame]bool{}
	for _, it := range items {
		frames[it.up] = true
	}
	return len(frames) > maxFrames
}

func (s *stacks) hold(n int) {
	if s.held += n + 16; s.held > maxHeld {
		s.err = errAmbiguous
	}
}

// room begins anew if much is held.
func (s *stacks) room() bool {
	if s.held < maxHeld/2 {
		return false
	}
	s.reset()
	return true
}

// local returns c as seen from the lowest frame that all its items have in common,
// in whose place it puts a hole, with states replaced by those that are like them. So
// what may follow in a rule is found once, wherever it is called from. The frame is
// nil if there is none but the bottom.
func (s *stacks) local(c *config) (*config, *frame) {
	if len(c.items) == 0 {
		return c, nil
	}
	low := map[*frame]bool{}
	for _, it := range c.items {
		low[it.up] = true
	}
	for len(low) > 1 {
		var deepest *frame
		for f := range low {
			if deepest == nil || f.depth > deepest.depth || f.depth == deepest.depth && f.id > deepest.id {
				deepest = f
			}
		}
		delete(low, deepest)
		for _, l := range deepest.links {
			low[l.up] = true
		}
	}
	var ground *frame
	for f := range low {
		ground = f
	}
	moved := map[*frame]*frame{ground: s.hole}
	if ground == s.bottom {
		moved[ground], ground = s.bottom, nil
	}
	items := make([]item, len(c.items))
	for i, it := range c.items {
		items[i] = item{s.a.like[it.state], s.move(it.up, moved)}
	}
	return s.intern(items, false, false), ground
}

func (s *stacks) move(f *frame, moved map[*frame]*frame) *frame {
	if to, ok := moved[f]; ok {
		return to
	}
	links := make([]link, len(f.links))
	for i, l := range f.links {
		links[i] = link{s.a.like[l.ret], s.move(l.up, moved)}
	}
	to := s.frame(links)
	moved[f] = to
	return to
}
