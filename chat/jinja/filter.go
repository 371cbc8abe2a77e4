package jinja

import (
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type filter = func(r *run, v any, a *arguments) any

// filters is filled by init, since map and others look it up themselves.
var filters map[string]filter

func init() {
	filters = map[string]filter{
		"abs": filterAbs, "batch": filterBatch, "capitalize": viaMethod("capitalize"), "center": viaMethod("center"),
		"count": filterLength, "d": filterDefault, "default": filterDefault, "dictsort": filterDictsort,
		"e": filterEscape, "escape": filterEscape, "first": filterFirst, "float": filterFloat,
		"format": filterFormat, "groupby": filterGroupby, "indent": filterIndent, "int": filterInt, "items": filterItems,
		"join": filterJoin, "last": filterLast, "length": filterLength, "list": filterList,
		"lower": viaMethod("lower"), "map": filterMap, "max": extreme(1), "min": extreme(-1),
		"reject": choose(false, false), "rejectattr": choose(true, false),
		"select": choose(false, true), "selectattr": choose(true, true),
		"replace": filterReplace, "reverse": filterReverse, "round": filterRound, "safe": filterSafe,
		"slice": filterSlice, "sort": filterSort, "string": filterString, "sum": filterSum,
		"title": filterTitle, "tojson": filterToJSON, "trim": filterTrim, "truncate": filterTruncate,
		"unique": filterUnique, "upper": viaMethod("upper"), "wordcount": filterWordcount,
	}
}

// get returns an argument by place or by name.
func (a *arguments) get(i int, name string, absent any) any {
	if i < len(a.pos) {
		return a.pos[i]
	}
	if v, ok := a.named[name]; ok {
		return v
	}
	return absent
}

func (a *arguments) int(i int, name string, absent int64) int64 {
	v := a.get(i, name, absent)
	n, ok := whole(v)
	if !ok {
		fail("argument %q must be an integer, not %s", name, typeName(v))
	}
	return n
}

func (a *arguments) text(r *run, i int, name, absent string) string {
	return r.str(a.get(i, name, absent))
}

// viaMethod is the filter that a text method of the same name serves.
func viaMethod(name string) filter {
	return func(r *run, v any, a *arguments) any { return textMethods[name](r, r.str(v), a) }
}

func filterAbs(r *run, v any, _ *arguments) any {
	if i, ok := whole(v); ok {
		return max(i, -i)
	}
	f, ok := number(defined(v))
	if !ok {
		fail("abs of %s", typeName(v))
	}
	return math.Abs(f)
}

func filterBatch(r *run, v any, a *arguments) any {
	n := a.int(0, "linecount", 1)
	fill := a.get(1, "fill_with", nil)
	if n < 1 || n > MaxMemory {
		fail("batch of %d", n)
	}
	out := &List{}
	for part := range slices.Chunk(r.items(v), int(n)) {
		r.alloc(64 + 16*len(part))
		part = slices.Clone(part)
		for fill != nil && len(part) < int(n) {
			r.alloc(16)
			part = append(part, fill)
		}
		out.Items = append(out.Items, &List{Items: part})
	}
	return out
}

func filterSlice(r *run, v any, a *arguments) any {
	n := a.int(0, "slices", 1)
	fill := a.get(1, "fill_with", nil)
	if n < 1 || n > maxRange {
		fail("slice into %d", n)
	}
	items := r.items(v)
	each, extra := len(items)/int(n), len(items)%int(n)
	out := &List{}
	at := 0
	for i := range int(n) {
		end := at + each
		if i < extra {
			end++
		}
		part := slices.Clone(items[at:end])
		if fill != nil && i >= extra {
			part = append(part, fill)
		}
		r.alloc(64 + 16*len(part))
		out.Items = append(out.Items, &List{Items: part})
		at = end
	}
	return out
}

func filterLength(r *run, v any, _ *arguments) any {
	if s, ok := text(v); ok {
		r.step(len(s) / 16)
		return int64(utf8.RuneCountInString(s))
	}
	return int64(len(r.items(v)))
}

func filterDefault(r *run, v any, a *arguments) any {
	_, absent := v.(undefined)
	if absent || truth(a.get(1, "boolean", false)) && !truth(v) {
		return a.get(0, "default_value", "")
	}
	return v
}

func filterItems(r *run, v any, _ *arguments) any {
	switch v := v.(type) {
	case undefined:
		return &List{}
	case *Dict:
		return v.items(r)
	}
	fail("can only get item pairs from a mapping, not %s", typeName(v))
	return nil
}

func (d *Dict) items(r *run) *List {
	r.alloc(96 * len(d.keys))
	out := &List{Items: make([]any, len(d.keys))}
	for i, k := range d.keys {
		out.Items[i] = &List{[]any{k, d.values[k]}, true}
	}
	return out
}

func filterDictsort(r *run, v any, a *arguments) any {
	d, ok := defined(v).(*Dict)
	if !ok {
		fail("dictsort of %s", typeName(v))
	}
	by := map[string]int64{"key": 0, "value": 1}[a.text(r, 1, "by", "key")]
	at := func(r *run, x any) any { return r.item(x, by) }
	return &List{Items: r.sorted(d.items(r).Items, at, truth(a.get(0, "case_sensitive", false)), truth(a.get(2, "reverse", false)))}
}

func escape(s string) string {
	s = html.EscapeString(s)
	return strings.ReplaceAll(s, "&#43;", "+")
}

func filterEscape(r *run, v any, _ *arguments) any {
	if m, ok := v.(markup); ok {
		return m
	}
	s := r.str(v)
	r.alloc(5 * len(s))
	return markup(escape(s))
}

func filterSafe(r *run, v any, _ *arguments) any { return markup(r.str(v)) }

func filterFirst(r *run, v any, _ *arguments) any {
	if items := r.items(v); len(items) > 0 {
		return items[0]
	}
	return undefined{"the first item of an empty sequence"}
}

func filterLast(r *run, v any, _ *arguments) any {
	if items := r.items(v); len(items) > 0 {
		return items[len(items)-1]
	}
	return undefined{"the last item of an empty sequence"}
}

func filterFloat(r *run, v any, a *arguments) any {
	if f, ok := number(v); ok {
		return f
	}
	if s, ok := text(v); ok {
		if f, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimFunc(s, isSpace), "_", ""), 64); err == nil {
			return f
		}
	}
	return a.get(0, "default", 0.0)
}

