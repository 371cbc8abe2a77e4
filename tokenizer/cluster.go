package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

func runeLen(b []byte) int {
	_, n := utf8.DecodeRune(b)
	return n
}

// cluster returns the length of the grapheme cluster b begins with, by the rules
// of Unicode Standard Annex 29 as far as they tell clusters of up to five bytes
// apart: emoji sequences, flags, Hangul syllables in letters and Indic conjuncts
// are longer, and what is done to those is done to each of their characters.
func cluster(b []byte) int {
	r, n := utf8.DecodeRune(b)
	if r == '\r' && len(b) > 1 && b[1] == '\n' {
		return 2
	}
	if breaksAlways(r) {
		return n
	}
	for n < len(b) {
		next, m := utf8.DecodeRune(b[n:])
		if breaksAlways(next) || !extends(next) && !precedes(r) {
			break
		}
		n += m
		r = next
	}
	return n
}

// breaksAlways holds for controls, which stand alone.
func breaksAlways(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7F && r < 0xA0:
		return true
	case r < 0xAD, r == 0x200C, r == 0x200D:
		return false
	case r == 0x2028, r == 0x2029, r == 0xAD:
		return true
	case r >= 0xE0000 && r <= 0xE0FFF:
		return !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Other_Grapheme_Extend, r)
	}
	return unicode.Is(unicode.Cf, r) && !precedes(r)
}

// extends holds for what never begins a cluster: marks, joiners, spacing vowels.
func extends(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r == 0x200D, r == 0xE33, r == 0xEB3:
		return true
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Other_Grapheme_Extend), r >= 0x1F3FB && r <= 0x1F3FF:
		return true
	}
	return unicode.Is(unicode.Mc, r) && r != 0x102B && r != 0x102C && r != 0x1038 && !(r >= 0x1062 && r <= 0x1064) &&
		!(r >= 0x1067 && r <= 0x106D) && r != 0x1083 && !(r >= 0x1087 && r <= 0x108C) && r != 0x108F && !(r >= 0x109A && r <= 0x109C) &&
		r != 0x1A61 && r != 0x1A63 && r != 0x1A64 && r != 0xAA7B && r != 0xAA7D && r != 0x11720 && r != 0x11721
}

// precedes holds for signs that belong to the character behind them.
func precedes(r rune) bool {
	return r >= 0x600 && (unicode.Is(unicode.Prepended_Concatenation_Mark, r) || r == 0xD4E || r == 0x111C2 || r == 0x111C3)
}
