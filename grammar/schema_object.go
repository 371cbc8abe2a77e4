package grammar

import (
	"errors"
	"fmt"
	"slices"
	"sort"
)

// maxNames bounds the named members of an object, maxMatched those that are held to a
// pattern of names.
const (
	maxNames   = 4096
	maxMatched = 64
)

// fields is what schemas together say of the members of an object.
type fields struct {
	names    []string
	of       map[string][]schemaAt // by name
	required map[string]bool
	rest     []schemaAt // of other members
	closed   bool       // there are no others
	pattern  *schemaAt  // what patternProperties says of others
	text     string     // the pattern of their names
	allowed  []schemaAt // propertyNames
}

// object is the objects of a constraint.
func (c *compiler) object(n *constraint) (expression, error) {
	f, err := c.fields(n)
	if err != nil {
		return nil, err
	}
	if err := f.count(n); err != nil {
		return nil, err
	}
	var others expression // a member that is not named
	if !f.closed {
		if others, err = c.others(f); err != nil {
			return nil, err
		}
	}
	if n.members.none() {
		return never, nil
	}
	if len(f.names) == 0 {
		if f.closed {
			if n.members.least > 0 {
				return never, nil
			}
			return sequence{literal("{"), c.j.space, literal("}")}, nil
		}
		return c.j.list("{", "}", others, n.members.least, n.members.most), nil
	}
	return c.ordered(f, others)
}

// fields reads the keywords of members.
func (c *compiler) fields(n *constraint) (*fields, error) {
	f := &fields{of: map[string][]schemaAt{}, required: map[string]bool{}}
	add := func(name string) {
		if !slices.Contains(f.names, name) {
			f.names = append(f.names, name)
		}
	}
	named, open := false, false
	for _, p := range n.from {
		if v := p.v.get("properties"); v != nil {
			if v.kind != 'o' {
				return nil, p.errorf("properties", "is no object")
			}
			named = named || len(v.members) > 0
			if len(v.members)+len(f.names) > maxNames {
				return nil, p.errorf("properties", "more than %d", maxNames)
			}
			for _, m := range v.members {
				add(m.name)
			}
		}
		if v := p.v.get("additionalProperties"); v != nil {
			q := p.sub("additionalProperties", v)
			if v.kind == 'b' && !v.truth {
				f.closed = true
			} else {
				open = true
				f.rest = append(f.rest, q)
			}
		}
		if v := p.v.get("propertyNames"); v != nil && !(v.kind == 'b' && v.truth) {
			f.allowed = append(f.allowed, p.sub("propertyNames", v))
		}
		if err := f.require(p); err != nil {
			return nil, err
		}
		if err := f.patterns(p, len(n.from) == 1); err != nil {
			return nil, err
		}
	}
	for _, name := range sortedNames(f.required) {
		add(name)
	}
	if len(f.names) > 0 && len(f.allowed) > 0 {
		return nil, f.allowed[0].errorf("", "is not supported beside names of properties")
	}
	f.closed = f.closed && f.pattern == nil || named && !open && f.pattern == nil
	for _, name := range f.names {
		for _, p := range n.from {
			q, err := f.member(p, name)
			if err != nil {
				return nil, err
			}
			f.of[name] = append(f.of[name], q...)
		}
	}
	return f, nil
}

