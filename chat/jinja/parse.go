package jinja

import (
	"slices"
	"strconv"
)

// parser reads segments into statements and their tokens into expressions.
type parser struct {
	segments []segment
	at       int // the segment in hand
	tokens   []token
	tok      int
	depth    int
	line     int
	used     map[string]bool // names read, for macros
}

func (p *parser) nest() func() {
	if p.depth++; p.depth > maxNesting {
		fail("nested deeper than %d", maxNesting)
	}
	return func() { p.depth-- }
}

func (p *parser) peek() token {
	if p.tok < len(p.tokens) {
		return p.tokens[p.tok]
	}
	return token{line: p.line}
}

func (p *parser) take() token {
	t := p.peek()
	p.tok++
	p.line = t.line
	return t
}

func (p *parser) is(kind tokenKind, texts ...string) bool {
	t := p.peek()
	return t.kind == kind && slices.Contains(texts, t.text)
}

func (p *parser) accept(kind tokenKind, text string) bool {
	if p.is(kind, text) {
		p.take()
		return true
	}
	return false
}

func (p *parser) expect(text string) {
	if !p.accept(tokOp, text) {
		p.unexpected("want " + strconv.Quote(text))
	}
}

func (p *parser) unexpected(why string) {
	t := p.peek()
	if t.kind == tokEnd {
		fail("unexpected end of tag: %s", why)
	}
	fail("unexpected %q: %s", t.text, why)
}

func (p *parser) name() string {
	t := p.take()
	if t.kind != tokName {
		p.tok--
		p.unexpected("want a name")
	}
	return t.text
}

// end checks that a tag holds nothing more.
func (p *parser) end() {
	if p.peek().kind != tokEnd {
		p.unexpected("want the end of the tag")
	}
}

func (p *parser) expr() expr {
	defer p.nest()()
	e := p.or()
	for p.accept(tokName, "if") {
		c := &condExpr{cond: p.or(), then: e}
		if p.accept(tokName, "else") {
			c.els = p.expr()
		}
		e = c
	}
	return e
}

func (p *parser) or() expr {
	e := p.and()
	for p.accept(tokName, "or") {
		e = &logicExpr{e, p.and(), true}
	}
	return e
}

func (p *parser) and() expr {
	e := p.not()
	for p.accept(tokName, "and") {
		e = &logicExpr{e, p.not(), false}
	}
	return e
}

func (p *parser) not() expr {
	if p.accept(tokName, "not") {
		defer p.nest()()
		return &notExpr{p.not()}
	}
	first := p.sum()
	c := &compareExpr{first: first}
	for {
		op := ""
		switch {
		case p.is(tokOp, "==", "!=", "<", "<=", ">", ">="):
			op = p.take().text
		case p.accept(tokName, "in"):
			op = "in"
		case p.is(tokName, "not") && p.tok+1 < len(p.tokens) && p.tokens[p.tok+1].kind == tokName && p.tokens[p.tok+1].text == "in":
			p.tok += 2
			op = "not in"
		default:
			if len(c.ops) == 0 {
				return first
			}
			return c
		}
		c.ops = append(c.ops, op)
		c.rest = append(c.rest, p.sum())
	}
}

func (p *parser) binary(next func() expr, ops ...string) expr {
	e := next()
	for p.is(tokOp, ops...) {
		op := p.take().text
		e = &binaryExpr{op, e, next()}
	}
	return e
}

func (p *parser) sum() expr    { return p.binary(p.concat, "+", "-") }
func (p *parser) concat() expr { return p.binary(p.product, "~") }
func (p *parser) product() expr {
	return p.binary(p.power, "*", "/", "//", "%")
}
func (p *parser) power() expr {
	return p.binary(func() expr { return p.unary(true) }, "**")
}

func (p *parser) unary(filters bool) expr {
	defer p.nest()()
	var e expr
	switch {
	case p.is(tokOp, "-", "+"):
		op := p.take().text
		e = &signExpr{op == "-", p.unary(false)}
	default:
		e = p.primary()
	}
	e = p.postfix(e)
	if filters {
		e = p.filters(e)
	}
	return e
}

var constants = map[string]any{
	"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil,
}

func (p *parser) primary() expr {
	switch t := p.take(); t.kind {
	case tokName:
		if v, ok := constants[t.text]; ok {
			return constExpr{v}
		}
		p.used[t.text] = true
		return &nameExpr{t.text}
	case tokString:
		s := t.text
		for p.peek().kind == tokString {
			s += p.take().text
		}
		return constExpr{s}
	case tokInt:
		base := 0
		if len(t.text) > 1 && t.text[1] >= '0' && t.text[1] <= '9' {
			base = 10
		}
		i, err := strconv.ParseInt(t.text, base, 64)
		if err != nil {
			fail("number %s: %w", t.text, err)
		}
		return constExpr{i}
	case tokFloat:
		f, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			fail("number %s: %w", t.text, err)
		}
		return constExpr{f}
	case tokOp:
		switch t.text {
		case "(":
			e := p.tuple(p.expr, true)
			p.expect(")")
			return e
		case "[":
			return &listExpr{items: p.list("]")}
		case "{":
			return p.dict()
		}
	}
	p.tok--
	p.unexpected("want an expression")
	return nil
}

