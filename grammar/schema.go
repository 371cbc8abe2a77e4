package grammar

import (
	"fmt"
	"slices"
	"strings"
)

// FromSchema returns the grammar of the values that a JSON Schema (draft 7 or 2020-12)
// takes, with a bounded amount of white space between their parts. Whatever fits the
// grammar is valid; not all that is valid fits: members of objects stand in the order
// of the schema, numbers have small exponents or none, and an object whose properties
// are named has no others unless additionalProperties says so.
//
// Keywords that cannot be followed are an error that names the place and the keyword;
// so is oneOf where its branches cannot be told apart for certain.
func FromSchema(schema []byte) (*Grammar, error) {
	b := &builder{}
	root, err := addSchema(b, schema)
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	return fromRules(append(b.rules, rule{"the schema", root}), len(b.rules), "schema", string(schema))
}

// addSchema adds the rules of a schema and returns what matches its values.
func addSchema(b *builder, schema []byte) (expression, error) {
	if len(schema) > maxSource {
		return nil, fmt.Errorf("schema: %d bytes: at most %d are read", len(schema), maxSource)
	}
	v, err := parseValue(schema)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return newCompiler(b, v).all(schemaAt{v, "#", nil})
}

// schemaAt is a schema, where it stands, and the schemas of the same value that led to it.
type schemaAt struct {
	v    *value
	path string
	via  *schemaAt
}

func (p schemaAt) at(name string) schemaAt {
	path := p.path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name[:min(len(name), 80)])
	if len(path) > maxPath {
		path = path[:maxPath/2] + "…" + path[len(path)-maxPath/3:]
	}
	return schemaAt{path: path}
}

func (p schemaAt) sub(name string, v *value) schemaAt {
	q := p.at(name)
	q.v = v
	return q
}

// errorf is an error of a keyword.
func (p schemaAt) errorf(keyword, format string, args ...any) error {
	return fmt.Errorf("schema: %s/%.40s: %s", p.path, keyword, fmt.Sprintf(format, args...))
}

// Bounds of a schema.
const (
	maxSchemaRules  = 1 << 14
	maxAlternatives = 512
	maxWork         = 1 << 20
	maxPath         = 200 // bytes of what errors call a place
)

// compiler makes rules of schemas. A rule stands for values that several schemas take
// at once, which $ref, allOf and properties named twice ask for.
type compiler struct {
	b       *builder
	j       *jsonRules
	root    *value
	ids     bool // some schema has an $id, so that what $ref means is not plain
	anchors map[string]*value
	rules   map[string]reference
	open    []task
	numbers map[*value]int
	work    int
	depth   int // of compilers within one another
}

type task struct {
	rule reference
	all  []schemaAt
}

func newCompiler(b *builder, root *value) *compiler {
	c := &compiler{b: b, j: newJSONRules(b), root: root, rules: map[string]reference{}, numbers: map[*value]int{}}
	for _, m := range root.members {
		c.ids = c.ids || hasID(m.value)
	}
	return c
}

func hasID(v *value) bool {
	if id := v.get("$id"); id != nil && id.kind == 's' {
		return true
	}
	return slices.ContainsFunc(v.items, hasID) ||
		slices.ContainsFunc(v.members, func(m member) bool { return hasID(m.value) })
}

// all returns what matches the values of a schema, with all rules that it needs.
func (c *compiler) all(p schemaAt) (expression, error) {
	root, err := c.rule([]schemaAt{p})
	if err != nil {
		return nil, err
	}
	return root, c.run()
}

// run makes the bodies of the rules that are wanted.
func (c *compiler) run() error {
	for len(c.open) > 0 {
		t := c.open[0]
		c.open = c.open[1:]
		e, err := c.body(t.all)
		if err != nil {
			return err
		}
		c.b.rules[t.rule].body = e
	}
	return nil
}

