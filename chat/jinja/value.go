package jinja

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// A template's values are nil, bool, int64, float64, string and the types below.
type (
	// A List is a list or a tuple. A template cannot change it.
	List struct {
		Items []any
		Tuple bool
	}
	// A Dict is a mapping in order of insertion. A template cannot change it.
	Dict struct {
		keys   []any
		values map[any]any
	}
	undefined struct{ name string }
	namespace struct{ dict *Dict }
	markup    string // a string marked safe: adding to it escapes the other side
	arguments struct {
		pos   []any
		names []string
		named map[string]any
	}
	callable func(r *run, a *arguments) any
)

// Get returns the value of a key.
func (d *Dict) Get(key any) (any, bool) {
	v, ok := d.values[hashable(key)]
	return v, ok
}

// Set adds a key or changes its value; only the maker of a Dict may call it,
// before a template sees it.
func (d *Dict) Set(key, value any) {
	if d.values == nil {
		d.values = map[any]any{}
	}
	key = hashable(key)
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = value
}

// hashable returns key in the form that equal keys share.
func hashable(key any) any {
	switch k := key.(type) {
	case nil, int64, string, undefined:
		return key
	case markup:
		return string(k)
	case bool:
		return key
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<53 {
			return int64(k)
		}
		return key
	}
	fail("unhashable type: %s", typeName(key))
	return nil
}

// FromGo converts plain data: nil, booleans, numbers, strings, []any, []string,
// map[string]any (sorted by key), *List, *Dict and json.RawMessage (in its own
// order; see [FromJSON]). Anything else becomes an inert text naming its type.
func FromGo(v any) any { return fromGo(v, 0) }

func fromGo(v any, depth int) any {
	if depth > maxData {
		fail("data nested deeper than %d", maxData)
	}
	switch v := v.(type) {
	case nil, bool, int64, float64, string, *List, *Dict, callable:
		return v
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case float32:
		return float64(v)
	case []string:
		l := &List{}
		for _, s := range v {
			l.Items = append(l.Items, s)
		}
		return l
	case []any:
		l := &List{Items: make([]any, len(v))}
		for i, x := range v {
			l.Items[i] = fromGo(x, depth+1)
		}
		return l
	case map[string]any:
		d := &Dict{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			d.Set(k, fromGo(v[k], depth+1))
		}
		return d
	case json.RawMessage:
		x, err := FromJSON(v)
		if err != nil {
			panic(failure{err})
		}
		return x
	}
	return fmt.Sprintf("<%T>", v)
}

// FromJSON decodes one JSON value, keeping the order of keys and the difference
// between whole and other numbers.
func FromJSON(data []byte) (v any, err error) {
	defer caught(&err, func() string { return "json" })
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v = decode(d, 0)
	if _, err := d.Token(); err != io.EOF {
		fail("text after the value")
	}
	return v, nil
}

func decode(d *json.Decoder, depth int) any {
	if depth > maxData {
		fail("nested deeper than %d", maxData)
	}
	t, err := d.Token()
	if err != nil {
		fail("%w", err)
	}
	switch t := t.(type) {
	case json.Number:
		if i, err := t.Int64(); err == nil && !strings.ContainsAny(t.String(), ".eE") {
			return i
		}
		f, err := t.Float64()
		if err != nil {
			fail("number %s: %w", t, err)
		}
		return f
	case json.Delim:
		if t == '[' {
			l := &List{Items: []any{}}
			for d.More() {
				l.Items = append(l.Items, decode(d, depth+1))
			}
			closing(d)
			return l
		}
		o := &Dict{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				fail("%w", err)
			}
			o.Set(key, decode(d, depth+1))
		}
		closing(d)
		return o
	default:
		return t
	}
}

