package grammar

import (
	"math/big"
	"slices"
)

// types are the types of JSON values, as a set.
type types uint8

const (
	aNull types = 1 << iota
	aBool
	aNumber
	aString
	anArray
	anObject
	anyType = 1<<iota - 1
)

var typeNames = map[string]types{"null": aNull, "boolean": aBool, "number": aNumber, "integer": aNumber, "string": aString, "array": anArray, "object": anObject}

// constraint is what schemas together say of one value.
type constraint struct {
	from     []schemaAt
	types    types
	integer  bool
	values   []*value // of enum and const
	listed   bool     // values says which there are
	lo, hi   *bound
	multiple []schemaAt // keywords
	patterns []schemaAt
	formats  []schemaAt
	text     count // characters of a string
	list     count // items of an array
	members  count // of an object
	unique   *schemaAt
}

// count is from least to most; most < 0: any number.
type count struct{ least, most int }

func (n *count) raise(least int) { n.least = max(n.least, least) }
func (n *count) lower(most int) {
	if n.most < 0 || most < n.most {
		n.most = most
	}
}
func (n *count) none() bool { return n.most >= 0 && n.most < n.least }

// merge reads what schemas say of a value, but for its parts.
func (c *compiler) merge(from []schemaAt) (*constraint, error) {
	n := &constraint{from: from, types: anyType, text: count{0, -1}, list: count{0, -1}, members: count{0, -1}}
	for _, p := range from {
		for _, m := range p.v.members {
			if err := c.keyword(n, p, m); err != nil {
				return nil, err
			}
		}
	}
	if n.listed {
		var held types
		for _, v := range n.values {
			held |= v.types()
		}
		n.types &= held
	}
	return n, nil
}

func (v *value) types() types {
	return map[byte]types{0: aNull, 'b': aBool, 'n': aNumber, 's': aString, 'a': anArray, 'o': anObject}[v.kind]
}

func (c *compiler) keyword(n *constraint, p schemaAt, m member) error {
	switch m.name {
	case "type":
		return n.restrict(p, m.value)
	case "enum":
		if m.value.kind != 'a' {
			return p.errorf(m.name, "is not a list")
		}
		if len(n.values)*len(m.value.items) > maxWork {
			return p.errorf(m.name, "there are too many values")
		}
		n.oneOf(m.value.items)
	case "const":
		n.oneOf([]*value{m.value})
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum":
		return n.bound(p, m)
	case "multipleOf":
		n.multiple = append(n.multiple, p.sub(m.name, m.value))
	case "pattern":
		n.patterns = append(n.patterns, p.sub(m.name, m.value))
	case "format":
		n.formats = append(n.formats, p.sub(m.name, m.value))
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
		return n.size(p, m)
	case "uniqueItems":
		if m.value.kind == 'b' && m.value.truth {
			n.unique = &p
		}
	case "not":
		return c.not(n, p, m.value)
	}
	return nil
}

// restrict reads type.
func (n *constraint) restrict(p schemaAt, v *value) error {
	list := []*value{v}
	if v.kind == 'a' {
		list = v.items
	}
	var all types
	number := false
	for _, x := range list {
		t, ok := typeNames[x.text]
		if x.kind != 's' || !ok {
			return p.errorf("type", "names no type")
		}
		all |= t
		number = number || x.text == "number"
	}
	n.types &= all
	n.integer = n.integer || all&aNumber != 0 && !number
	return nil
}

// not takes types away; that is all of it that is followed.
func (c *compiler) not(n *constraint, p schemaAt, v *value) error {
	if v.kind == 'b' {
		if v.truth {
			n.types = 0
		}
		return nil
	}
	if v.kind != 'o' || len(v.members) > 1 || len(v.members) == 1 && v.members[0].name != "type" {
		return p.errorf("not", "is only supported with nothing but a type in it")
	}
	var not constraint
	not.types = anyType
	if t := v.get("type"); t != nil {
		if err := not.restrict(p, t); err != nil {
			return err
		}
	}
	if not.integer {
		return p.errorf("not", "is not supported with integer")
	}
	n.types &^= not.types
	return nil
}

func (n *constraint) oneOf(values []*value) {
	if !n.listed {
		n.values, n.listed = values, true
		return
	}
	var both []*value
	for _, v := range n.values {
		if slices.ContainsFunc(values, v.equal) {
			both = append(both, v)
		}
	}
	n.values = both
}

func (n *constraint) bound(p schemaAt, m member) error {
	if m.value.kind != 'n' {
		return p.errorf(m.name, "is no number")
	}
	at, err := m.value.rational()
	if err != nil {
		return p.errorf(m.name, "%v", err)
	}
	b := &bound{at, m.name[0] == 'e'}
	end, sign := &n.lo, 1
	if m.name == "maximum" || m.name == "exclusiveMaximum" {
		end, sign = &n.hi, -1
	}
	if old := *end; old == nil || sign*b.at.Cmp(old.at) > 0 || b.at.Cmp(old.at) == 0 && b.open {
		*end = b
	}
	return nil
}

func (n *constraint) size(p schemaAt, m member) error {
	r := new(big.Rat)
	if m.value.kind == 'n' {
		var err error
		if r, err = m.value.rational(); err != nil {
			return p.errorf(m.name, "%v", err)
		}
	}
	if m.value.kind != 'n' || !r.IsInt() || r.Sign() < 0 {
		return p.errorf(m.name, "is no number of things")
	}
	size := maxCount + 1
	if r.Num().IsInt64() {
		size = int(min(r.Num().Int64(), int64(size)))
	}
	of := map[string]*count{"Length": &n.text, "Items": &n.list, "Properties": &n.members}[m.name[3:]]
	if m.name[:3] != "min" {
		of.lower(min(size, maxCount))
		return nil
	}
	if size > maxCount {
		return p.errorf(m.name, "is larger than %d", maxCount)
	}
	of.raise(size)
	return nil
}

// maxCount bounds what is counted: beyond it, what is longer does not fit, though it
// may be valid.
const maxCount = 8192
