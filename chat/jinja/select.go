package jinja

import (
	"slices"
	"strconv"
	"strings"
)

// getter returns what attribute= arguments mean: "a.b.0", or a place.
func (r *run) getter(attr, absent any) func(*run, any) any {
	name, isText := text(attr)
	if !isText {
		return func(r *run, v any) any { return r.item(v, attr) }
	}
	var keys []any
	for part := range strings.SplitSeq(name, ".") {
		if i, err := strconv.ParseInt(part, 10, 64); err == nil && i >= 0 {
			keys = append(keys, i)
			continue
		}
		keys = append(keys, part)
	}
	return func(r *run, v any) any {
		for _, k := range keys {
			v = r.item(v, k)
			if _, ok := v.(undefined); ok && absent != nil {
				v = absent
			}
		}
		return v
	}
}

// folded is a sort key without case.
func folded(v any) any {
	if s, ok := text(v); ok {
		return strings.ToLower(s)
	}
	return v
}

// sorted returns items in stable order of key; nil: of themselves.
func (r *run) sorted(items []any, key func(*run, any) any, caseSensitive, reverse bool) []any {
	type pair struct{ key, item any }
	r.alloc(64 * len(items))
	pairs := make([]pair, len(items))
	for i, x := range items {
		k := x
		if key != nil {
			k = key(r, x)
		}
		if !caseSensitive {
			k = folded(k)
			if l, ok := k.(*List); ok {
				l = &List{slices.Clone(l.Items), l.Tuple}
				for i, x := range l.Items {
					l.Items[i] = folded(x)
				}
				k = l
			}
		}
		pairs[i] = pair{k, x}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		if reverse {
			return r.order(b.key, a.key)
		}
		return r.order(a.key, b.key)
	})
	out := make([]any, len(items))
	for i, p := range pairs {
		out[i] = p.item
	}
	return out
}

func filterSort(r *run, v any, a *arguments) any {
	key := r.getters(a.get(2, "attribute", nil))
	return &List{Items: r.sorted(r.items(v), key, truth(a.get(1, "case_sensitive", false)), truth(a.get(0, "reverse", false)))}
}

// getters reads "a,b" as several attributes to sort by; the key is a list.
func (r *run) getters(attr any) func(*run, any) any {
	name, isText := text(attr)
	switch {
	case attr == nil:
		return func(_ *run, v any) any { return &List{Items: []any{v}} }
	case !isText:
		get := r.getter(attr, nil)
		return func(r *run, v any) any { return &List{Items: []any{get(r, v)}} }
	}
	var gets []func(*run, any) any
	for part := range strings.SplitSeq(name, ",") {
		gets = append(gets, r.getter(part, nil))
	}
	return func(r *run, v any) any {
		l := &List{}
		for _, get := range gets {
			l.Items = append(l.Items, get(r, v))
		}
		return l
	}
}

func filterUnique(r *run, v any, a *arguments) any {
	get := func(_ *run, v any) any { return v }
	if attr := a.get(1, "attribute", nil); attr != nil {
		get = r.getter(attr, nil)
	}
	seen, out := &Dict{}, &List{}
	for _, x := range r.items(v) {
		k := get(r, x)
		if !truth(a.get(0, "case_sensitive", false)) {
			k = folded(k)
		}
		if _, ok := seen.Get(k); !ok {
			r.alloc(96)
			seen.Set(k, nil)
			out.Items = append(out.Items, x)
		}
	}
	return out
}

func extreme(sign int) filter {
	return func(r *run, v any, a *arguments) any {
		var key func(*run, any) any
		if attr := a.get(1, "attribute", nil); attr != nil {
			key = r.getter(attr, nil)
		}
		items := r.sorted(r.items(v), key, truth(a.get(0, "case_sensitive", false)), sign > 0)
		if len(items) == 0 {
			return undefined{"the extreme of an empty sequence"}
		}
		return items[0]
	}
}

// rest returns the arguments from the nth on.
func (a *arguments) rest(n int) *arguments {
	return &arguments{a.pos[min(n, len(a.pos)):], a.names, a.named}
}

func filterMap(r *run, v any, a *arguments) any {
	var f func(*run, any) any
	if attr, ok := a.named["attribute"]; ok && len(a.pos) == 0 {
		f = r.getter(attr, a.get(1, "default", nil))
	} else {
		name := a.text(r, 0, "", "")
		fn := filters[name]
		if fn == nil {
			fail("no filter named %q", name)
		}
		args := a.rest(1)
		f = func(r *run, x any) any { return fn(r, x, args) }
	}
	var items []any
	if truth(v) {
		items = r.items(v)
	}
	r.alloc(16 * len(items))
	out := &List{Items: make([]any, len(items))}
	for i, x := range items {
		r.step(1)
		out.Items[i] = f(r, x)
	}
	return out
}

// choose is select, reject and their attr forms.
func choose(attr, keep bool) filter {
	return func(r *run, v any, a *arguments) any {
		get := func(_ *run, v any) any { return v }
		if attr {
			if len(a.pos) == 0 {
				fail("missing parameter for attribute name")
			}
			get = r.getter(a.pos[0], nil)
			a = a.rest(1)
		}
		holds := func(_ *run, v any, _ *arguments) any { return truth(v) }
		if len(a.pos) > 0 {
			name := r.str(a.pos[0])
			if holds = tests[name]; holds == nil {
				fail("no test named %q", name)
			}
			a = a.rest(1)
		}
		out := &List{}
		if !truth(v) {
			return out
		}
		for _, x := range r.items(v) {
			r.step(1)
			if truth(holds(r, get(r, x), a)) == keep {
				r.alloc(16)
				out.Items = append(out.Items, x)
			}
		}
		return out
	}
}

func filterToJSON(r *run, v any, a *arguments) any {
	st := &jsonStyle{item: ", ", colon: ": "}
	st.ascii = truth(a.get(0, "ensure_ascii", false))
	switch indent := a.get(1, "indent", nil).(type) {
	case nil:
	case string:
		st.indent, st.multi = indent, true
	default:
		n := a.int(1, "indent", 0)
		if n > 1000 {
			fail("tojson: indent of %d", n)
		}
		st.indent, st.multi = strings.Repeat(" ", int(max(n, 0))), true
	}
	if st.multi {
		st.item = ","
	}
	if sep := a.get(2, "separators", nil); sep != nil {
		parts := r.items(sep)
		if len(parts) != 2 {
			fail("tojson: want two separators")
		}
		st.item, st.colon = r.str(parts[0]), r.str(parts[1])
	}
	st.sorted = truth(a.get(3, "sort_keys", false))
	var b strings.Builder
	r.json(&b, v, st, 0)
	return b.String()
}
