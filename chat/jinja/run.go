package jinja

import (
	"context"
	"strings"
	"time"
)

// flow is how a statement left its body.
type flow byte

const (
	flowNext flow = iota
	flowBreak
	flowContinue
)

// A scope holds what is set in a body; macros keep the scope they were made in.
type scope struct {
	vars map[string]any
	up   *scope
}

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.up {
		if v, ok := s.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

// run is one render.
type run struct {
	ctx      context.Context
	now      func() time.Time
	out      *strings.Builder
	scope    *scope
	captured string // the body's text, for the filters of filter and set tags
	steps    int
	memory   int
	depth    int
	calls    int
	line     int

	root      *strings.Builder // of the text that Render returns
	generated *[][2]int
}

// step counts work, and stops a render that does too much of it.
func (r *run) step(n int) {
	before := r.steps
	r.steps += n
	if r.steps > MaxSteps {
		fail("render of %d steps: %w", r.steps, ErrLimit)
	}
	if before>>8 != r.steps>>8 {
		if err := r.ctx.Err(); err != nil {
			panic(failure{err})
		}
	}
}

// alloc counts memory before it is taken.
func (r *run) alloc(n int) {
	if n < 0 || n > MaxMemory-r.memory {
		fail("render of %d bytes: %w", MaxMemory, ErrLimit)
	}
	r.memory += n
	r.step(n / 64)
}

func (r *run) exec(body []stmt) flow {
	for _, s := range body {
		r.step(1)
		if f := s.exec(r); f != flowNext {
			return f
		}
	}
	return flowNext
}

func (r *run) write(s string) {
	r.alloc(len(s))
	r.out.WriteString(s)
}

// inner runs f in a new scope below up.
func (r *run) inner(up *scope, f func()) {
	saved := r.scope
	r.scope = &scope{vars: map[string]any{}, up: up}
	r.alloc(64)
	f()
	r.scope = saved
}

// capture returns the text of a body, whose assignments stay inside.
func (r *run) capture(up *scope, body []stmt) string {
	saved := r.out
	r.out = &strings.Builder{}
	r.inner(up, func() {
		if r.exec(body) != flowNext {
			fail("break or continue outside of a loop")
		}
	})
	s := r.out.String()
	r.out = saved
	return s
}

// filtered applies the filters of a tag to a body's text.
func (r *run) filtered(e expr, s string) any {
	saved := r.captured
	r.captured = s
	v := r.eval(e)
	r.captured = saved
	return v
}

func (c *captured) eval(r *run) any { return r.captured }

func (s textStmt) exec(r *run) flow { r.write(s.text); return flowNext }

func (s *outputStmt) exec(r *run) flow {
	r.line = s.line
	r.write(r.str(r.eval(s.e)))
	return flowNext
}

func (s *ifStmt) exec(r *run) flow {
	r.line = s.line
	for _, b := range s.branches {
		if b.cond == nil || truth(r.eval(b.cond)) {
			return r.exec(b.body)
		}
	}
	return flowNext
}

func (s *setStmt) exec(r *run) flow {
	r.line = s.line
	var v any
	if s.value == nil {
		v = r.filtered(s.filter, r.capture(r.scope, s.body))
	} else {
		v = r.eval(s.value)
	}
	if s.field == "" {
		r.assign(s.names, v)
		return flowNext
	}
	ns, _ := r.scope.get(s.names[0])
	n, ok := ns.(*namespace)
	if !ok {
		fail("cannot assign attribute on non-namespace object %q", s.names[0])
	}
	n.set(s.field, v)
	return flowNext
}

func (n *namespace) set(name string, v any) {
	if strings.HasPrefix(name, "_") {
		fail("namespace attribute %q begins with an underscore", name)
	}
	n.dict.Set(name, v)
}

// assign sets one name, or unpacks a sequence into several.
func (r *run) assign(names []string, v any) {
	if len(names) == 1 {
		r.scope.vars[names[0]] = v
		return
	}
	items := r.items(defined(v))
	if len(items) != len(names) {
		fail("want %d values to unpack, got %d", len(names), len(items))
	}
	for i, name := range names {
		r.scope.vars[name] = items[i]
	}
}

func (s *macroStmt) exec(r *run) flow {
	r.line = s.line
	r.scope.vars[s.m.name] = s.m.bind(r.scope)
	return flowNext
}

// bind makes a macro of the scope it stands in a value.
func (m *macro) bind(at *scope) callable {
	return func(r *run, a *arguments) any {
		if r.calls++; r.calls > maxCalls {
			fail("macro %q: calls nested deeper than %d: %w", m.name, maxCalls, ErrLimit)
		}
		call := &scope{vars: map[string]any{}, up: at}
		saved := r.scope
		r.scope = call
		m.fill(r, call, a)
		s := r.capture(call, m.body)
		r.scope = saved
		r.calls--
		return s
	}
}

// fill sets a macro's parameters.
func (m *macro) fill(r *run, call *scope, a *arguments) {
	if len(a.pos) > len(m.params) && !m.used["varargs"] {
		fail("macro %q takes not more than %d arguments", m.name, len(m.params))
	}
	rest, taken := &Dict{}, map[string]bool{}
	for i, name := range m.params {
		taken[name] = true
		v, ok := a.named[name]
		switch {
		case i < len(a.pos):
			v = a.pos[i]
		case ok:
		case i >= len(m.params)-len(m.defaults):
			v = r.eval(m.defaults[i-len(m.params)+len(m.defaults)])
		default:
			v = undefined{"parameter '" + name + "'"}
		}
		call.vars[name] = v
	}
	for _, name := range a.names {
		switch {
		case taken[name]:
		case name == "caller":
			call.vars["caller"] = a.named[name]
		case m.used["kwargs"]:
			rest.Set(name, a.named[name])
		default:
			fail("macro %q takes no argument %q", m.name, name)
		}
	}
	if m.used["varargs"] {
		call.vars["varargs"] = &List{Items: a.pos[min(len(a.pos), len(m.params)):], Tuple: true}
	}
	if m.used["kwargs"] {
		call.vars["kwargs"] = rest
	}
}

func (s *callStmt) exec(r *run) flow {
	r.line = s.line
	a := s.call.args.eval(r)
	a.add("caller", s.caller.bind(r.scope))
	r.write(r.str(r.call(r.eval(s.call.fn), a)))
	return flowNext
}

func (s *filterStmt) exec(r *run) flow {
	r.line = s.line
	r.write(r.str(r.filtered(s.e, r.capture(r.scope, s.body))))
	return flowNext
}

func (s *withStmt) exec(r *run) (f flow) {
	r.line = s.line
	values := make([]any, len(s.values))
	for i, e := range s.values {
		values[i] = r.eval(e)
	}
	r.inner(r.scope, func() {
		for i, name := range s.names {
			r.scope.vars[name] = values[i]
		}
		f = r.exec(s.body)
	})
	return f
}

func (s *scopedStmt) exec(r *run) flow {
	r.write(r.capture(r.scope, s.body))
	return flowNext
}

func (s *generationStmt) exec(r *run) flow {
	from := r.out.Len()
	s.scopedStmt.exec(r)
	if r.generated != nil {
		if r.out != r.root {
			fail("a generation block inside of text that is kept: its place is not known")
		}
		*r.generated = append(*r.generated, [2]int{from, r.out.Len()})
	}
	return flowNext
}

func (s flowStmt) exec(*run) flow { return s.f }
