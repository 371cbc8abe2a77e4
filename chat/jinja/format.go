package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// percent is Python's "text" % values for the common conversions.
func (r *run) percent(s string, v any) any {
	var values []any
	if l, ok := v.(*List); ok && l.Tuple {
		values = l.Items
	} else {
		values = []any{v}
	}
	named, _ := v.(*Dict)
	used := 0
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		var x any
		key := false
		if i++; i < len(s) && s[i] == '(' && named != nil {
			end := strings.IndexByte(s[i:], ')')
			if end < 0 {
				fail("incomplete format key")
			}
			x = r.item(named, s[i+1:i+end])
			key = true
			i += end + 1
		}
		start := i
		for i < len(s) && strings.IndexByte("-+ #0123456789.", s[i]) >= 0 {
			i++
		}
		if i == len(s) {
			fail("incomplete format")
		}
		if s[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if !key {
			if used == len(values) {
				fail("not enough arguments for format string")
			}
			x = values[used]
			used++
		}
		out := r.converted(s[start:i], s[i], x)
		r.alloc(len(out))
		b.WriteString(out)
	}
	if used < len(values) && named == nil {
		fail("not all arguments converted during string formatting")
	}
	r.alloc(b.Len())
	return b.String()
}

// converted is one value in one conversion; flags are those C and Go share.
func (r *run) converted(flags string, verb byte, x any) string {
	checkWidths(flags)
	switch verb {
	case 's':
		return fmt.Sprintf("%"+flags+"s", r.str(x))
	case 'r':
		var b strings.Builder
		r.repr(&b, x, 0)
		return fmt.Sprintf("%"+flags+"s", b.String())
	case 'd', 'i', 'u', 'x', 'X', 'o', 'c':
		i, ok := whole(x)
		if f, isFloat := x.(float64); isFloat && verb != 'x' && verb != 'X' && verb != 'o' {
			i, ok = int64(f), true
		}
		if !ok {
			fail("%%%c format: an integer is required, not %s", verb, typeName(x))
		}
		if verb == 'i' || verb == 'u' {
			verb = 'd'
		}
		return fmt.Sprintf("%"+flags+string(verb), i)
	case 'f', 'F', 'e', 'E', 'g', 'G':
		f, ok := number(x)
		if !ok {
			fail("%%%c format: a number is required, not %s", verb, typeName(x))
		}
		if (verb == 'g' || verb == 'G') && !strings.Contains(flags, ".") {
			flags += ".6"
		}
		return fmt.Sprintf("%"+flags+string(verb), f)
	}
	fail("unsupported format character %q", verb)
	return ""
}

// checkWidths refuses widths that only cost memory.
func checkWidths(flags string) {
	for _, n := range strings.FieldsFunc(flags, func(c rune) bool { return c < '0' || c > '9' }) {
		if v, err := strconv.Atoi(n); err != nil || v > 10000 {
			fail("format width %s is too large", n)
		}
	}
}

// braces is str.format with places, names, attributes of neither, and the specs
// that percent has.
func (r *run) braces(s string, a *arguments) any {
	var b strings.Builder
	next := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '{' && c != '}' {
			b.WriteByte(c)
			continue
		}
		if i+1 < len(s) && s[i+1] == c {
			b.WriteByte(c)
			i++
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if c == '}' || end < 0 {
			fail("single %q encountered in format string", c)
		}
		name, spec, _ := strings.Cut(s[i+1:i+end], ":")
		i += end
		if name == "" {
			name = strconv.Itoa(next)
			next++
		}
		x, ok := a.named[name]
		if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(a.pos) {
			x, ok = a.pos[n], true
		}
		if !ok {
			fail("format: no argument %q", name)
		}
		out := r.str(x)
		if spec != "" {
			verb := byte('s')
			if last := spec[len(spec)-1]; last > '9' {
				verb, spec = last, spec[:len(spec)-1]
			}
			if strings.Trim(spec, "-+ 0123456789.") != "" {
				fail("format: unsupported spec %q", spec)
			}
			out = r.converted(spec, verb, x)
		}
		r.alloc(len(out))
		b.WriteString(out)
	}
	r.alloc(b.Len())
	return b.String()
}