func filterInt(r *run, v any, a *arguments) any {
	if i, ok := whole(v); ok {
		return i
	}
	absent := a.get(0, "default", int64(0))
	if f, ok := v.(float64); ok {
		if math.Abs(f) < 1<<62 {
			return int64(f)
		}
		return absent
	}
	s, ok := text(v)
	if !ok {
		return absent
	}
	s = strings.ToLower(strings.TrimFunc(s, isSpace))
	base := a.int(1, "base", 10)
	if base == 16 || base == 8 || base == 2 {
		s = strings.TrimPrefix(s, map[int64]string{16: "0x", 8: "0o", 2: "0b"}[base])
	}
	if base < 2 || base > 36 {
		fail("int with base %d", base)
	}
	if i, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), int(base), 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
		return int64(f)
	}
	return absent
}

func filterFormat(r *run, v any, a *arguments) any {
	if len(a.names) > 0 {
		d := &Dict{}
		for _, k := range a.names {
			d.Set(k, a.named[k])
		}
		return r.percent(r.str(v), d)
	}
	return r.percent(r.str(v), &List{a.pos, true})
}

func filterGroupby(r *run, v any, a *arguments) any {
	key := r.getter(a.get(0, "attribute", nil), a.get(1, "default", nil))
	out := &List{}
	var keys []any
	for _, x := range r.sorted(r.items(v), key, truth(a.get(2, "case_sensitive", false)), false) {
		k := key(r, x)
		n := len(keys)
		r.alloc(128)
		if n == 0 || r.order(keys[n-1], k) != 0 {
			keys = append(keys, k)
			out.Items = append(out.Items, &List{[]any{k, &List{}}, true})
		}
		group := out.Items[len(keys)-1].(*List).Items[1].(*List)
		group.Items = append(group.Items, x)
	}
	return out
}

func filterIndent(r *run, v any, a *arguments) any {
	s := r.str(v)
	pad, ok := text(a.get(0, "width", int64(4)))
	if !ok {
		n := a.int(0, "width", 4)
		r.alloc(times(1, n))
		pad = strings.Repeat(" ", int(max(n, 0)))
	}
	lines := strings.Split(newlines.Replace(s), "\n")
	r.alloc(len(s) + times(len(pad), int64(len(lines))) + 16*len(lines))
	for i, line := range lines {
		if i == 0 && truth(a.get(1, "first", false)) || i > 0 && (line != "" || truth(a.get(2, "blank", false))) {
			lines[i] = pad + line
		}
	}
	return strings.Join(lines, "\n")
}

