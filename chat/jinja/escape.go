package jinja

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

var simpleEscapes = map[byte]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'a': 7, 'b': 8, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11,
}

// unescape reads the backslash escapes of a string literal as Python does:
// what is no escape stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		c := s[i]
		if e, ok := simpleEscapes[c]; ok {
			b.WriteByte(e)
			continue
		}
		switch {
		case c == '\n':
		case c >= '0' && c <= '7':
			j := i
			for j < len(s) && j < i+3 && s[j] >= '0' && s[j] <= '7' {
				j++
			}
			v, _ := strconv.ParseUint(s[i:j], 8, 32)
			b.WriteRune(rune(v))
			i = j - 1
		case c == 'x' || c == 'u' || c == 'U':
			r, n := hexEscape(s[i:])
			b.WriteRune(r)
			i += n - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}

// hexEscape reads xhh, uhhhh (two of them for a surrogate pair) or Uhhhhhhhh.
func hexEscape(s string) (rune, int) {
	n := 1 + map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if len(s) < n {
		fail("short escape \\%s", s)
	}
	v, err := strconv.ParseUint(s[1:n], 16, 32)
	if err != nil || v > 0x10ffff {
		fail("bad escape \\%s", s[:n])
	}
	if utf16.IsSurrogate(rune(v)) && len(s) >= n+6 && s[n] == '\\' && s[n+1] == 'u' {
		if low, err := strconv.ParseUint(s[n+2:n+6], 16, 32); err == nil {
			return utf16.DecodeRune(rune(v), rune(low)), n + 6
		}
	}
	return rune(v), n
}
