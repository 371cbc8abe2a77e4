package tokenizer

import (
	"unicode"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// bertNormalizer is the basic tokenizer of BERT (Devlin et al. 2019) as far as
// it rewrites: it cleans, sets Chinese characters apart, and takes accents and
// case away.
func bertNormalizer(clean, chinese, accents, lower bool) normalizers {
	var ns normalizers
	if clean {
		ns = append(ns, runeMap(bertClean))
	}
	if chinese {
		ns = append(ns, runeMap(bertChinese))
	}
	if accents {
		ns = append(ns, nfd, drop(bertAccent))
	}
	if lower {
		ns = append(ns, runeMap(lowercase))
	}
	return ns
}

// bertClean leaves out control characters and makes white space spaces.
func bertClean(dst *text, r rune, at span) bool {
	if r >= ' ' && r < 0x7F {
		return false
	}
	switch {
	case r == '\t', r == '\n', r == '\r':
		dst.put(" ", at)
	case r == 0, r == 0xFFFD, unicode.In(r, unicode.Cc, unicode.Co), unicode.Is(unicode.Cf, r) && !unicode.Is(laterFormat, r):
	case scan.ClassOf(r)&scan.Space != 0:
		dst.put(" ", at)
	default:
		return false
	}
	return true
}

// bertChinese puts spaces around each character of the CJK blocks. The sixth
// range begins at 2B920 where Unicode's block begins at 2B820: the reference has
// it so.
func bertChinese(dst *text, r rune, at span) bool {
	if r < 0x3400 {
		return false
	}
	switch {
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3400 && r <= 0x4DBF, r >= 0x20000 && r <= 0x2A6DF, r >= 0x2A700 && r <= 0x2B73F,
		r >= 0x2B740 && r <= 0x2B81F, r >= 0x2B920 && r <= 0x2CEAF, r >= 0xF900 && r <= 0xFAFF, r >= 0x2F800 && r <= 0x2FA1F:
		dst.put(" ", at)
		dst.rune(r, at)
		dst.put(" ", at)
		return true
	}
	return false
}

// bertPunct reports whether r is punctuation to BERT: to Unicode, or any ASCII
// character that is no letter, digit or space.
func bertPunct(r rune) bool {
	c := scan.ClassOf(r)
	if r < 128 {
		return c&(scan.Punct|scan.Symbol) != 0
	}
	return c&scan.Punct != 0 && !unicode.Is(laterPunct, r) || unicode.Is(formerPunct, r)
}

// bertAccent reports whether r is a nonspacing mark.
func bertAccent(r rune) bool {
	return r >= 0x300 && (unicode.Is(unicode.Mn, r) && !unicode.Is(laterMn, r) || unicode.Is(formerMn, r))
}