func filterJoin(r *run, v any, a *arguments) any {
	between := a.text(r, 0, "d", "")
	items := r.items(v)
	var get func(*run, any) any
	if attr := a.get(1, "attribute", nil); attr != nil {
		get = r.getter(attr, nil)
	}
	parts := make([]string, len(items))
	for i, x := range items {
		if get != nil {
			x = get(r, x)
		}
		parts[i] = r.str(x)
		r.alloc(16 + len(parts[i]) + len(between))
	}
	return strings.Join(parts, between)
}

func filterList(r *run, v any, _ *arguments) any { return &List{Items: r.items(v)} }

func filterReplace(r *run, v any, a *arguments) any {
	return replace(r, r.str(v), a.text(r, 0, "old", ""), a.text(r, 1, "new", ""), a.get(2, "count", nil))
}

// replace is str.replace; the memory it takes is counted first.
func replace(r *run, s, old, new string, count any) any {
	n := -1
	if c, ok := whole(count); ok {
		n = int(max(min(c, MaxMemory), -1))
	}
	found := strings.Count(s, old)
	if n >= 0 {
		found = min(found, n)
	}
	r.alloc(len(s) + times(len(new), int64(found)))
	return strings.Replace(s, old, new, n)
}

func filterReverse(r *run, v any, _ *arguments) any {
	_, isText := text(v)
	items := r.items(v)
	r.alloc(16 * len(items))
	items = slices.Clone(items)
	slices.Reverse(items)
	if isText {
		return filterJoin(r, &List{Items: items}, &arguments{})
	}
	return &List{Items: items}
}

func filterRound(r *run, v any, a *arguments) any {
	f, ok := number(defined(v))
	if !ok {
		fail("round of %s", typeName(v))
	}
	precision := a.int(0, "precision", 0)
	if precision < -300 || precision > 300 {
		fail("round to %d places", precision)
	}
	scale := math.Pow(10, float64(precision))
	switch method := a.text(r, 1, "method", "common"); method {
	case "common":
		if _, isInt := whole(v); isInt && precision >= 0 {
			return f
		}
		if precision < 0 {
			return math.RoundToEven(f*scale) / scale
		}
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(precision), 64), 64)
		return rounded
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	default:
		fail("round: method %q is not common, ceil or floor", method)
		return nil
	}
}

func filterString(r *run, v any, _ *arguments) any {
	if m, ok := v.(markup); ok {
		return m
	}
	return r.str(v)
}

func filterSum(r *run, v any, a *arguments) any {
	total := a.get(1, "start", int64(0))
	var get func(*run, any) any
	if attr := a.get(0, "attribute", nil); attr != nil {
		get = r.getter(attr, nil)
	}
	for _, x := range r.items(v) {
		if get != nil {
			x = get(r, x)
		}
		total = (&binaryExpr{"+", constExpr{total}, constExpr{x}}).eval(r)
	}
	return total
}

// filterTitle makes words as jinja does: split after spaces, dashes and brackets.
func filterTitle(r *run, v any, _ *arguments) any {
	s := r.str(v)
	r.alloc(2 * len(s))
	start := true
	return strings.Map(func(c rune) rune {
		defer func() { start = isSpace(c) || strings.ContainsRune("-({[<", c) }()
		if start {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s)
}

func filterTrim(r *run, v any, a *arguments) any {
	return trim(r.str(v), a.get(0, "chars", nil), true, true)
}

func filterTruncate(r *run, v any, a *arguments) any {
	s := []rune(r.str(v))
	r.alloc(4 * len(s))
	length, end := a.int(0, "length", 255), a.text(r, 2, "end", "...")
	ends := int64(utf8.RuneCountInString(end))
	if length < ends {
		fail("truncate: length %d is less than that of the end %q", length, end)
	}
	if int64(len(s)) <= length+a.int(3, "leeway", 5) {
		return string(s)
	}
	cut := string(s[:length-ends])
	if !truth(a.get(1, "killwords", false)) {
		if i := strings.LastIndexByte(cut, ' '); i >= 0 {
			cut = cut[:i]
		}
	}
	return cut + end
}

func filterWordcount(r *run, v any, _ *arguments) any {
	s := r.str(v)
	r.alloc(len(s))
	return int64(len(strings.FieldsFunc(s, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsNumber(c) && c != '_'
	})))
}
