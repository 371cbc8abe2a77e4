package grammar

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// White space is more in ECMAScript than in RE2: what must be white space is held to
// the one, and what must not be to the other.
const (
	narrowSpace = `\t\n\f\r `
	notSpace    = `\x00-\x08\x0e-\x1f!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
	wideSpace   = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
)

// parseECMA reads a pattern of JSON Schema, in the notation of ECMAScript as far as
// RE2 knows it.
func parseECMA(pattern string) (*syntax.Regexp, error) {
	var out strings.Builder
	class, negated := false, false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\':
			if i++; i == len(pattern) {
				return nil, fmt.Errorf("%q ends with a \\", pattern)
			}
			n, err := ecmaEscape(&out, pattern[i:], class, negated)
			if err != nil {
				return nil, err
			}
			i += n - 1
		case class:
			if class = c != ']'; c == '[' {
				out.WriteByte('\\')
			}
			out.WriteByte(c)
		case c == '[':
			class, negated = true, strings.HasPrefix(pattern[i:], "[^")
			out.WriteByte(c)
			if negated {
				out.WriteByte('^')
				i++
			}
			if strings.HasPrefix(pattern[i+1:], "]") {
				return nil, fmt.Errorf("%q: an empty set of characters", pattern)
			}
		case c == '.':
			out.WriteString(`[^\n\r\x{2028}\x{2029}]`)
		case c == '(' && strings.HasPrefix(pattern[i:], "(?") && !strings.HasPrefix(pattern[i:], "(?:"):
			return nil, fmt.Errorf("%.20q: this kind of group is not supported", pattern[i:])
		default:
			out.WriteByte(c)
		}
	}
	return syntax.Parse(out.String(), syntax.Perl)
}

// ecmaEscape writes an escape, of which s is what follows the \, and returns how much
// of s it is.
func ecmaEscape(out *strings.Builder, s string, class, negated bool) (int, error) {
	wrap := func(set string) {
		if !class {
			set = "[" + set + "]"
		}
		out.WriteString(set)
	}
	c := s[0]
	switch {
	case c == 's' && class && negated:
		wrap(wideSpace)
	case c == 's':
		wrap(narrowSpace)
	case c == 'S' && class && negated:
		out.WriteString(`\S`)
	case c == 'S':
		wrap(notSpace)
	case c == 'u' && len(s) >= 5 && isHex(s[1:5]):
		out.WriteString(`\x{` + s[1:5] + `}`)
		return 5, nil
	case c == 'x' && len(s) >= 3 && isHex(s[1:3]):
		out.WriteString(`\x` + s[1:3])
		return 3, nil
	case c == '0' && (len(s) < 2 || s[1] < '0' || s[1] > '9'):
		out.WriteString(`\x00`)
	case strings.IndexByte("dDwWtnvfr", c) >= 0, c < 0x80 && c > ' ' && !isNameByte(c), c == '-':
		out.WriteString(`\` + s[:1])
	default:
		return 0, fmt.Errorf(`\%c is not supported`, c)
	}
	return 1, nil
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }
