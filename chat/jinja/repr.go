package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// str is Python's str(v), with jinja's empty text for what is undefined.
func (r *run) str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case markup:
		return string(v)
	case undefined:
		return ""
	}
	var b strings.Builder
	r.repr(&b, v, 0)
	return b.String()
}

// repr writes Python's repr(v).
func (r *run) repr(b *strings.Builder, v any, depth int) {
	r.step(1)
	if depth > maxData {
		fail("data nested deeper than %d", maxData)
	}
	start := b.Len()
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(floatRepr(v))
	case string:
		reprString(b, v)
	case markup:
		b.WriteString("Markup(")
		reprString(b, string(v))
		b.WriteByte(')')
	case undefined:
		b.WriteString("Undefined")
	case *namespace:
		b.WriteString("<Namespace ")
		r.repr(b, v.dict, depth+1)
		b.WriteByte('>')
	case *List:
		r.reprList(b, v, depth)
		return
	case *Dict:
		b.WriteByte('{')
		for i, k := range v.keys {
			if i > 0 {
				b.WriteString(", ")
			}
			r.repr(b, k, depth+1)
			b.WriteString(": ")
			r.repr(b, v.values[k], depth+1)
		}
		b.WriteByte('}')
		return
	default:
		b.WriteString("<function>")
	}
	r.alloc(b.Len() - start)
}

func (r *run) reprList(b *strings.Builder, l *List, depth int) {
	brackets := "[]"
	if l.Tuple {
		brackets = "()"
	}
	b.WriteByte(brackets[0])
	for i, x := range l.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		r.repr(b, x, depth+1)
	}
	if l.Tuple && len(l.Items) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(brackets[1])
}

// floatRepr is Python's repr of a float.
func floatRepr(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return map[bool]string{true: "inf", false: "-inf"}[f > 0]
	case f != 0 && (math.Abs(f) < 1e-4 || math.Abs(f) >= 1e16):
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

func reprString(b *strings.Builder, s string) {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	b.WriteByte(quote)
	for _, c := range s {
		switch {
		case c == rune(quote) || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == ' ' || unicode.IsPrint(c):
			b.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(b, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(b, `\u%04x`, c)
		default:
			fmt.Fprintf(b, `\U%08x`, c)
		}
	}
	b.WriteByte(quote)
}

// A jsonStyle is how Python's json.dumps lays its text out.
type jsonStyle struct {
	indent      string // with multi: one level
	multi       bool
	item, colon string
	sorted      bool
	ascii       bool
}

func (r *run) json(b *strings.Builder, v any, st *jsonStyle, depth int) {
	r.step(1)
	if depth > maxData {
		fail("tojson: data nested deeper than %d", maxData)
	}
	start := b.Len()
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(jsonFloat(v))
	case string:
		jsonString(b, v, st.ascii)
	case markup:
		jsonString(b, string(v), st.ascii)
	case *List:
		r.jsonBlock(b, "[]", len(v.Items), st, depth, func(i int) { r.json(b, v.Items[i], st, depth+1) })
		return
	case *Dict:
		keys := v.keys
		if st.sorted {
			keys = r.sorted(keys, nil, true, false)
		}
		r.jsonBlock(b, "{}", len(keys), st, depth, func(i int) {
			jsonString(b, r.jsonKey(keys[i]), st.ascii)
			b.WriteString(st.colon)
			r.json(b, v.values[keys[i]], st, depth+1)
		})
		return
	default:
		fail("Object of type %s is not JSON serializable", typeName(v))
	}
	r.alloc(b.Len() - start)
}

// jsonBlock writes brackets around n items.
func (r *run) jsonBlock(b *strings.Builder, brackets string, n int, st *jsonStyle, depth int, item func(int)) {
	line := func(depth int) {
		if st.multi {
			r.alloc(1 + depth*len(st.indent))
			b.WriteByte('\n')
			b.WriteString(strings.Repeat(st.indent, depth))
		}
	}
	b.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			r.alloc(len(st.item))
			b.WriteString(st.item)
		}
		line(depth + 1)
		r.alloc(len(st.colon) + 2)
		item(i)
	}
	if n > 0 {
		line(depth)
	}
	b.WriteByte(brackets[1])
}

func (r *run) jsonKey(k any) string {
	switch k := k.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(k)
	case float64:
		return jsonFloat(k)
	}
	return r.str(k)
}

func jsonFloat(f float64) string {
	s := floatRepr(f)
	switch s {
	case "nan":
		return "NaN"
	case "inf":
		return "Infinity"
	case "-inf":
		return "-Infinity"
	}
	return s
}

var jsonEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}

func jsonString(b *strings.Builder, s string, ascii bool) {
	b.WriteByte('"')
	for _, c := range s {
		e, ok := jsonEscapes[c]
		switch {
		case ok:
			b.WriteString(e)
		case c < 0x20 || ascii && c >= 0x7f && c < 0x10000:
			fmt.Fprintf(b, `\u%04x`, c)
		case ascii && c >= 0x10000:
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
}
