package grammar

// findNullable finds the rules that match the empty text.
func (a *automaton) findNullable() {
	a.nullable = make([]bool, len(a.starts))
	reached := make([]bool, len(a.nodes)) // over nothing, from the start of its rule
	waiting := make([][]int32, len(a.starts))
	ends := map[int32]int{}
	for i, e := range a.ends {
		ends[e] = i
	}
	var open []int32
	reach := func(s int32) {
		if !reached[s] {
			reached[s] = true
			open = append(open, s)
		}
	}
	for _, s := range a.starts {
		reach(s)
	}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		if r, ok := ends[s]; ok {
			a.nullable[r] = true
			for _, w := range waiting[r] {
				reach(w)
			}
		}
		for _, n := range a.nodes[s].empty {
			reach(n)
		}
		for _, c := range a.nodes[s].calls {
			if a.nullable[c.rule] {
				reach(c.to)
			} else {
				waiting[c.rule] = append(waiting[c.rule], c.to)
			}
		}
	}
}

// corner returns the rules that a rule may begin with.
func (a *automaton) corner(rule int32) (rules []int32) {
	seen := map[int32]bool{}
	open := []int32{a.starts[rule]}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		open = append(open, a.nodes[s].empty...)
		for _, c := range a.nodes[s].calls {
			rules = append(rules, c.rule)
			if a.nullable[c.rule] {
				open = append(open, c.to)
			}
		}
	}
	return rules
}

// leftRecursive returns a rule that may begin with itself, or -1.
func (a *automaton) leftRecursive() int {
	const under, done = 1, 2
	mark := make([]uint8, len(a.starts))
	type visit struct {
		rule int32
		rest []int32
	}
	for first := range a.starts {
		if mark[first] != 0 {
			continue
		}
		mark[first] = under
		path := []visit{{int32(first), a.corner(int32(first))}}
		for len(path) > 0 {
			v := &path[len(path)-1]
			if len(v.rest) == 0 {
				mark[v.rule] = done
				path = path[:len(path)-1]
				continue
			}
			next := v.rest[0]
			v.rest = v.rest[1:]
			switch mark[next] {
			case under:
				return int(next)
			case 0:
				mark[next] = under
				path = append(path, visit{next, a.corner(next)})
			}
		}
	}
	return -1
}

// findDead finds the states from which the end of their rule cannot be reached.
func (a *automaton) findDead() {
	back := make([][]int32, len(a.nodes)) // over nothing or a byte
	called := make([][][2]int32, len(a.nodes))
	callers := make([][][2]int32, len(a.starts)) // of a rule: state before and behind the call
	a.dead = make([]bool, len(a.nodes))
	for s := range a.nodes {
		a.dead[s] = true
		n := &a.nodes[s]
		for _, t := range n.empty {
			back[t] = append(back[t], int32(s))
		}
		for _, e := range n.edges {
			back[e.to] = append(back[e.to], int32(s))
		}
		for _, c := range n.calls {
			called[c.to] = append(called[c.to], [2]int32{int32(s), c.rule})
			callers[c.rule] = append(callers[c.rule], [2]int32{int32(s), c.to})
		}
	}
	begins := map[int32]int{}
	for i, s := range a.starts {
		begins[s] = i
	}
	var open []int32
	live := func(s int32) {
		if a.dead[s] {
			a.dead[s] = false
			open = append(open, s)
		}
	}
	for _, e := range a.ends {
		live(e)
	}
	for len(open) > 0 {
		s := open[len(open)-1]
		open = open[:len(open)-1]
		for _, b := range back[s] {
			live(b)
		}
		for _, c := range called[s] {
			if !a.dead[a.starts[c[1]]] {
				live(c[0])
			}
		}
		if r, ok := begins[s]; ok {
			for _, c := range callers[r] {
				if !a.dead[c[1]] {
					live(c[0])
				}
			}
		}
	}
}

// findTails finds the states from which one step after another over nothing leads to
// the end of the rule, and nothing else does: a call that returns there need not
// return at all.
func (a *automaton) findTails() {
	a.tail = make([]bool, len(a.nodes))
	for _, e := range a.ends {
		a.tail[e] = true
	}
	for s := range a.nodes {
		at, steps := int32(s), 0
		for !a.tail[at] && steps < 64 {
			n := &a.nodes[at]
			if len(n.edges)+len(n.calls) > 0 || len(n.empty) != 1 {
				break
			}
			at = n.empty[0]
			steps++
		}
		a.tail[s] = a.tail[at]
	}
}

// classify numbers the bytes that some edge tells apart.
func (a *automaton) classify() {
	var begins [257]bool
	begins[0] = true
	for i := range a.nodes {
		for _, e := range a.nodes[i].edges {
			begins[e.lo], begins[int(e.hi)+1] = true, true
		}
	}
	for b := range 256 {
		if begins[b] {
			a.sample = append(a.sample, byte(b))
		}
		a.class[b] = uint8(len(a.sample) - 1)
	}
}
