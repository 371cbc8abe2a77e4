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
const wordCharacters = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}Ⓐ-ⓩ🄰-🅉🅐-🅩🅰-🆉`

// wordClass spells \w and \W out.
func wordClass(expr string) string {
	if !strings.Contains(expr, `\w`) && !strings.Contains(expr, `\W`) {
		return expr
	}
	var out strings.Builder
	inside := false
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\' && i+1 < len(expr):
			i++
			switch {
			case expr[i] == 'w' && inside:
				out.WriteString(wordCharacters)
			case expr[i] == 'w':
				out.WriteString(`[` + wordCharacters + `]`)
			case expr[i] == 'W' && !inside:
				out.WriteString(`[^` + wordCharacters + `]`)
			default:
				out.WriteString(expr[i-1 : i+1])
			}
		default:
			inside = c == '[' || inside && c != ']'
			out.WriteByte(c)
		}
	}
	return out.String()
}
