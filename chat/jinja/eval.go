package jinja

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An expr has a value in a run.
type expr interface{ eval(r *run) any }

type (
	constExpr struct{ v any }
	nameExpr  struct{ name string }
	listExpr  struct {
		items []expr
		tuple bool
	}
	dictExpr struct{ keys, values []expr }
	condExpr struct{ cond, then, els expr }
	notExpr  struct{ e expr }
	signExpr struct {
		minus bool
		e     expr
	}
	logicExpr struct {
		a, b expr
		or   bool
	}
	compareExpr struct {
		first expr
		ops   []string
		rest  []expr
	}
	binaryExpr struct {
		op   string
		a, b expr
	}
	attrExpr struct {
		e    expr
		name string
	}
	itemExpr  struct{ e, key expr }
	sliceExpr struct {
		e     expr
		parts [3]expr
	}
	callArgs struct {
		pos                []expr
		names              []string
		named              []expr
		spread, spreadDict expr
	}
	callExpr struct {
		fn   expr
		args *callArgs
	}
	filterExpr struct {
		in   expr
		name string
		fn   filter
		args *callArgs
	}
	testExpr struct {
		in   expr
		name string
		fn   test
		args *callArgs
	}
)

func (r *run) eval(e expr) any {
	if r.depth++; r.depth > maxDepth {
		fail("expression nested deeper than %d: %w", maxDepth, ErrLimit)
	}
	r.step(1)
	v := e.eval(r)
	r.depth--
	return v
}

func (r *run) evals(es []expr) []any {
	r.alloc(16 * len(es))
	out := make([]any, len(es))
	for i, e := range es {
		out[i] = r.eval(e)
	}
	return out
}

func (e constExpr) eval(*run) any { return e.v }

func (e *nameExpr) eval(r *run) any {
	if v, ok := r.scope.get(e.name); ok {
		return v
	}
	return undefined{"'" + e.name + "'"}
}

func (e *listExpr) eval(r *run) any { return &List{r.evals(e.items), e.tuple} }

func (e *dictExpr) eval(r *run) any {
	d := &Dict{}
	r.alloc(64 * len(e.keys))
	for i, k := range e.keys {
		d.Set(r.eval(k), r.eval(e.values[i]))
	}
	return d
}

func (e *condExpr) eval(r *run) any {
	switch {
	case truth(r.eval(e.cond)):
		return r.eval(e.then)
	case e.els != nil:
		return r.eval(e.els)
	}
	return undefined{"the inline if without else that was false"}
}

func (e *notExpr) eval(r *run) any { return !truth(r.eval(e.e)) }

func (e *signExpr) eval(r *run) any {
	v := defined(r.eval(e.e))
	if f, ok := v.(float64); ok {
		if e.minus {
			return -f
		}
		return f
	}
	i, ok := whole(v)
	if !ok {
		fail("bad operand type for a sign: %s", typeName(v))
	}
	if e.minus {
		return -i
	}
	return i
}

func (e *logicExpr) eval(r *run) any {
	a := r.eval(e.a)
	if truth(a) == e.or {
		return a
	}
	return r.eval(e.b)
}

func (e *compareExpr) eval(r *run) any {
	a := r.eval(e.first)
	for i, op := range e.ops {
		b := r.eval(e.rest[i])
		if !r.compare(op, a, b) {
			return false
		}
		a = b
	}
	return true
}

func (r *run) compare(op string, a, b any) bool {
	switch op {
	case "==":
		return r.equal(a, b)
	case "!=":
		return !r.equal(a, b)
	case "in":
		return r.contains(a, b)
	case "not in":
		return !r.contains(a, b)
	case "<":
		return r.order(a, b) < 0
	case "<=":
		return r.order(a, b) <= 0
	case ">":
		return r.order(a, b) > 0
	}
	return r.order(a, b) >= 0
}