// rule returns the rule of the values that all of some schemas take.
func (c *compiler) rule(all []schemaAt) (reference, error) {
	if len(all) == 0 {
		return c.j.value, nil
	}
	var numbers []int
	for _, p := range all {
		n, ok := c.numbers[p.v]
		if !ok {
			n = len(c.numbers)
			c.numbers[p.v] = n
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	key := fmt.Sprint(slices.Compact(numbers))
	r, ok := c.rules[key]
	if !ok {
		if len(c.b.rules) >= maxSchemaRules {
			return 0, all[0].errorf("", "the schema is too large")
		}
		r = c.b.add(all[0].path, nil)
		c.rules[key] = r
		c.open = append(c.open, task{r, all})
	}
	return r, nil
}

// body is what matches the values that all of some schemas take.
func (c *compiler) body(all []schemaAt) (expression, error) {
	alternatives, err := c.expand(all)
	if err != nil {
		return nil, err
	}
	body := choice{}
	for _, set := range alternatives {
		n, err := c.merge(set)
		if err != nil {
			return nil, err
		}
		e, err := c.node(n)
		if err != nil {
			return nil, err
		}
		body = append(body, e)
	}
	return body, nil
}

// expand follows what schemas say of the same value in other schemas. It returns
// alternatives, in each of which all schemas must take the value by the keywords that
// are left, those about its type and parts.
func (c *compiler) expand(all []schemaAt) ([][]schemaAt, error) {
	var out [][]schemaAt
	var follow func(open, have []schemaAt) error
	follow = func(open, have []schemaAt) error {
		for len(open) > 0 {
			if c.work++; c.work > maxWork || len(out) > maxAlternatives {
				return open[0].errorf("", "there are too many alternatives")
			}
			p := open[0]
			open = open[1:]
			switch {
			case p.v.kind == 'b' && p.v.truth:
				continue
			case p.v.kind == 'b':
				return nil
			case p.v.kind != 'o':
				return p.errorf("", "a schema is an object, true or false")
			}
			if slices.ContainsFunc(have, func(h schemaAt) bool { return h.v == p.v }) {
				continue
			}
			have = append(slices.Clip(have), p)
			more, branches, err := c.inPlace(p)
			if err != nil {
				return err
			}
			open = append(slices.Clone(more), open...)
			if branches == nil {
				continue
			}
			// Of several lists of branches one is taken of each.
			first, rest := branches[0], branches[1:]
			lists := [][]schemaAt{open}
			for _, list := range append([][]schemaAt{first}, rest...) {
				var next [][]schemaAt
				for _, begun := range lists {
					for _, b := range list {
						next = append(next, append([]schemaAt{b}, begun...))
					}
				}
				if lists = next; len(lists) > maxAlternatives {
					return p.errorf("", "there are too many alternatives")
				}
			}
			for _, l := range lists {
				if err := follow(l, have); err != nil {
					return err
				}
			}
			return nil
		}
		out = append(out, have)
		return nil
	}
	err := follow(all, nil)
	return out, err
}

// inPlace returns the schemas that p demands of the same value, and lists of which one
// is demanded each.
func (c *compiler) inPlace(p schemaAt) (more []schemaAt, branches [][]schemaAt, err error) {
	if err := checkKeywords(p); err != nil {
		return nil, nil, err
	}
	if ref := p.v.get("$ref"); ref != nil {
		q, err := c.resolve(p, ref)
		if err != nil {
			return nil, nil, err
		}
		for up := &p; up != nil; up = up.via {
			if up.v == q.v {
				return nil, nil, p.errorf("$ref", "the schema refers to itself without end")
			}
		}
		q.via = &p
		more = append(more, q)
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list := p.v.get(keyword)
		if list == nil {
			continue
		}
		if list.kind != 'a' || len(list.items) == 0 {
			return nil, nil, p.errorf(keyword, "is not a list of schemas")
		}
		var subs []schemaAt
		for i, v := range list.items {
			q := p.sub(keyword, nil).sub(fmt.Sprint(i), v)
			q.via = &p
			subs = append(subs, q)
		}
		switch keyword {
		case "allOf":
			more = append(more, subs...)
			continue
		case "oneOf":
			if err := c.exclusive(p, subs); err != nil {
				return nil, nil, err
			}
		}
		branches = append(branches, subs)
	}
	return more, branches, nil
}

// resolve follows a reference within the document.
func (c *compiler) resolve(p schemaAt, ref *value) (schemaAt, error) {
	if ref.kind != 's' {
		return p, p.errorf("$ref", "is not a text")
	}
	if c.ids {
		return p, p.errorf("$ref", "is not supported where schemas within the schema have an $id")
	}
	text := ref.text
	if id := c.root.get("$id"); id != nil && id.kind == 's' && id.text != "" {
		text = "#" + strings.TrimPrefix(strings.TrimPrefix(text, strings.TrimSuffix(id.text, "#")), "#")
		if ref.text != text && !strings.HasPrefix(ref.text, strings.TrimSuffix(id.text, "#")) {
			return p, p.errorf("$ref", "%.60q: only references within the schema are supported", ref.text)
		}
	}
	pointer, ok := strings.CutPrefix(text, "#")
	if !ok {
		return p, p.errorf("$ref", "%.60q: only references within the schema are supported", ref.text)
	}
	v := c.root
	if pointer != "" && pointer[0] != '/' {
		if c.anchors == nil {
			c.anchors = map[string]*value{}
			findAnchors(c.root, c.anchors)
		}
		if found := c.anchors[pointer]; found != nil {
			return schemaAt{path: "#"}.sub(pointer, found), nil
		}
		return p, p.errorf("$ref", "%.60q: nothing is there", ref.text)
	}
	for _, name := range pointerNames(pointer) {
		name, err := unescapePointer(name)
		if err != nil {
			return p, p.errorf("$ref", "%v", err)
		}
		if v = v.step(name); v == nil {
			return p, p.errorf("$ref", "%.60q: nothing is there", ref.text)
		}
	}
	return schemaAt{v: v, path: "#" + pointer[:min(len(pointer), maxPath)]}, nil
}
