package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type textMethod = func(r *run, s string, a *arguments) any

// method returns v's method, or nil. Those that would change v are not there:
// the immutable sandbox hides them.
func method(v any, name string) any {
	switch v := v.(type) {
	case string:
		return textBound(v, name)
	case markup:
		return textBound(string(v), name)
	case *Dict:
		if f := dictMethods[name]; f != nil {
			return callable(func(r *run, a *arguments) any { return f(r, v, a) })
		}
	case *List:
		if f := listMethods[name]; f != nil {
			return callable(func(r *run, a *arguments) any { return f(r, v, a) })
		}
	}
	return nil
}

func textBound(s, name string) any {
	if f := textMethods[name]; f != nil {
		return callable(func(r *run, a *arguments) any { return f(r, s, a) })
	}
	return nil
}

var dictMethods = map[string]func(*run, *Dict, *arguments) any{
	"get": func(_ *run, d *Dict, a *arguments) any {
		if v, ok := d.Get(a.get(0, "key", nil)); ok {
			return v
		}
		return a.get(1, "default", nil)
	},
	"items": func(r *run, d *Dict, _ *arguments) any { return d.items(r) },
	"keys":  func(_ *run, d *Dict, _ *arguments) any { return &List{Items: d.keys} },
	"values": func(r *run, d *Dict, _ *arguments) any {
		r.alloc(16 * len(d.keys))
		l := &List{}
		for _, k := range d.keys {
			l.Items = append(l.Items, d.values[k])
		}
		return l
	},
	"copy": func(_ *run, d *Dict, _ *arguments) any { return d },
}

var listMethods = map[string]func(*run, *List, *arguments) any{
	"copy": func(_ *run, l *List, _ *arguments) any { return l },
	"count": func(r *run, l *List, a *arguments) any {
		n := int64(0)
		for _, x := range l.Items {
			if r.equal(x, a.get(0, "value", nil)) {
				n++
			}
		}
		return n
	},
	"index": func(r *run, l *List, a *arguments) any {
		for i, x := range l.Items {
			if r.equal(x, a.get(0, "value", nil)) {
				return int64(i)
			}
		}
		fail("%s is not in list", r.str(a.get(0, "value", nil)))
		return nil
	},
}

// sized counts a result of the text's own size before f makes it.
func sized(f func(string) string) textMethod {
	return func(r *run, s string, _ *arguments) any { r.alloc(2 * len(s)); return f(s) }
}

func asks(f func(rune) bool) textMethod {
	return func(r *run, s string, _ *arguments) any {
		r.step(len(s) / 16)
		return s != "" && strings.IndexFunc(s, func(c rune) bool { return !f(c) }) < 0
	}
}

// trim is strip, lstrip and rstrip.
func trim(s string, chars any, left, right bool) any {
	cut := isSpace
	if set, ok := text(chars); ok {
		cut = func(c rune) bool { return strings.ContainsRune(set, c) }
	}
	if left {
		s = strings.TrimLeftFunc(s, cut)
	}
	if right {
		s = strings.TrimRightFunc(s, cut)
	}
	return s
}

func trimmer(left, right bool) textMethod {
	return func(r *run, s string, a *arguments) any {
		r.step(len(s) / 16)
		return trim(s, a.get(0, "chars", nil), left, right)
	}
}

// affix is startswith and endswith: of one text or any of a tuple.
func affix(has func(s, with string) bool) textMethod {
	return func(r *run, s string, a *arguments) any {
		with := defined(a.get(0, "prefix", nil))
		if l, ok := with.(*List); ok && l.Tuple {
			for _, x := range l.Items {
				if t, ok := text(x); ok && has(s, t) {
					return true
				}
			}
			return false
		}
		t, ok := text(with)
		if !ok {
			fail("startswith or endswith of %s", typeName(with))
		}
		return has(s, t)
	}
}

// finder is find, rfind, index and rindex, in runes.
func finder(search func(s, sub string) int, must bool) textMethod {
	return func(r *run, s string, a *arguments) any {
		sub, ok := text(a.get(0, "sub", nil))
		if !ok {
			fail("find of what is no string")
		}
		r.step(len(s) / 16)
		start, end := a.get(1, "start", nil), a.get(2, "end", nil)
		offset := int64(0)
		if start != nil || end != nil {
			e := &sliceExpr{constExpr{s}, [3]expr{constExpr{start}, constExpr{end}, nil}}
			if start != nil {
				offset = a.int(1, "start", 0)
				if n := int64(utf8.RuneCountInString(s)); offset < 0 {
					offset = max(offset+n, 0)
				}
			}
			s, _ = text(e.eval(r))
		}
		i := search(s, sub)
		if i < 0 {
			if must {
				fail("substring not found")
			}
			return int64(-1)
		}
		return offset + int64(utf8.RuneCountInString(s[:i]))
	}
}

func capitalize(s string) string {
	c, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(c)) + strings.ToLower(s[n:])
}

// titled is str.title: letters after what is no letter are raised.
func titled(s string) string {
	after := false
	return strings.Map(func(c rune) rune {
		defer func() { after = unicode.IsLetter(c) }()
		if after {
			return unicode.ToLower(c)
		}
		return unicode.ToTitle(c)
	}, s)
}

// padder is ljust, rjust and center.
func padder(left, right bool) textMethod {
	return func(r *run, s string, a *arguments) any {
		absent := int64(80)
		fill := a.text(r, 1, "fillchar", " ")
		width := a.int(0, "width", absent)
		n := width - int64(utf8.RuneCountInString(s))
		if n <= 0 {
			return s
		}
		r.alloc(len(s) + times(len(fill), n))
		switch {
		case left && right:
			before := n/2 + n&width&1
			return strings.Repeat(fill, int(before)) + s + strings.Repeat(fill, int(n-before))
		case left:
			return strings.Repeat(fill, int(n)) + s
		}
		return s + strings.Repeat(fill, int(n))
	}
}

func strings2list(r *run, parts []string) any {
	r.alloc(32 * len(parts))
	l := &List{Items: make([]any, len(parts))}
	for i, p := range parts {
		l.Items[i] = p
	}
	return l
}

func splitLines(r *run, s string, a *arguments) any {
	keep := truth(a.get(0, "keepends", false))
	r.alloc(len(s))
	var out []string
	for s != "" {
		i := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if i < 0 {
			out = append(out, s)
			break
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		line := s[:i]
		if keep {
			line = s[:i+n]
		}
		r.alloc(32)
		out = append(out, line)
		s = s[i+n:]
	}
	return strings2list(r, out)
}