func (e *binaryExpr) eval(r *run) any {
	a, b := r.eval(e.a), r.eval(e.b)
	if e.op == "~" {
		s, t := r.str(a), r.str(b)
		r.alloc(len(s) + len(t))
		return s + t
	}
	defined(a)
	defined(b)
	if v, ok := r.sequence(e.op, a, b); ok {
		return v
	}
	x, xok := whole(a)
	y, yok := whole(b)
	if xok && yok && e.op != "/" && (e.op != "**" || y >= 0) {
		return integers(e.op, x, y)
	}
	f, fok := number(a)
	g, gok := number(b)
	if !fok || !gok {
		fail("unsupported operand types for %s: %s and %s", e.op, typeName(a), typeName(b))
	}
	return floats(e.op, f, g)
}

// sequence does the operators of texts and lists.
func (r *run) sequence(op string, a, b any) (any, bool) {
	s, sok := text(a)
	t, tok := text(b)
	l, lok := a.(*List)
	m, mok := b.(*List)
	n, nok := whole(b)
	switch {
	case op == "+" && sok && tok:
		return r.join(a, b, s, t), true
	case op == "+" && lok && mok && l.Tuple == m.Tuple:
		r.alloc(16 * (len(l.Items) + len(m.Items)))
		return &List{slices.Concat(l.Items, m.Items), l.Tuple}, true
	case op == "%" && sok:
		return r.percent(s, b), true
	case op == "*" && sok && nok:
		r.alloc(times(len(s), n))
		return strings.Repeat(s, int(max(n, 0))), true
	case op == "*" && lok && nok:
		r.alloc(times(16*len(l.Items), n))
		return &List{slices.Repeat(l.Items, int(max(n, 0))), l.Tuple}, true
	case op == "*" && (tok || mok) && !sok && !lok:
		if _, ok := whole(a); ok {
			return r.sequence(op, b, a)
		}
	}
	return nil, false
}

// times is a size that cannot overflow: too much is far over MaxMemory.
func times(size int, n int64) int {
	if n <= 0 || size == 0 {
		return 0
	}
	if n > MaxMemory {
		return MaxMemory + 1
	}
	return size * int(n)
}

// join adds texts; beside one marked safe the other is escaped, as in markupsafe.
func (r *run) join(a, b any, s, t string) any {
	_, am := a.(markup)
	_, bm := b.(markup)
	if !am && !bm {
		r.alloc(len(s) + len(t))
		return s + t
	}
	if !am {
		s = escape(s)
	}
	if !bm {
		t = escape(t)
	}
	r.alloc(len(s) + len(t))
	return markup(s + t)
}

func (e *attrExpr) eval(r *run) any { return r.attr(r.eval(e.e), e.name) }

// attr is v.name: a method, else an item.
func (r *run) attr(v any, name string) any {
	defined(v)
	switch v := v.(type) {
	case *namespace:
		if x, ok := v.dict.Get(name); ok {
			return x
		}
		return undefined{"namespace attribute '" + name + "'"}
	case *loopState:
		return v.attr(name)
	}
	if m := method(v, name); m != nil {
		return m
	}
	if d, ok := v.(*Dict); ok {
		if x, ok := d.Get(name); ok {
			return x
		}
	}
	return undefined{"'" + typeName(v) + " object' has no attribute '" + name + "': it"}
}

func (e *itemExpr) eval(r *run) any { return r.item(r.eval(e.e), r.eval(e.key)) }

// item is v[key]: an item, else a method.
func (r *run) item(v, key any) any {
	defined(v)
	missing := func() any { return undefined{"'" + typeName(v) + " object' has no element " + r.str(key) + ": it"} }
	if d, ok := v.(*Dict); ok {
		if x, ok := d.Get(key); ok {
			return x
		}
	}
	if i, ok := whole(key); ok {
		switch v := v.(type) {
		case *List:
			if i < 0 {
				i += int64(len(v.Items))
			}
			if i >= 0 && i < int64(len(v.Items)) {
				return v.Items[i]
			}
		case string, markup:
			s, _ := text(v)
			return r.runeAt(s, i, missing)
		}
		return missing()
	}
	if name, ok := text(key); ok {
		if _, isDict := v.(*Dict); !isDict || method(v, name) != nil {
			return r.attr(v, name)
		}
	}
	return missing()
}

