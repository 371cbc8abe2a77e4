package jinja

import "slices"

// A stmt does something to a run.
type stmt interface{ exec(r *run) flow }

type (
	textStmt   struct{ text string }
	outputStmt struct {
		e    expr
		line int
	}
	branch struct {
		cond expr // nil: else
		body []stmt
	}
	ifStmt struct {
		branches []branch
		line     int
	}
	forStmt struct {
		names     []string
		iter      expr
		filter    expr
		recursive bool
		body, els []stmt
		line      int
	}
	setStmt struct {
		names  []string
		field  string // of the namespace names[0]
		value  expr   // nil: the body
		body   []stmt
		filter expr // applied to the body's text, held by captured
		cap    *captured
		line   int
	}
	macroStmt struct {
		m    *macro
		line int
	}
	callStmt struct {
		caller *macro
		call   *callExpr
		line   int
	}
	filterStmt struct {
		body []stmt
		e    expr
		cap  *captured
		line int
	}
	withStmt struct {
		names  []string
		values []expr
		body   []stmt
		line   int
	}
	scopedStmt     struct{ body []stmt } // its assignments stay inside
	generationStmt struct{ scopedStmt }  // what a model writes
	flowStmt       struct{ f flow }
)

// captured stands for a body's text in the filters applied to it.
type captured struct{}

type macro struct {
	name     string
	params   []string
	defaults []expr // of the last parameters
	body     []stmt
	used     map[string]bool
}

// body reads statements up to a tag that begins with one of ends, whose name it
// takes and leaves the rest of the tag to be read; without ends, to the template's end.
func (p *parser) body(ends ...string) []stmt {
	defer p.nest()()
	var out []stmt
	if p.used == nil {
		p.used = map[string]bool{}
	}
	for p.at < len(p.segments) {
		s := p.segments[p.at]
		p.at++
		p.line = s.line
		switch s.kind {
		case segText:
			out = append(out, textStmt{s.text})
		case segOutput:
			p.tokens, p.tok = s.tokens, 0
			out = append(out, &outputStmt{p.tuple(p.expr, false), s.line})
			p.end()
		case segTag:
			p.tokens, p.tok = s.tokens, 0
			if slices.Contains(ends, p.peek().text) && p.peek().kind == tokName {
				return out
			}
			out = append(out, p.statement(s.line))
		}
	}
	if len(ends) > 0 {
		fail("template ends before %q", ends[len(ends)-1])
	}
	return out
}

// block ends the current tag and reads a body with its end tag.
func (p *parser) block(end string) []stmt {
	p.end()
	b := p.body(end)
	p.take()
	p.end()
	return b
}

func (p *parser) statement(line int) stmt {
	switch name := p.name(); name {
	case "if":
		return p.ifTag(line)
	case "for":
		return p.forTag(line)
	case "set":
		return p.setTag(line)
	case "macro":
		m := &macro{name: p.name()}
		p.signature(m)
		p.macroBody(m, "endmacro")
		return &macroStmt{m, line}
	case "call":
		return p.callTag(line)
	case "filter":
		f := &filterStmt{line: line, cap: &captured{}}
		f.e = p.filterName(f.cap)
		for p.is(tokOp, "|") {
			f.e = p.filter(f.e)
		}
		f.body = p.block("endfilter")
		return f
	case "with":
		return p.withTag(line)
	case "generation":
		return &generationStmt{scopedStmt{p.block("endgeneration")}}
	case "break", "continue":
		p.end()
		return flowStmt{map[string]flow{"break": flowBreak, "continue": flowContinue}[name]}
	default:
		fail("unknown tag %q", name)
		return nil
	}
}

func (p *parser) ifTag(line int) stmt {
	s := &ifStmt{line: line}
	cond := p.tuple(p.or, false)
	if p.is(tokName, "if") { // a conditional expression as condition
		p.tok = 1
		cond = p.expr()
	}
	for {
		p.end()
		s.branches = append(s.branches, branch{cond, p.body("elif", "else", "endif")})
		switch p.take().text {
		case "elif":
			cond = p.expr()
		case "else":
			s.branches = append(s.branches, branch{nil, p.block("endif")})
			return s
		default:
			p.end()
			return s
		}
	}
}

// targets reads names with commas.
func (p *parser) targets() []string {
	paren := p.accept(tokOp, "(")
	names := []string{p.name()}
	for p.accept(tokOp, ",") {
		names = append(names, p.name())
	}
	if paren {
		p.expect(")")
	}
	return names
}

func (p *parser) forTag(line int) stmt {
	s := &forStmt{line: line, names: p.targets()}
	if !p.accept(tokName, "in") {
		p.unexpected(`want "in"`)
	}
	s.iter = p.tuple(p.or, false)
	if p.accept(tokName, "if") {
		s.filter = p.expr()
	}
	s.recursive = p.accept(tokName, "recursive")
	p.end()
	s.body = p.body("else", "endfor")
	if p.take().text == "else" {
		s.els = p.block("endfor")
		return s
	}
	p.end()
	return s
}

func (p *parser) setTag(line int) stmt {
	s := &setStmt{line: line, names: p.targets()}
	if len(s.names) == 1 && p.accept(tokOp, ".") {
		s.field = p.name()
	}
	if p.accept(tokOp, "=") {
		s.value = p.tuple(p.expr, true)
		p.end()
		return s
	}
	if len(s.names) > 1 {
		p.unexpected(`want "="`)
	}
	s.cap = &captured{}
	s.filter = s.cap
	for p.is(tokOp, "|") {
		s.filter = p.filter(s.filter)
	}
	s.body = p.block("endset")
	return s
}

func (p *parser) signature(m *macro) {
	p.expect("(")
	for n := 0; !p.accept(tokOp, ")"); n++ {
		if n > 0 {
			p.expect(",")
			if p.accept(tokOp, ")") {
				return
			}
		}
		m.params = append(m.params, p.name())
		switch {
		case p.accept(tokOp, "="):
			m.defaults = append(m.defaults, p.expr())
		case len(m.defaults) > 0:
			fail("parameter %q without default after one with", m.params[n])
		}
	}
}

func (p *parser) macroBody(m *macro, end string) {
	outer := p.used
	p.used = map[string]bool{}
	m.body = p.block(end)
	m.used = p.used
	p.used = outer
}

func (p *parser) callTag(line int) stmt {
	m := &macro{name: "caller"}
	if p.is(tokOp, "(") {
		p.signature(m)
	}
	c, ok := p.expr().(*callExpr)
	if !ok {
		fail("call of what is not a call")
	}
	p.macroBody(m, "endcall")
	return &callStmt{m, c, line}
}

func (p *parser) withTag(line int) stmt {
	s := &withStmt{line: line}
	for p.peek().kind != tokEnd {
		if len(s.names) > 0 {
			p.expect(",")
		}
		s.names = append(s.names, p.name())
		p.expect("=")
		s.values = append(s.values, p.expr())
	}
	s.body = p.block("endwith")
	return s
}
