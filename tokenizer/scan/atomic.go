package scan

import "strings"

// atomic rewrites possessive quantifiers (x*+, x++, x?+, x{1,3}+), which the
// backtracking engine does not read, as atomic groups.
func atomic(expr string) string {
	if !strings.Contains(expr, "++") && !strings.Contains(expr, "?+") && !strings.Contains(expr, "*+") && !strings.Contains(expr, "}+") {
		return expr
	}
	var out []byte
	var groups []int // where in out the open groups begin
	for i := 0; i < len(expr); {
		start := len(out)
		switch n := atom(expr[i:]); expr[i] {
		case '(':
			groups = append(groups, start)
			out = append(out, '(')
			i++
			continue
		case ')':
			out = append(out, ')')
			i++
			if len(groups) > 0 {
				start = groups[len(groups)-1]
				groups = groups[:len(groups)-1]
			}
		default:
			out = append(out, expr[i:i+n]...)
			i += n
		}
		q := quantifier(expr[i:])
		if q == 0 {
			continue
		}
		out = append(out, expr[i:i+q]...)
		i += q
		if i < len(expr) && expr[i] == '+' {
			i++
			out = append(out[:start], "(?>"+string(out[start:])+")"...)
		}
	}
	return string(out)
}

// atom returns the length of what one quantifier would repeat.
func atom(s string) int {
	switch {
	case s[0] == '\\' && len(s) > 2 && (s[1] == 'p' || s[1] == 'P') && s[2] == '{':
		if end := strings.IndexByte(s, '}'); end > 0 {
			return end + 1
		}
	case s[0] == '\\' && len(s) > 1:
		return 2
	case s[0] == '[':
		for i := 1; i < len(s); i++ {
			if s[i] == '\\' {
				i++
			} else if s[i] == ']' && i > 1 {
				return i + 1
			}
		}
	}
	return 1
}

// quantifier returns the length of the quantifier s begins with, without the
// sign that makes it lazy or possessive.
func quantifier(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case '*', '+', '?':
		return 1
	case '{':
		if end := strings.IndexByte(s, '}'); end > 1 && strings.Trim(s[1:end], "0123456789,") == "" {
			return end + 1
		}
	}
	return 0
}

// wordCharacters is \w of Oniguruma as the inside of a class: what is alphabetic,
// marks, decimal digits and connecting punctuation. The engine's own leaves
// spacing marks, numerals and circled letters out.
var wordCharacters = properties["L"] + properties["M"] + properties["Nd"] + `\p{Nl}\p{Pc}Ⓐ-ⓩ🄰-🅉🅐-🅩🅰-🆉`

// latinWord are the further characters that Oniguruma takes for \w, for which it
// asks another table below U+0100, but not for classes.
const latinWord = `²³¹¼½¾`

// properties returns what stands for \p{name} inside a class: the engine's own
// category and what is newer than its tables.
var properties = func() map[string]string {
	is := map[string]func(Class) bool{
		"L": func(c Class) bool { return c&Letter != 0 }, "Lu": func(c Class) bool { return c&Upper != 0 }, "Ll": func(c Class) bool { return c&Lower != 0 },
		"Lo": func(c Class) bool { return c&Letter != 0 && c&(Upper|Lower) == 0 }, "M": func(c Class) bool { return c&Mark != 0 },
		"N": func(c Class) bool { return c&Number != 0 }, "P": func(c Class) bool { return c&Punct != 0 }, "S": func(c Class) bool { return c&Symbol != 0 },
	}
	is["Nd"] = func(c Class) bool { return c&Number != 0 }
	all := map[string]string{}
	for name, in := range is {
		text := []rune(`\p{` + name + `}`)
		for _, l := range later {
			if in(l.class) && (name != "Nd" || l.lo >= 0x10D40) {
				text = append(text, l.lo, '-', l.hi)
			}
		}
		all[name] = string(text)
	}
	return all
}()

// spell writes \w, \d and categories as classes that know all characters of the
// reference's tables.
func spell(expr string) string {
	var out strings.Builder
	inside := false
	class := func(not bool, characters, otherwise string) {
		switch {
		case inside && !not:
			out.WriteString(characters)
		case inside:
			out.WriteString(otherwise)
		case not:
			out.WriteString(`[^` + characters + `]`)
		default:
			out.WriteString(`[` + characters + `]`)
		}
	}
	for i := 0; i < len(expr); {
		n := 1
		if expr[i] == '\\' {
			n = atom(expr[i:])
		}
		switch text := expr[i : i+n]; {
		case text == `\w` || text == `\W`:
			characters := wordCharacters
			if !inside {
				characters += latinWord
			}
			class(text == `\W`, characters, text)
		case text == `\d` || text == `\D`:
			class(text == `\D`, properties["Nd"], text)
		case n > 4 && properties[text[3:n-1]] != "":
			class(text[1] == 'P', properties[text[3:n-1]], text)
		default:
			if n == 1 {
				inside = text == "[" || inside && text != "]"
			}
			out.WriteString(text)
		}
		i += n
	}
	return out.String()
}