func (r *run) runeAt(s string, i int64, missing func() any) any {
	r.step(len(s) / 16)
	n := int64(utf8.RuneCountInString(s))
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return missing()
	}
	for ; i > 0; i-- {
		_, w := utf8.DecodeRuneInString(s)
		s = s[w:]
	}
	_, w := utf8.DecodeRuneInString(s)
	return s[:w]
}

func (e *sliceExpr) eval(r *run) any {
	v := defined(r.eval(e.e))
	var bounds [3]*int64
	for i, p := range e.parts {
		if p == nil {
			continue
		}
		x := defined(r.eval(p))
		if x == nil {
			continue
		}
		n, ok := whole(x)
		if !ok {
			fail("slice indices must be integers, not %s", typeName(x))
		}
		bounds[i] = &n
	}
	if l, ok := v.(*List); ok {
		return &List{r.slice(l.Items, bounds), l.Tuple}
	}
	if s, ok := text(v); ok {
		var b strings.Builder
		for _, c := range r.slice(r.items(s), bounds) {
			b.WriteString(c.(string))
		}
		return b.String()
	}
	fail("%s cannot be sliced", typeName(v))
	return nil
}

// slice is Python's items[from:to:step].
func (r *run) slice(items []any, b [3]*int64) []any {
	n, step := int64(len(items)), int64(1)
	if b[2] != nil {
		step = max(*b[2], -1<<62)
	}
	if step == 0 {
		fail("slice step cannot be zero")
	}
	low, high := int64(0), n
	if step < 0 {
		low, high = -1, n-1
	}
	bound := func(p *int64, absent int64) int64 {
		if p == nil {
			return absent
		}
		i := *p
		if i < 0 {
			i += n
		}
		return min(max(i, low), high)
	}
	from, to := bound(b[0], low), bound(b[1], high)
	if step < 0 {
		from, to = bound(b[0], high), bound(b[1], low)
	}
	var out []any
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		r.alloc(16)
		out = append(out, items[i])
		if step > n || step < -n {
			break
		}
	}
	return out
}

func (a *callArgs) eval(r *run) *arguments {
	out := &arguments{pos: r.evals(a.pos)}
	for i, name := range a.names {
		out.add(name, r.eval(a.named[i]))
	}
	if a.spread != nil {
		out.pos = append(out.pos, r.items(r.eval(a.spread))...)
	}
	if a.spreadDict != nil {
		d, ok := r.eval(a.spreadDict).(*Dict)
		if !ok {
			fail("argument after ** must be a mapping")
		}
		for _, k := range d.keys {
			out.add(r.str(k), d.values[k])
		}
	}
	return out
}

func (a *arguments) add(name string, v any) {
	if a.named == nil {
		a.named = map[string]any{}
	}
	if _, ok := a.named[name]; ok {
		fail("argument %q given twice", name)
	}
	a.names = append(a.names, name)
	a.named[name] = v
}

func (e *callExpr) eval(r *run) any {
	return r.call(r.eval(e.fn), e.args.eval(r))
}

func (r *run) call(fn any, a *arguments) any {
	switch fn := fn.(type) {
	case callable:
		return fn(r, a)
	case *loopState:
		return fn.again(r, a.get(0, "iterable", nil))
	}
	defined(fn)
	fail("%s object is not callable", typeName(fn))
	return nil
}

func (e *filterExpr) eval(r *run) any {
	if e.fn == nil { // only where it is reached: templates guard what an engine may lack
		fail("no filter named %q", e.name)
	}
	return e.fn(r, r.eval(e.in), e.args.eval(r))
}

func (e *testExpr) eval(r *run) any {
	if e.fn == nil {
		fail("no test named %q", e.name)
	}
	return e.fn(r, r.eval(e.in), e.args.eval(r))
}