func sortedNames(m map[string]bool) (names []string) {
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (f *fields) require(p schemaAt) error {
	v := p.v.get("required")
	if v == nil {
		return nil
	}
	if v.kind != 'a' {
		return p.errorf("required", "is not a list of names")
	}
	if len(v.items) > maxNames {
		return p.errorf("required", "more than %d names", maxNames)
	}
	for _, x := range v.items {
		if x.kind != 's' {
			return p.errorf("required", "is not a list of names")
		}
		f.required[x.text] = true
	}
	return nil
}

// patterns reads patternProperties: one pattern of an object that has no other members.
func (f *fields) patterns(p schemaAt, alone bool) error {
	v := p.v.get("patternProperties")
	if v == nil || len(v.members) == 0 && v.kind == 'o' {
		return nil
	}
	more := p.v.get("additionalProperties")
	if v.kind != 'o' || len(v.members) != 1 || !alone || more == nil || more.kind != 'b' || more.truth {
		return p.errorf("patternProperties", "is supported with one pattern and additionalProperties false, by itself")
	}
	q := p.sub("patternProperties", nil).sub(v.members[0].name, v.members[0].value)
	f.pattern, f.text = &q, v.members[0].name
	f.rest = append(f.rest, q)
	return nil
}

// member returns what a schema says of a member.
func (f *fields) member(p schemaAt, name string) ([]schemaAt, error) {
	var all []schemaAt
	found := false
	if v := p.v.get("properties").member(name); v != nil {
		all, found = append(all, p.sub("properties", nil).sub(name, v)), true
	}
	if v := p.v.get("patternProperties"); v != nil && len(v.members) > 0 {
		if len(f.names) > maxMatched {
			return nil, p.errorf("patternProperties", "is not supported beside more than %d names", maxMatched)
		}
		e, err := patternOf(v.members[0].name, anywhere)
		if err != nil {
			return nil, p.errorf("patternProperties", "%v", err)
		}
		a, err := compile([]rule{{"the pattern", product{e, quotedInside(name)}}}, 0)
		if err == nil && a != nil {
			all, found = append(all, p.sub("patternProperties", nil).sub(v.members[0].name, v.members[0].value)), true
		} else if !errors.Is(err, errNoText) {
			return nil, p.errorf("patternProperties", "%v", err)
		}
	}
	if v := p.v.get("additionalProperties"); v != nil && !found {
		all = append(all, p.sub("additionalProperties", v))
	}
	return all, nil
}

func (v *value) member(name string) *value {
	if v == nil {
		return nil
	}
	return v.get(name)
}

// count holds minProperties and maxProperties to the members that are named: where
// there are others, the same name might come twice, and so they cannot be counted.
func (f *fields) count(n *constraint) error {
	required := 0
	for _, name := range f.names {
		if f.required[name] {
			required++
		}
	}
	p := n.from
	if n.members.least > required && n.members.least > 0 && !(len(f.names) == 0 && n.members.least == 1) {
		return p[0].errorf("minProperties", "is supported where as many are required only")
	}
	if most := n.members.most; most >= 0 && len(f.names) > 0 && (!f.closed || most < len(f.names)) {
		return p[0].errorf("maxProperties", "is supported without named properties, or where all may be there only")
	}
	return nil
}

// others is a member that has no name of its own. A name that has must not come again,
// for the last of two would count.
func (c *compiler) others(f *fields) (expression, error) {
	var names []expression
	if f.pattern != nil {
		last := f.pattern.path
		e, err := patternOf(f.text, anywhere)
		if err != nil {
			return nil, fmt.Errorf("schema: %s: %w", last, err)
		}
		names = append(names, e)
	}
	if len(f.allowed) > 0 {
		e, err := c.names(f.allowed)
		if err != nil {
			return nil, err
		}
		if e != nil {
			names = append(names, e)
		}
	}
	if len(f.names) > 0 {
		names = append(names, without(f.names))
	}
	r, err := c.rule(f.rest)
	if err != nil {
		return nil, err
	}
	name := expression(c.j.str)
	if len(names) > 0 {
		e := names[0]
		for _, more := range names[1:] {
			e = product{e, more}
		}
		name = sequence{literal(`"`), e, literal(`"`)}
	}
	return sequence{name, c.j.colon(), r}, nil
}

// names is what propertyNames allows between the quotes; nil: anything.
func (c *compiler) names(all []schemaAt) (expression, error) {
	sets, err := c.expand(all)
	if err != nil {
		return nil, err
	}
	out := choice{}
	for _, set := range sets {
		n, err := c.merge(set)
		if err != nil {
			return nil, err
		}
		switch {
		case n.listed && n.plain():
			for _, v := range n.values {
				if n.types&aString != 0 && v.kind == 's' {
					out = append(out, quotedInside(v.text))
				}
			}
			continue
		case n.listed:
			return nil, set[0].errorf("enum", "is not supported beside other keywords of names")
		case n.types&aString == 0 || n.text.none():
			continue
		}
		e, err := c.characters(n)
		if err != nil {
			return nil, err
		}
		if e == nil || len(n.patterns)+len(n.formats) == 0 {
			e = repeat{escaped(anyRune), n.text.least, n.text.most}
		}
		out = append(out, e)
	}
	return out, nil
}

// without is all names but these, as characters that need no escape.
func without(names []string) expression {
	var here []rune
	below := map[rune][]string{}
	ends := false
	for _, n := range names {
		if n == "" {
			ends = true
			continue
		}
		r := []rune(n)
		if _, ok := below[r[0]]; !ok {
			here = append(here, r[0])
		}
		below[r[0]] = append(below[r[0]], string(r[1:]))
	}
	all := choice{sequence{plainChar.minus(oneOf(string(here))), any0(plainChar)}}
	if !ends {
		all = append(all, empty)
	}
	for _, r := range here {
		if plainChar.has(r) {
			all = append(all, sequence{charset{{r, r}}, without(below[r])})
		}
	}
	return all
}

// ordered is an object whose named members stand in their order, those that are not
// required or not, and others behind them.
func (c *compiler) ordered(f *fields, others expression) (expression, error) {
	comma := c.j.comma()
	// What follows where no member stands yet, and behind one.
	first, after := expression(empty), expression(empty)
	if others != nil {
		after = c.b.add("others", any0(sequence{comma, others}))
		first = optional(sequence{others, after})
	}
	for i := len(f.names) - 1; i >= 0; i-- {
		name := f.names[i]
		r, err := c.rule(f.of[name])
		if err != nil {
			return nil, err
		}
		pair := sequence{quoted(name), c.j.colon(), r}
		if len(c.b.rules) >= maxSchemaRules {
			return nil, fmt.Errorf("schema: the schema is too large")
		}
		if f.required[name] {
			first = sequence{pair, after}
			after = c.b.add("members", sequence{comma, pair, after})
		} else {
			first = c.b.add("members", choice{sequence{pair, after}, first})
			after = c.b.add("members", sequence{optional(sequence{comma, pair}), after})
		}
	}
	return sequence{literal("{"), c.j.space, first, c.j.space, literal("}")}, nil
}
