package grammar

import (
	"errors"
	"fmt"
	"slices"
)

// node is what matches the values of a constraint.
func (c *compiler) node(n *constraint) (expression, error) {
	if n.listed {
		return c.listed(n)
	}
	all := choice{}
	for _, t := range []struct {
		t types
		f func(*constraint) (expression, error)
	}{
		{aNull, func(*constraint) (expression, error) { return literal("null"), nil }},
		{aBool, func(*constraint) (expression, error) { return choice{literal("true"), literal("false")}, nil }},
		{aNumber, c.number}, {aString, c.text}, {anArray, c.array}, {anObject, c.object},
	} {
		if n.types&t.t == 0 {
			continue
		}
		e, err := t.f(n)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// maxInner bounds how deep schemas with lists of values hold one another.
const maxInner = 4

// listed is the values of enum and const that the other keywords take as well.
func (c *compiler) listed(n *constraint) (expression, error) {
	all := choice{}
	var rest *automaton
	if !n.plain() {
		var err error
		if rest, err = c.without(n); err != nil {
			return nil, err
		}
	}
	for _, v := range n.values {
		if n.types&v.types() == 0 {
			continue
		}
		if !n.plain() {
			if rest == nil || !(&Grammar{a: rest}).Match(v.compact()) {
				continue
			}
		} else if n.integer && v.kind == 'n' {
			if r, err := v.rational(); err != nil || !r.IsInt() {
				continue
			}
		}
		all = append(all, v.expression(c.j))
	}
	return all, nil
}

// plain reports whether nothing but types and lists of values bind a value.
func (n *constraint) plain() bool {
	for _, p := range n.from {
		for _, m := range p.v.members {
			switch m.name {
			case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
				"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems",
				"properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties":
				return false
			}
		}
	}
	return true
}

// without returns the automaton of a constraint but for its lists of values.
func (c *compiler) without(n *constraint) (*automaton, error) {
	if c.depth >= maxInner {
		return nil, n.from[0].errorf("enum", "lists of values beside other keywords hold one another too deep")
	}
	inner := newCompiler(&builder{}, c.root)
	inner.depth, inner.ids, inner.work = c.depth+1, c.ids, c.work
	open := *n
	open.listed, open.values = false, nil
	e, err := inner.node(&open)
	if err != nil {
		return nil, err
	}
	if err := inner.run(); err != nil {
		return nil, err
	}
	if c.work = inner.work + 64*len(inner.b.rules); c.work > maxWork {
		return nil, n.from[0].errorf("enum", "too much to do for lists of values beside other keywords")
	}
	rules := append(inner.b.rules, rule{"the values", e})
	a, err := compile(rules, len(rules)-1)
	if errors.Is(err, errNoText) {
		return nil, nil
	}
	return a, err
}

// number is the numbers of a constraint.
func (c *compiler) number(n *constraint) (expression, error) {
	if n.lo == nil && n.hi == nil && len(n.multiple) == 0 {
		if n.integer {
			return c.j.integer, nil
		}
		return c.j.number, nil
	}
	if n.lo != nil && n.hi != nil && n.lo.at.Cmp(n.hi.at) > 0 {
		return never, nil
	}
	var e expression
	if n.integer {
		e = integerRange(n.lo, n.hi)
	} else {
		e = numberRange(n.lo, n.hi)
	}
	for _, m := range n.multiple {
		of, err := multipleOf(m)
		if err != nil {
			return nil, err
		}
		e = product{e, of}
	}
	return e, nil
}

// multipleOf is the multiples of a small integer, or of a negative power of ten.
func multipleOf(m schemaAt) (expression, error) {
	refused := fmt.Errorf("schema: %s: is supported for integers to %d and for 0.1, 0.01 and so on", m.path, maxMultiple)
	if m.v.kind != 'n' {
		return nil, refused
	}
	r, err := m.v.rational()
	if err != nil || r.Sign() <= 0 {
		return nil, refused
	}
	if r.IsInt() {
		if !r.Num().IsInt64() || r.Num().Int64() > maxMultiple {
			return nil, refused
		}
		return multiple(r.Num().Int64()), nil
	}
	whole, fraction := digits(r)
	if whole != "0" || fraction[len(fraction)-1] != '1' || slices.ContainsFunc([]byte(fraction[:len(fraction)-1]), func(b byte) bool { return b != '0' }) {
		return nil, refused
	}
	return sequence{optional(literal("-")), any1(digit), optional(sequence{literal("."), repeat{digit, 1, len(fraction)}})}, nil
}

// text is the strings of a constraint.
func (c *compiler) text(n *constraint) (expression, error) {
	if n.text.none() {
		return never, nil
	}
	inner, err := c.characters(n)
	if err != nil || inner == nil {
		return c.j.str, err
	}
	return sequence{literal(`"`), inner, literal(`"`)}, nil
}

// characters is what stands between the quotes; nil: anything.
func (c *compiler) characters(n *constraint) (expression, error) {
	counted := n.text != count{0, -1}
	var all []expression
	for _, p := range n.patterns {
		if p.v.kind != 's' {
			return nil, fmt.Errorf("schema: %s: is not a text", p.path)
		}
		e, err := patternOf(p.v.text, anywhere)
		if err != nil {
			return nil, fmt.Errorf("schema: %s: %w", p.path, err)
		}
		all = append(all, e)
	}
	for _, f := range n.formats {
		e, err := formatOf(f)
		if err != nil {
			return nil, err
		}
		if e != nil {
			all = append(all, e)
		}
	}
	switch {
	case len(all) == 0 && !counted:
		return nil, nil
	case len(all) == 0:
		// A rule by itself, so that strings of one length have their masks in common.
		return repeat{c.j.stringChar(), n.text.least, n.text.most}, nil
	case counted:
		all = append(all, repeat{escaped(anyRune), n.text.least, n.text.most})
	}
	e := all[0]
	for _, more := range all[1:] {
		e = product{e, more}
	}
	return e, nil
}

// patternOf is what a pattern of a schema matches, each character written in one way.
func patternOf(pattern string, sides side) (expression, error) {
	re, err := parseECMA(pattern)
	if err != nil {
		return nil, err
	}
	return (&regex{char: escaped}).at(re, sides, sides)
}

// array is the arrays of a constraint.
func (c *compiler) array(n *constraint) (expression, error) {
	var prefix [][]schemaAt
	var rest []schemaAt
	for _, p := range n.from {
		first, others, err := itemsOf(p)
		if err != nil {
			return nil, err
		}
		for len(prefix) < len(first) {
			prefix = append(prefix, slices.Clone(rest))
		}
		for i := range prefix {
			if i < len(first) {
				prefix[i] = append(prefix[i], first[i])
			} else if others != nil {
				prefix[i] = append(prefix[i], *others)
			}
		}
		if others != nil {
			rest = append(rest, *others)
		}
	}
	if n.list.none() {
		return never, nil
	}
	if n.unique != nil && (n.list.most < 0 || n.list.most > 1) {
		return nil, n.unique.errorf("uniqueItems", "is supported with maxItems of 1 only")
	}
	var items []expression
	for _, p := range prefix {
		r, err := c.rule(p)
		if err != nil {
			return nil, err
		}
		items = append(items, r)
	}
	r, err := c.rule(rest)
	if err != nil {
		return nil, err
	}
	return c.items(items, r, n.list), nil
}

// items is an array whose first items are given.
func (c *compiler) items(first []expression, rest expression, n count) expression {
	if len(first) == 0 {
		return c.j.list("[", "]", rest, n.least, n.most)
	}
	if n.most >= 0 && n.most < len(first) {
		first, rest = first[:n.most], nil
	}
	// From the end: what follows i items, of which there is one at least.
	after := expression(empty)
	if rest != nil {
		most := -1
		if n.most >= 0 {
			most = n.most - len(first)
		}
		after = repeat{sequence{c.j.comma(), rest}, max(n.least-len(first), 0), most}
	}
	for i := len(first) - 1; i >= 0; i-- {
		e := sequence{first[i], after}
		if i > 0 {
			e = sequence{c.j.comma(), first[i], after}
		}
		if after = e; i >= n.least {
			after = optional(e)
		}
	}
	return sequence{literal("["), c.j.space, after, c.j.space, literal("]")}
}

// itemsOf returns what a schema says of the first items and of all others.
func itemsOf(p schemaAt) (first []schemaAt, rest *schemaAt, err error) {
	list := func(keyword string, v *value) {
		for i, x := range v.items {
			first = append(first, p.sub(keyword, nil).sub(fmt.Sprint(i), x))
		}
	}
	items, prefix, more := p.v.get("items"), p.v.get("prefixItems"), p.v.get("additionalItems")
	switch {
	case prefix != nil && (prefix.kind != 'a' || items != nil && items.kind == 'a'):
		return nil, nil, p.errorf("prefixItems", "is not a list of schemas beside a schema of items")
	case prefix != nil:
		list("prefixItems", prefix)
	case items != nil && items.kind == 'a':
		list("items", items)
		items = more
	}
	if items != nil {
		q := p.sub("items", items)
		rest = &q
	}
	return first, rest, nil
}
