package grammar

import "errors"

// product adds what both expressions match: states are pairs of theirs.
func (a *automaton) product(e product, from, to int32, depth int) error {
	var parts [2]*automaton
	for i, x := range []expression{e.a, e.b} {
		p := &automaton{spent: a.spent}
		p.starts, p.ends = []int32{p.add()}, []int32{p.add()}
		if err := p.build(x, p.starts[0], p.ends[0], depth+1); err != nil {
			return err
		}
		if p.tooLong {
			a.tooLong = true
			return nil
		}
		parts[i] = p
	}
	type pair [2]int32
	states := map[pair]int32{}
	var open []pair
	at := func(p pair) int32 {
		s, ok := states[p]
		if !ok {
			s = a.add()
			states[p] = s
			open = append(open, p)
		}
		return s
	}
	a.step(from, at(pair{parts[0].starts[0], parts[1].starts[0]}))
	for len(open) > 0 && !a.tooLong {
		p := open[len(open)-1]
		open = open[:len(open)-1]
		s := states[p]
		x, y := &parts[0].nodes[p[0]], &parts[1].nodes[p[1]]
		if len(x.calls)+len(y.calls) > 0 {
			return errors.New("a product of rules")
		}
		if p[0] == parts[0].ends[0] && p[1] == parts[1].ends[0] {
			a.step(s, to)
		}
		for _, n := range x.empty {
			a.step(s, at(pair{n, p[1]}))
		}
		for _, n := range y.empty {
			a.step(s, at(pair{p[0], n}))
		}
		for _, f := range x.edges {
			for _, g := range y.edges {
				if lo, hi := max(f.lo, g.lo), min(f.hi, g.hi); lo <= hi {
					a.bytes(s, at(pair{f.to, g.to}), byteRange{lo, hi})
				}
			}
		}
	}
	return nil
}
