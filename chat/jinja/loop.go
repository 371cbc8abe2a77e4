package jinja

// loopState is the variable loop inside a for.
type loopState struct {
	stmt  *forStmt
	items []any
	at    int
	depth int
	up    *scope
	last  any // argument of the last changed(), in a list
}

func (s *forStmt) exec(r *run) flow {
	r.line = s.line
	s.run(r, r.eval(s.iter), r.scope, 0)
	return flowNext
}

// run loops over v's items; each turn has a scope of its own.
func (s *forStmt) run(r *run, v any, up *scope, depth int) {
	items := r.items(v)
	if s.filter != nil {
		var kept []any
		for _, x := range items {
			r.inner(up, func() {
				r.assign(s.names, x)
				if truth(r.eval(s.filter)) {
					kept = append(kept, x)
				}
			})
		}
		items = kept
	}
	if len(items) == 0 {
		r.inner(up, func() { // break in an else leaves the loop around, which is no part of it
			if r.exec(s.els) != flowNext {
				fail("break or continue in the else of a loop")
			}
		})
		return
	}
	l := &loopState{stmt: s, items: items, depth: depth, up: up}
	for i, x := range items {
		f := flowNext
		l.at = i
		r.inner(up, func() {
			r.scope.vars["loop"] = l
			r.assign(s.names, x)
			f = r.exec(s.body)
		})
		if f == flowBreak {
			return
		}
	}
}

func (l *loopState) attr(name string) any {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.at + 1)
	case "index0":
		return int64(l.at)
	case "revindex":
		return int64(n - l.at)
	case "revindex0":
		return int64(n - l.at - 1)
	case "first":
		return l.at == 0
	case "last":
		return l.at == n-1
	case "length":
		return int64(n)
	case "depth":
		return int64(l.depth + 1)
	case "depth0":
		return int64(l.depth)
	case "previtem":
		if l.at > 0 {
			return l.items[l.at-1]
		}
		return undefined{"there is no previous item: loop.previtem"}
	case "nextitem":
		if l.at < n-1 {
			return l.items[l.at+1]
		}
		return undefined{"there is no next item: loop.nextitem"}
	case "cycle":
		return callable(func(r *run, a *arguments) any {
			if len(a.pos) == 0 {
				fail("no items for cycling given")
			}
			return a.pos[l.at%len(a.pos)]
		})
	case "changed":
		return callable(func(r *run, a *arguments) any {
			now := &List{Items: a.pos}
			same := l.last != nil && r.equal(l.last, now)
			l.last = now
			return !same
		})
	}
	return undefined{"'loop." + name + "'"}
}

// again runs a recursive loop's body over v and returns its text.
func (l *loopState) again(r *run, v any) any {
	if !l.stmt.recursive {
		fail("the loop is not recursive")
	}
	if r.calls++; r.calls > maxCalls {
		fail("loop nested deeper than %d: %w", maxCalls, ErrLimit)
	}
	s := r.capture(l.up, []stmt{&nestedLoop{l, v}})
	r.calls--
	return s
}

type nestedLoop struct {
	l *loopState
	v any
}

func (n *nestedLoop) exec(r *run) flow {
	n.l.stmt.run(r, n.v, r.scope, n.l.depth+1)
	return flowNext
}
