package grammar

// closure finds all items that the text may stand in without another byte. Rules that
// are called here have frames that are not known before all their callers are, so
// items within them name the rule instead.
type closure struct {
	s       *stacks
	seen    map[place]bool
	open    []place
	items   []place
	callers map[int32][]caller
	frames  map[int32]*frame
	whole   bool
	leaves  bool
}

// place is an item whose frame is up, or, where up is nil, that of a rule called here.
type place struct {
	state int32
	up    *frame
	rule  int32
}

// caller is where a rule called here returns to. Where nothing but the end of the
// caller's rule is left to do there, the call may return to where that returns to.
type caller struct {
	ret  int32
	at   place
	tail bool
}

func newClosure(s *stacks) *closure {
	return &closure{s: s, seen: map[place]bool{}, callers: map[int32][]caller{}, frames: map[int32]*frame{}}
}

// real adds an item.
func (k *closure) real(it item) { k.add(place{it.state, it.up, -1}) }

func (k *closure) add(p place) {
	if k.s.a.dead[p.state] || k.seen[p] {
		return
	}
	k.seen[p] = true
	if len(k.seen) > 4*maxItems {
		k.s.err = errAmbiguous
		return
	}
	k.open = append(k.open, p)
}

func (k *closure) enter(rule int32, c caller) {
	k.callers[rule] = append(k.callers[rule], c)
	k.add(place{k.s.a.starts[rule], nil, rule})
}

// run takes places until none is open.
func (k *closure) run() {
	a := k.s.a
	for len(k.open) > 0 {
		p := k.open[len(k.open)-1]
		k.open = k.open[:len(k.open)-1]
		n := &a.nodes[p.state]
		if len(n.edges) > 0 {
			k.items = append(k.items, p)
		}
		for _, t := range n.empty {
			k.add(place{t, p.up, p.rule})
		}
		for _, c := range n.calls {
			if a.dead[c.to] || a.dead[a.starts[c.rule]] {
				continue
			}
			k.enter(c.rule, caller{c.to, p, a.tail[c.to]})
			if a.nullable[c.rule] {
				k.add(place{c.to, p.up, p.rule})
			}
		}
		// A rule called here that may be empty has been stepped over by its callers.
		if p.up != nil && k.isEnd(p.state) {
			k.pop(p.up)
		}
	}
}

// isEnd reports whether a state is the end of its rule: starts and ends come first,
// and ends are the odd ones.
func (k *closure) isEnd(s int32) bool { return int(s) < 2*len(k.s.a.starts) && s%2 == 1 }

func (k *closure) pop(f *frame) {
	switch f {
	case k.s.bottom:
		k.whole = true
	case k.s.hole:
		k.leaves = true
	default:
		for _, l := range f.links {
			k.real(item{l.ret, l.up})
		}
	}
}

// links returns where a rule called here returns to.
func (k *closure) links(rule int32) *frame {
	if f, ok := k.frames[rule]; ok {
		return f
	}
	var links []link
	for _, c := range k.callers[rule] {
		up := c.at.up
		if up == nil {
			up = k.links(c.at.rule)
		}
		if c.tail && len(up.links) > 0 {
			links = append(links, up.links...)
		} else {
			links = append(links, link{c.ret, up})
		}
	}
	f := k.s.frame(links)
	k.frames[rule] = f
	return f
}

// config runs the closure and returns what it found.
func (k *closure) config() *config {
	k.run()
	if k.s.err != nil {
		return k.s.dead
	}
	items := make([]item, len(k.items))
	for i, p := range k.items {
		up := p.up
		if up == nil {
			up = k.links(p.rule)
		}
		items[i] = item{p.state, up}
	}
	return k.s.intern(items, k.whole, k.leaves)
}
