package tokenizer

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// bertNormalizer is the basic tokenizer of BERT (Devlin et al. 2019) as far as
// it rewrites: it cleans, sets Chinese characters apart, and takes accents and
// case away.
func bertNormalizer(clean, chinese, accents, lower bool) normalizers {
	var ns normalizers
	if clean {
		ns = append(ns, runeMap{f: bertClean, low: true})
	}
	if chinese {
		ns = append(ns, runeMap{f: bertChinese})
	}
	if accents {
		ns = append(ns, nfd, drop(bertAccent))
	}
	if lower {
		ns = append(ns, lowercaser)
	}
	return normalizers{newBytewise(ns)}
}

// bytewise does what steps do that map each ASCII character by itself, to one or
// to none, and to which such a character behind others changes nothing: one look
// at a table for plain text.
type bytewise struct {
	steps normalizers
	table [128]int16 // -1: goes
}

func newBytewise(steps normalizers) *bytewise {
	b := &bytewise{steps: steps}
	s := new(scratch)
	for c := range b.table {
		s.cur.borrow([]byte{byte(c)})
		steps.apply(s)
		b.table[c] = -1
		if len(s.cur.b) > 0 {
			b.table[c] = int16(s.cur.b[0])
		}
	}
	return b
}

// apply rewrites s.cur.
func (n *bytewise) apply(s *scratch) {
	if s.track {
		n.steps.apply(s)
		return
	}
	src := s.cur.b
	s.other.begin(&s.cur)
	dst := slices.Grow(s.other.b, len(src))
	for i := 0; i < len(src); {
		if c := src[i]; c < utf8.RuneSelf {
			if to := n.table[c]; to >= 0 {
				dst = append(dst, byte(to))
			}
			i++
			continue
		}
		end := foreign(src, i)
		if s.inner == nil {
			s.inner = new(scratch)
		}
		s.inner.cur.borrow(src[i:end])
		n.steps.apply(s.inner)
		dst = append(dst, s.inner.cur.b...)
		i = end
	}
	s.other.b = dst
	s.swap()
}

// foreign returns the end of a part of b, from i on, that is not only ASCII: where
// much ASCII follows, or b ends.
func foreign(b []byte, i int) int {
	for plain := 0; i < len(b) && plain < 32; i++ {
		if plain++; b[i] >= utf8.RuneSelf {
			plain = 0
		}
	}
	return i
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

// bertPunctAt is bertPunct for the character b begins with.
func bertPunctAt(b []byte) bool {
	r, _ := utf8.DecodeRune(b)
	return bertPunct(r)
}

// bertAccent reports whether r is a nonspacing mark.
func bertAccent(r rune) bool {
	return r >= 0x300 && (unicode.Is(unicode.Mn, r) && !unicode.Is(laterMn, r) || unicode.Is(formerMn, r))
}
