package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// scripts cuts words where the script changes. Hiragana and Katakana count as
// Han; spaces, and characters of no script, belong to what stands before them.
// Those that stand before all else are lost, as the reference loses them.
type scripts struct{}

func (scripts) split(s *scratch, _ bool) {
	out := s.spare.at[:0]
	for _, w := range s.words.at {
		out = cutScripts(out, s.words.text.b, w)
	}
	s.spare.at, s.words.at = s.words.at, out
}

func cutScripts(out []span, b []byte, w span) []span {
	last, begin := "", w.end
	for i := w.start; i < w.end; {
		r, n := utf8.DecodeRune(b[i:w.end])
		if script := scriptOf(r); script != "" {
			switch {
			case last == "":
				begin = i
			case script != last:
				out = append(out, span{begin, i})
				begin = i
			}
			last = script
		}
		i += int32(n)
	}
	if begin < w.end {
		out = append(out, span{begin, w.end})
	}
	return out
}

func scriptOf(r rune) string {
	switch {
	case r == ' ':
		return ""
	case r == 0x30FC, unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return "Han"
	case unicode.Is(unicode.Common, r):
		return "Common"
	case unicode.Is(unicode.Latin, r):
		return "Latin"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}