func closing(d *json.Decoder) {
	if _, err := d.Token(); err != nil {
		fail("%w", err)
	}
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case markup:
		return "Markup"
	case *Dict:
		return "dict"
	case *List:
		if v.Tuple {
			return "tuple"
		}
		return "list"
	case undefined:
		return "Undefined"
	case *namespace:
		return "Namespace"
	}
	return "function"
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case markup:
		return v != ""
	case *List:
		return len(v.Items) > 0
	case *Dict:
		return len(v.keys) > 0
	}
	return true
}

// text returns a string's value, marked safe or not.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case markup:
		return string(v), true
	}
	return "", false
}

// whole returns an integer's value; as in Python, booleans are integers.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func number(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	i, ok := whole(v)
	return float64(i), ok
}

func (r *run) equal(a, b any) bool {
	r.step(1)
	if x, ok := text(a); ok {
		y, ok := text(b)
		r.step(min(len(x), len(y)) / 64)
		return ok && x == y
	}
	if x, ok := whole(a); ok {
		if y, ok := whole(b); ok {
			return x == y
		}
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	switch x := a.(type) {
	case nil:
		return b == nil
	case undefined:
		_, ok := b.(undefined)
		return ok
	case *List:
		y, ok := b.(*List)
		return ok && x.Tuple == y.Tuple && slices.EqualFunc(x.Items, y.Items, r.equal)
	case *Dict:
		y, ok := b.(*Dict)
		if !ok || len(x.keys) != len(y.keys) {
			return false
		}
		for k, v := range x.values {
			if w, ok := y.values[k]; !ok || !r.equal(v, w) {
				return false
			}
		}
		return true
	case *namespace:
		return a == b
	}
	return false
}

// order compares as Python's < does, and fails where that raises.
func (r *run) order(a, b any) int {
	r.step(1)
	if x, ok := text(a); ok {
		if y, ok := text(b); ok {
			r.step(min(len(x), len(y)) / 64)
			return strings.Compare(x, y)
		}
	}
	if x, ok := whole(a); ok {
		if y, ok := whole(b); ok {
			return cmp.Compare(x, y)
		}
	}
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return cmp.Compare(x, y)
		}
	}
	if x, ok := a.(*List); ok {
		if y, ok := b.(*List); ok {
			return slices.CompareFunc(x.Items, y.Items, func(a, b any) int {
				if r.equal(a, b) { // also what has no order, as in Python
					return 0
				}
				return r.order(a, b)
			})
		}
	}
	defined(a)
	defined(b)
	fail("'<' not supported between %s and %s", typeName(a), typeName(b))
	return 0
}

// defined fails for an undefined value, as every use of one but printing,
// looping and testing does.
func defined(v any) any {
	if u, ok := v.(undefined); ok {
		fail("%s is undefined", u.name)
	}
	return v
}

// items returns what a loop over v runs through.
func (r *run) items(v any) []any {
	switch v := v.(type) {
	case undefined:
		return nil
	case *List:
		return v.Items
	case *Dict:
		return v.keys
	}
	if s, ok := text(v); ok {
		r.alloc(16 * len(s))
		out := make([]any, 0, len(s))
		for i := 0; i < len(s); {
			_, n := utf8.DecodeRuneInString(s[i:])
			out = append(out, s[i:i+n])
			i += n
		}
		return out
	}
	fail("%s is not iterable", typeName(v))
	return nil
}

// contains is Python's in.
func (r *run) contains(v, in any) bool {
	switch in := in.(type) {
	case *Dict:
		if l, ok := v.(*List); ok {
			fail("unhashable type: %s", typeName(l))
		}
		_, ok := in.Get(v)
		return ok
	case *List:
		return slices.ContainsFunc(in.Items, func(x any) bool { return r.equal(v, x) })
	case undefined:
		return false
	}
	if s, ok := text(in); ok {
		sub, ok := text(v)
		if !ok {
			fail("'in <string>' requires string as left operand, not %s", typeName(v))
		}
		r.step(len(s) / 16)
		return strings.Contains(s, sub)
	}
	fail("argument of type %s is not iterable", typeName(in))
	return false
}