var dateForms = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'm': "01", 'y': "06", 'Y': "2006",
	'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'Z': "MST", 'z': "-0700", 'h': "Jan",
	'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'e': "_2", 'j': "002",
	'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05", 'f': "000000",
}

// strftime formats a time as Python does in the C locale.
func strftime(t time.Time, form string) string {
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if form[i] != '%' || i+1 == len(form) {
			b.WriteByte(form[i])
			continue
		}
		i++
		bare := form[i] == '-' && i+1 < len(form) // without leading zero
		if bare {
			i++
		}
		var s string
		switch c := form[i]; {
		case c == '%':
			s = "%"
		case c == 'n':
			s = "\n"
		case c == 'u':
			s = strconv.Itoa((int(t.Weekday())+6)%7 + 1)
		case c == 'w':
			s = strconv.Itoa(int(t.Weekday()))
		case c == 'f':
			s = fmt.Sprintf("%06d", t.Nanosecond()/1000)
		case dateForms[c] == "":
			s = form[i-1 : i+1]
		default:
			s = t.Format(dateForms[c])
		}
		if bare {
			s = strings.TrimLeft(s[:len(s)-1], "0 ") + s[len(s)-1:]
		}
		b.WriteString(s)
	}
	return b.String()
}

// globals are the names every template has.
var globals map[string]any

func init() {
	globals = map[string]any{
		"range": callable(globalRange), "dict": callable(globalDict), "namespace": callable(globalNamespace),
		"raise_exception": callable(func(r *run, a *arguments) any {
			fail("template: %s", a.text(r, 0, "message", ""))
			return nil
		}),
		"strftime_now": callable(func(r *run, a *arguments) any {
			form := a.text(r, 0, "format", "")
			r.alloc(32 * len(form))
			return strftime(r.now(), form)
		}),
		"joiner": callable(func(r *run, a *arguments) any {
			sep, used := a.get(0, "sep", ", "), false
			return callable(func(*run, *arguments) any {
				if !used {
					used = true
					return ""
				}
				return sep
			})
		}),
	}
}

func globalRange(r *run, a *arguments) any {
	from, to, step := int64(0), a.int(0, "stop", 0), int64(1)
	if len(a.pos) > 1 {
		from, to = to, a.int(1, "stop", 0)
		step = a.int(2, "step", 1)
	}
	if step == 0 {
		fail("range: step must not be zero")
	}
	const bound = 1 << 53
	if max(from, to, step) > bound || min(from, to, step) < -bound {
		fail("range of numbers that large: %w", ErrLimit)
	}
	n := max(0, (to-from+step-max(min(step, 1), -1))/step)
	if n > maxRange {
		fail("range of %d: %w of %d", n, ErrLimit, maxRange)
	}
	r.alloc(24 * int(n))
	l := &List{Items: make([]any, n)}
	for i := range n {
		l.Items[i] = from + i*step
	}
	return l
}

func globalDict(r *run, a *arguments) any {
	d := &Dict{}
	if len(a.pos) > 0 {
		switch v := a.pos[0].(type) {
		case *Dict:
			for _, k := range v.keys {
				r.alloc(64)
				d.Set(k, v.values[k])
			}
		default:
			for _, pair := range r.items(v) {
				r.alloc(64)
				kv := r.items(pair)
				if len(kv) != 2 {
					fail("dict: want pairs")
				}
				d.Set(kv[0], kv[1])
			}
		}
	}
	for _, k := range a.names {
		d.Set(k, a.named[k])
	}
	return d
}

func globalNamespace(r *run, a *arguments) any {
	d := globalDict(r, a).(*Dict)
	n := &namespace{&Dict{}}
	for _, k := range d.keys {
		n.set(r.str(k), d.values[k])
	}
	return n
}
