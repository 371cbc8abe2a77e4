package grammar

// exclusive fails unless no value can be taken by two branches of oneOf.
func (c *compiler) exclusive(p schemaAt, branches []schemaAt) error {
	var sets [][][]schemaAt
	for _, b := range branches {
		s, err := c.expand([]schemaAt{b})
		if err != nil {
			return err
		}
		sets = append(sets, s)
	}
	for i := range sets {
		for k := range i {
			ok, err := c.disjoint(sets[i], sets[k], 3)
			if err != nil {
				return err
			}
			if !ok {
				return p.errorf("oneOf", "branches %d and %d may take the same value: anyOf says that they may", k, i)
			}
		}
	}
	return nil
}

// disjoint reports whether it is certain that no value fits alternatives of both.
func (c *compiler) disjoint(as, bs [][]schemaAt, depth int) (bool, error) {
	for _, a := range as {
		for _, b := range bs {
			if c.work += 32; c.work > maxWork {
				return false, a[0].errorf("oneOf", "there are too many alternatives")
			}
			x, err := c.merge(a)
			if err != nil {
				return false, err
			}
			y, err := c.merge(b)
			if err != nil {
				return false, err
			}
			if ok, err := c.apart(x, y, depth); err != nil || !ok {
				return false, err
			}
		}
	}
	return true, nil
}

// apart reports whether it is certain that no value fits both constraints.
func (c *compiler) apart(x, y *constraint, depth int) (bool, error) {
	both := x.types & y.types
	if both == 0 {
		return true, nil
	}
	if x.listed && y.listed {
		z := *x
		z.oneOf(y.values)
		return len(z.values) == 0, nil
	}
	if both&^(aNumber|anArray|aString|anObject) != 0 || x.listed || y.listed {
		return false, nil
	}
	if both&aNumber != 0 && !below(x.hi, y.lo) && !below(y.hi, x.lo) {
		return false, nil
	}
	if both&anArray != 0 && !x.list.below(y.list) && !y.list.below(x.list) {
		return false, nil
	}
	if both&aString != 0 && !x.text.below(y.text) && !y.text.below(x.text) {
		return false, nil
	}
	if both&anObject == 0 {
		return true, nil
	}
	return c.objectsApart(x, y, depth)
}

// below reports whether a range that ends at hi has nothing in common with one that
// begins at lo.
func below(hi, lo *bound) bool {
	if hi == nil || lo == nil {
		return false
	}
	d := hi.at.Cmp(lo.at)
	return d < 0 || d == 0 && (hi.open || lo.open)
}

func (n count) below(m count) bool { return n.most >= 0 && n.most < m.least }

// objectsApart looks for a member that one must have, and that the other must have as
// something else, or must not have.
func (c *compiler) objectsApart(x, y *constraint, depth int) (bool, error) {
	if depth == 0 {
		return false, nil
	}
	f, err := c.fields(x)
	if err != nil {
		return false, err
	}
	g, err := c.fields(y)
	if err != nil {
		return false, err
	}
	for _, pair := range [][2]*fields{{f, g}, {g, f}} {
		other := y
		if pair[0] == g {
			other = x
		}
		for _, name := range sortedNames(pair[0].required) {
			if !pair[1].required[name] {
				if forbids(other, name) {
					return true, nil
				}
				continue
			}
			a, err := c.expand(pair[0].of[name])
			if err != nil {
				return false, err
			}
			b, err := c.expand(pair[1].of[name])
			if err != nil {
				return false, err
			}
			if ok, err := c.disjoint(a, b, depth-1); err != nil || ok {
				return ok, err
			}
		}
	}
	return false, nil
}

// forbids reports whether a schema itself says that there is no member of a name.
func forbids(n *constraint, name string) bool {
	for _, p := range n.from {
		more, patterns := p.v.get("additionalProperties"), p.v.get("patternProperties")
		if more != nil && more.kind == 'b' && !more.truth && p.v.get("properties").member(name) == nil && patterns == nil {
			return true
		}
	}
	return false
}