// list reads items up to a closing bracket.
func (p *parser) list(closing string) []expr {
	var items []expr
	for !p.accept(tokOp, closing) {
		if len(items) > 0 {
			p.expect(",")
			if p.accept(tokOp, closing) {
				break
			}
		}
		items = append(items, p.expr())
	}
	return items
}

func (p *parser) dict() expr {
	d := &dictExpr{}
	for !p.accept(tokOp, "}") {
		if len(d.keys) > 0 {
			p.expect(",")
			if p.accept(tokOp, "}") {
				break
			}
		}
		d.keys = append(d.keys, p.expr())
		p.expect(":")
		d.values = append(d.values, p.expr())
	}
	return d
}

// tuple reads one expression, or several with commas as a tuple.
func (p *parser) tuple(item func() expr, empty bool) expr {
	closes := func() bool {
		return p.peek().kind == tokEnd || p.is(tokOp, ")", "=") || p.is(tokName, "in", "recursive")
	}
	if empty && p.is(tokOp, ")") {
		return &listExpr{tuple: true}
	}
	e := item()
	if !p.is(tokOp, ",") {
		return e
	}
	t := &listExpr{items: []expr{e}, tuple: true}
	for p.accept(tokOp, ",") && !closes() {
		t.items = append(t.items, item())
	}
	return t
}

// postfix reads attributes, subscripts and calls.
func (p *parser) postfix(e expr) expr {
	for {
		switch {
		case p.accept(tokOp, "."):
			t := p.take()
			switch t.kind {
			case tokName:
				e = &attrExpr{e, t.text}
			case tokInt:
				i, err := strconv.ParseInt(t.text, 10, 64)
				if err != nil {
					fail("index %s: %w", t.text, err)
				}
				e = &itemExpr{e, constExpr{i}}
			default:
				fail("want a name or a number after the point")
			}
		case p.accept(tokOp, "["):
			e = p.subscript(e)
		case p.is(tokOp, "("):
			e = &callExpr{e, p.call()}
		default:
			return e
		}
	}
}

func (p *parser) subscript(e expr) expr {
	var parts [3]expr
	colons := 0
	for !p.accept(tokOp, "]") {
		if p.accept(tokOp, ":") {
			if colons++; colons > 2 {
				fail("too many colons in a slice")
			}
			continue
		}
		if parts[colons] != nil {
			p.unexpected(`want "]"`)
		}
		parts[colons] = p.expr()
	}
	if colons > 0 {
		return &sliceExpr{e, parts}
	}
	if parts[0] == nil {
		fail("empty subscript")
	}
	return &itemExpr{e, parts[0]}
}

// call reads arguments in parentheses.
func (p *parser) call() *callArgs {
	p.expect("(")
	a := &callArgs{}
	for n := 0; !p.accept(tokOp, ")"); n++ {
		if n > 0 {
			p.expect(",")
			if p.accept(tokOp, ")") {
				break
			}
		}
		switch {
		case p.accept(tokOp, "**"):
			a.spreadDict = p.expr()
		case p.accept(tokOp, "*"):
			a.spread = p.expr()
		case p.peek().kind == tokName && p.tok+1 < len(p.tokens) && p.tokens[p.tok+1] == (token{tokOp, "=", p.tokens[p.tok+1].line}):
			a.names = append(a.names, p.name())
			p.take()
			a.named = append(a.named, p.expr())
		default:
			if len(a.names) > 0 || a.spread != nil || a.spreadDict != nil {
				p.unexpected("a positional argument after others")
			}
			a.pos = append(a.pos, p.expr())
		}
	}
	return a
}

// filters reads | filters, is tests and calls of their results.
func (p *parser) filters(e expr) expr {
	for {
		switch {
		case p.is(tokOp, "|"):
			e = p.filter(e)
		case p.accept(tokName, "is"):
			e = p.test(e)
		case p.is(tokOp, "("):
			e = &callExpr{e, p.call()}
		default:
			return e
		}
	}
}

func (p *parser) dotted() string {
	name := p.name()
	for p.accept(tokOp, ".") {
		name += "." + p.name()
	}
	return name
}

// filter reads "| name(arguments)" after e, which is nil in a filter tag.
func (p *parser) filter(e expr) expr {
	p.expect("|")
	return p.filterName(e)
}

func (p *parser) filterName(e expr) expr {
	f := &filterExpr{in: e, name: p.dotted(), args: &callArgs{}}
	f.fn = filters[f.name]
	if p.is(tokOp, "(") {
		f.args = p.call()
	}
	return f
}

func (p *parser) test(e expr) expr {
	negate := p.accept(tokName, "not")
	t := &testExpr{in: e, name: p.dotted(), args: &callArgs{}}
	t.fn = tests[t.name]
	next := p.peek()
	switch {
	case p.is(tokOp, "("):
		t.args = p.call()
	case p.is(tokName, "else", "or", "and", "if"):
	case next.kind == tokName && next.text == "is":
		fail("cannot chain tests with is")
	case next.kind >= tokName && next.kind <= tokFloat || p.is(tokOp, "[", "{"):
		t.args.pos = []expr{p.postfix(p.primary())}
	}
	if negate {
		return &notExpr{t}
	}
	return t
}
