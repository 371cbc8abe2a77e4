package scan

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// Class is a set of Unicode properties of one character.
type Class uint8

// The properties that pre-tokenizers ask for.
const (
	Letter Class = 1 << iota // L
	Number                   // N
	Mark                     // M
	Punct                    // P
	Symbol                   // S
	Space                    // White_Space
	Upper                    // Lu and Lt
	Lower                    // Ll
)

// pages holds the classes of 256 characters a page; a page that is nil holds
// zeros.
var pages = sync.OnceValue(func() *[0x1100]*[256]Class {
	p := new([0x1100]*[256]Class)
	for c, tables := range map[Class][]*unicode.RangeTable{
		Letter: {unicode.L}, Number: {unicode.N}, Mark: {unicode.M}, Punct: {unicode.P},
		Symbol: {unicode.S}, Space: {unicode.White_Space},
		Upper: {unicode.Lu, unicode.Lt}, Lower: {unicode.Ll},
	} {
		for _, t := range tables {
			for _, r := range t.R16 {
				mark(p, rune(r.Lo), rune(r.Hi), rune(r.Stride), c)
			}
			for _, r := range t.R32 {
				mark(p, rune(r.Lo), rune(r.Hi), rune(r.Stride), c)
			}
		}
	}
	for _, l := range later {
		mark(p, l.lo, l.hi, 1, l.class)
	}
	return p
})

func mark(p *[0x1100]*[256]Class, lo, hi, stride rune, c Class) {
	for r := lo; r <= hi; r += stride {
		page := p[r>>8]
		if page == nil {
			page = new([256]Class)
			p[r>>8] = page
		}
		page[r&255] |= c
	}
}

// ascii holds the classes of the first 128 characters, so that plain text needs
// no page table; for a byte of a longer character it holds nothing.
var ascii = func() (t [256]Class) {
	for r := range rune(128) {
		for c, in := range map[Class]bool{
			Letter: unicode.IsLetter(r), Number: unicode.IsNumber(r), Punct: unicode.IsPunct(r),
			Symbol: unicode.IsSymbol(r), Space: unicode.IsSpace(r), Upper: unicode.IsUpper(r), Lower: unicode.IsLower(r),
		} {
			if in {
				t[r] |= c
			}
		}
	}
	return t
}()

// ClassOf returns the properties of r.
func ClassOf(r rune) Class {
	if uint32(r) < 128 {
		return ascii[r]
	}
	if uint32(r) > unicode.MaxRune {
		return 0
	}
	if page := pages()[r>>8]; page != nil {
		return page[r&255]
	}
	return 0
}

// ClassAt returns the properties of the character at b[i] and its length in
// bytes. A byte that is not part of a character has no properties and length 1.
func ClassAt(b []byte, i int) (Class, int) {
	if c := b[i]; c < 128 {
		return ascii[c], 1
	}
	r, n := utf8.DecodeRune(b[i:])
	if r == utf8.RuneError && n == 1 {
		return 0, 1
	}
	return ClassOf(r), n
}

// while returns the end of the run from i of characters with any property of in.
func while(b []byte, i int, in Class) int {
	for i < len(b) {
		if ascii[b[i]]&in != 0 {
			i++
			continue
		}
		if b[i] < 128 {
			break
		}
		c, n := ClassAt(b, i)
		if c&in == 0 {
			break
		}
		i += n
	}
	return i
}

// until returns the end of the run from i of characters with no property of out.
func until(b []byte, i int, out Class) int {
	for i < len(b) {
		c, n := ascii[b[i]], 1
		if b[i] >= 128 {
			c, n = ClassAt(b, i)
		}
		if c&out != 0 {
			break
		}
		i += n
	}
	return i
}
