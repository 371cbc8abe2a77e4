package grammar

import (
	"slices"
	"unicode/utf8"
)

// A runeRange is a range of characters, both ends in it.
type runeRange struct{ lo, hi rune }

// surrogates are no characters: UTF-8 cannot write them.
const surrogateLo, surrogateHi = 0xD800, 0xDFFF

var anyRune = charset{{0, utf8.MaxRune}}

// oneOf returns the set of the characters of s.
func oneOf(s string) charset {
	var c charset
	for _, r := range s {
		c = append(c, runeRange{r, r})
	}
	return c.normal()
}

// normal returns the set sorted, with what overlaps or touches as one range.
func (c charset) normal() charset {
	c = slices.Clone(c)
	slices.SortFunc(c, func(a, b runeRange) int { return int(a.lo) - int(b.lo) })
	out := c[:0]
	for _, r := range c {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// not returns the characters that are not in the set.
func (c charset) not() charset {
	var out charset
	next := rune(0)
	for _, r := range c.normal() {
		if next < r.lo {
			out = append(out, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, runeRange{next, utf8.MaxRune})
	}
	return out
}

// and returns the characters of both sets.
func (c charset) and(d charset) charset {
	return append(slices.Clone(c.not()), d.not()...).not()
}

func (c charset) minus(d charset) charset { return c.and(d.not()) }

func (c charset) has(r rune) bool {
	return slices.ContainsFunc(c, func(x runeRange) bool { return x.lo <= r && r <= x.hi })
}

// byteRange is a range of bytes, both ends in it.
type byteRange struct{ lo, hi byte }

// eachUTF8 calls f with sequences of ranges of bytes that together are the UTF-8 of
// the characters of the set.
func (c charset) eachUTF8(f func([]byteRange)) {
	for _, r := range c.normal() {
		if r.lo < surrogateLo && r.hi >= surrogateLo {
			splitUTF8(r.lo, surrogateLo-1, f)
			r.lo = surrogateHi + 1
		}
		if r.lo >= surrogateLo && r.lo <= surrogateHi {
			r.lo = surrogateHi + 1
		}
		if r.lo <= r.hi {
			splitUTF8(r.lo, r.hi, f)
		}
	}
}

// splitUTF8 cuts a range where the length of the code changes, and then where a byte
// does not run over all its values while one before it changes.
func splitUTF8(lo, hi rune, f func([]byteRange)) {
	for _, last := range []rune{0x7F, 0x7FF, 0xFFFF} {
		if lo <= last && last < hi {
			splitUTF8(lo, last, f)
			splitUTF8(last+1, hi, f)
			return
		}
	}
	if hi > 0x7F {
		for i := 1; i < utf8.UTFMax; i++ {
			m := rune(1)<<(6*i) - 1
			if lo&^m == hi&^m {
				continue
			}
			if lo&m != 0 {
				splitUTF8(lo, lo|m, f)
				splitUTF8((lo|m)+1, hi, f)
				return
			}
			if hi&m != m {
				splitUTF8(lo, hi&^m-1, f)
				splitUTF8(hi&^m, hi, f)
				return
			}
		}
	}
	a, b := utf8.AppendRune(nil, lo), utf8.AppendRune(nil, hi)
	out := make([]byteRange, len(a))
	for i := range a {
		out[i] = byteRange{a[i], b[i]}
	}
	f(out)
}
