package tokenizer

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// form is one of Unicode's four normalisation forms.
type form struct {
	form    norm.Form
	compose bool
}

var (
	nfc  = form{norm.NFC, true}
	nfd  = form{norm.NFD, false}
	nfkc = form{norm.NFKC, true}
	nfkd = form{norm.NFKD, false}
)

func (f form) normalize(dst, src *text) bool {
	if plain(src.b) || f.form.IsNormal(src.b) {
		return false
	}
	if src.track || manyMarks(src.b) {
		f.slow(dst, src)
		return true
	}
	dst.b = f.form.Append(dst.b, src.b...)
	return true
}

func plain(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// manyMarks reports whether b holds a run of combining characters so long that
// golang.org/x/text would cut it with a grapheme joiner, which the reference does
// not, or one that is newer than the reference's tables, to which it is inert. The
// limit there is 30; one character may decompose to four.
func manyMarks(b []byte) bool {
	run := 0
	for i := 0; i < len(b); {
		if b[i] < 0x80 {
			i++
			run = 0
			continue
		}
		p := norm.NFD.Properties(b[i:])
		if p.CCC() == 0 {
			run = 0
		} else if run++; run > 6 || newer(b[i:]) {
			return true
		}
		i += max(p.Size(), 1)
	}
	return false
}

// newer reports whether b begins with a mark that the reference's normaliser does
// not know.
func newer(b []byte) bool {
	r, _ := utf8.DecodeRune(b)
	return r >= 0x7FD && unicode.Is(laterMarks, r)
}

// letter is one character of a decomposed text.
type letter struct {
	r    rune // above unicode.MaxRune: a byte that is no character, as for change
	ccc  uint8
	uses int32 // characters of the source that it stands for; 0: that of the letter before
}

// slow normalises without a limit on combining characters, by the algorithm of
// Unicode Standard Annex 15.
func (f form) slow(dst, src *text) {
	letters := f.decompose(src)
	for i := 0; i < len(letters); {
		j := i + 1
		if letters[i].ccc != 0 {
			for j < len(letters) && letters[j].ccc != 0 {
				j++
			}
			slices.SortStableFunc(letters[i:j], func(a, b letter) int { return cmp.Compare(a.ccc, b.ccc) })
		}
		i = j
	}
	if f.compose {
		letters = composed(letters)
	}
	made := make([]change, len(letters))
	for i, l := range letters {
		made[i] = change{l.r, 1 - l.uses}
	}
	dst.transform(src, made)
}

// decompose returns the full decomposition, not yet in order.
func (f form) decompose(src *text) []letter {
	full := norm.NFD
	if f.form == norm.NFKC || f.form == norm.NFKD {
		full = norm.NFKD
	}
	letters := make([]letter, 0, len(src.b)/2+1)
	var buf [32]byte
	for i := 0; i < len(src.b); {
		r, n := utf8.DecodeRune(src.b[i:])
		if newer(src.b[i:]) {
			letters = append(letters, letter{r, 0, 1})
			i += n
			continue
		}
		one := full.Append(buf[:0], src.b[i:i+n]...)
		i += n
		for uses := int32(1); len(one) > 0; uses = 0 {
			r, m := utf8.DecodeRune(one)
			if r == utf8.RuneError && m == 1 { // a byte that is no character stays
				r = unicode.MaxRune + 1 + rune(one[0])
			}
			letters = append(letters, letter{r, norm.NFD.Properties(one).CCC(), uses})
			one = one[m:]
		}
	}
	return letters
}

// composed joins each starter with the marks and vowels behind it that make one
// character with it.
func composed(letters []letter) []letter {
	out := letters[:0]
	starter, last := -1, uint8(0)
	for _, l := range letters {
		if starter >= 0 && (last < l.ccc || last == 0 && starter == len(out)-1) {
			if r, ok := pair(out[starter].r, l.r); ok {
				out[starter].r = r
				out[starter].uses += l.uses
				continue
			}
		}
		if l.ccc == 0 {
			starter = len(out)
		}
		last = l.ccc
		out = append(out, l)
	}
	return out
}

// pair returns the one character that a and b compose to.
func pair(a, b rune) (rune, bool) {
	if b < 0x300 || a > unicode.MaxRune || b > unicode.MaxRune { // nothing below is the second part of anything
		return 0, false
	}
	var in, out [2 * utf8.UTFMax]byte
	both := utf8.AppendRune(utf8.AppendRune(in[:0], a), b)
	made := norm.NFC.Append(out[:0], both...)
	r, n := utf8.DecodeRune(made)
	return r, n == len(made)
}
