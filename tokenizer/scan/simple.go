package scan

import "unicode/utf8"

// Each matches single characters with any property of in.
func Each(in Class) Pattern {
	return find(func(b []byte, i int) int {
		if c, n := ClassAt(b, i); c&in != 0 {
			return i + n
		}
		return i
	})
}

// Run matches runs of characters with any property of in, and with lead one
// white-space character before, if there is one.
func Run(in Class, lead bool) Pattern {
	return find(func(b []byte, i int) int {
		j := i
		if c, n := ClassAt(b, i); lead && c&Space != 0 {
			j += n
		}
		if end := while(b, j, in); end > j {
			return end
		}
		return i
	})
}

// runes matches runs of characters for which in holds, or with one single
// characters.
func runes(in func(rune) bool, one bool) Pattern {
	return find(func(b []byte, i int) int {
		for i < len(b) {
			r, n := utf8.DecodeRune(b[i:])
			if !in(r) || r == utf8.RuneError && n == 1 {
				break
			}
			i += n
			if one {
				break
			}
		}
		return i
	})
}

func lineBreak(r rune) bool { return r == '\r' || r == '\n' }

// east is [一-龥ࠀ-一가-퟿] of DeepSeek's first tokenizers.
func east(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FA5 || r >= 0x800 && r <= 0x4E00 || r >= 0xAC00 && r <= 0xD7FF
}

// cjk is [一-龥぀-ゟ゠-ヿ] of DeepSeek V3.
func cjk(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FA5 || r >= 0x3040 && r <= 0x30FF
}

// threes matches [0-9][0-9][0-9].
func threes(b []byte, i int) int {
	if i+3 <= len(b) && digit(b[i]) && digit(b[i+1]) && digit(b[i+2]) {
		return i + 3
	}
	return i
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// falcon matches [\p{P}\$\+<=>\^~\|`]+, with tick ` too.
func falcon(tick bool) Pattern {
	return find(func(b []byte, i int) int {
		for i < len(b) {
			c, n := ClassAt(b, i)
			switch {
			case c&Punct != 0:
			case b[i] == '$', b[i] == '+', b[i] == '<', b[i] == '=', b[i] == '>', b[i] == '^', b[i] == '~', b[i] == '|', tick && b[i] == '`':
			default:
				return i
			}
			i += n
		}
		return i
	})
}

// deepseek3 is the last of DeepSeek V3's three patterns.
//
//	[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
func deepseek3(b []byte, i int) int {
	c, n := ClassAt(b, i)
	if b[i] < 128 && c&(Punct|Symbol) != 0 {
		j := i + 1
		for j < len(b) && b[j] < 128 && ascii[b[j]]&Letter != 0 {
			j++
		}
		if j > i+1 {
			return j
		}
	}
	if c&(Letter|Mark) != 0 {
		return while(b, i, Letter|Mark)
	}
	if c&(Punct|Symbol) == 0 && !lineBreak(rune(b[i])) {
		if end := while(b, i+n, Letter|Mark); end > i+n {
			return end
		}
	}
	j := i
	if b[i] == ' ' {
		j++
	}
	if end := while(b, j, Punct|Symbol); end > j {
		for end < len(b) && lineBreak(rune(b[end])) {
			end++
		}
		return end
	}
	if c&Space != 0 {
		return breaks(b, i, false)
	}
	return i
}
