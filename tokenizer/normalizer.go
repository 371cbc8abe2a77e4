package tokenizer

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// normalizer is one step that rewrites a text before it is cut into words. It
// writes to dst and reports whether it did; false means that src stays as it is.
type normalizer interface {
	normalize(dst, src *text) bool
}

// normalizers is a sequence of steps.
type normalizers []normalizer

// apply rewrites s.cur.
func (ns normalizers) apply(s *scratch) {
	for _, n := range ns {
		if n, ok := n.(*bytewise); ok {
			n.apply(s)
			continue
		}
		s.other.begin(&s.cur)
		if n.normalize(&s.other, &s.cur) {
			s.swap()
		}
	}
}

// normalize is apply for an untracked text.
func (n *bytewise) normalize(dst, src *text) bool {
	panic("tokenizer: bytewise is applied to a scratch")
}

// runeMap rewrites character by character.
type runeMap struct {
	f   func(dst *text, r rune, at span) bool // appends what stands in r's place, and returns false to keep r
	low bool                                  // it may change ASCII characters
}

func (m runeMap) normalize(dst, src *text) bool {
	changed := false
	for i := 0; i < len(src.b); {
		if !m.low && src.b[i] < utf8.RuneSelf {
			end := i + 1
			for end < len(src.b) && src.b[end] < utf8.RuneSelf {
				end++
			}
			dst.keep(src, i, end)
			i = end
			continue
		}
		r, n := utf8.DecodeRune(src.b[i:])
		if m.f(dst, r, src.origin(i, i+n)) {
			changed = true
		} else {
			dst.keep(src, i, i+n)
		}
		i += n
	}
	return changed
}

// lowercase maps character by character, without regard to what stands around,
// as Rust's char::to_lowercase does.
func lowercase(dst *text, r rune, at span) bool {
	if r == 'İ' { // the only character whose small form is two
		dst.put("i\u0307", at)
		return true
	}
	l := unicode.ToLower(r)
	if l == r && r > 0x1C00 {
		if later, ok := laterLower[r]; ok {
			l = later
		}
	}
	if l != r {
		dst.rune(l, at)
	}
	return l != r
}

// lowercaser makes a text's letters small.
var lowercaser = runeMap{f: lowercase, low: true}

// drop leaves out the characters for which it holds, which are not ASCII.
func drop(in func(rune) bool) runeMap {
	return runeMap{f: func(_ *text, r rune, _ span) bool { return in(r) }}
}

// stripAccents leaves out combining marks.
var stripAccents = drop(func(r rune) bool {
	return r >= 0x300 && (scan.ClassOf(r)&scan.Mark != 0 && !unicode.Is(laterMarks, r) || unicode.Is(formerMarks, r))
})

// nmt is the cleaning of Google's neural machine translation: control characters
// go, and all that is like a space becomes one.
func nmt(dst *text, r rune, at span) bool {
	switch {
	case r >= 1 && r <= 8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
	case r == 9, r == 0xA, r == 0xC, r == 0xD, r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028, r == 0x2029,
		r == 0x2581, r == 0xFEFF, r == 0xFFFD:
		dst.put(" ", at)
	default:
		return false
	}
	return true
}

// byteLevel writes the text in GPT-2's alphabet.
type byteLevel struct{}

func (byteLevel) normalize(dst, src *text) bool {
	for i := 0; i < len(src.b); {
		_, n := utf8.DecodeRune(src.b[i:])
		at := src.origin(i, i+n)
		for _, c := range src.b[i : i+n] {
			dst.rune(byteRune[c], at)
		}
		i += n
	}
	return true
}

// replace puts content in the place of each match.
type replace struct {
	pattern scan.Pattern
	content string
}

func (p replace) normalize(dst, src *text) bool {
	found := p.pattern(dst.found[:0], src.b)
	dst.found = found
	done := 0
	for _, m := range found {
		dst.keep(src, done, m.Start)
		_, last := utf8.DecodeLastRune(src.b[m.Start:m.End])
		dst.put(p.content, src.origin(m.End-last, m.End))
		done = m.End
	}
	dst.keep(src, done, len(src.b))
	return len(found) > 0
}

// prepend puts a string before a text that is not empty.
type prepend string

func (p prepend) normalize(dst, src *text) bool {
	if len(src.b) == 0 {
		return false
	}
	_, n := utf8.DecodeRune(src.b)
	dst.put(string(p), src.origin(0, n))
	dst.keep(src, 0, len(src.b))
	return true
}

// strip cuts white space from the ends.
type strip struct{ left, right bool }

func (p strip) normalize(dst, src *text) bool {
	lo, hi := 0, len(src.b)
	if p.left {
		lo = len(src.b) - len(bytes.TrimLeftFunc(src.b, unicode.IsSpace))
	}
	if p.right {
		hi = max(lo, len(bytes.TrimRightFunc(src.b, unicode.IsSpace)))
	}
	dst.keep(src, lo, hi)
	return lo > 0 || hi < len(src.b)
}
