package tokenizer

import (
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// span is a range of bytes, end exclusive.
type span struct{ start, end int32 }

// text is a piece of input on its way through normalisation. When origins are
// tracked, at[i] is the range of input bytes that b[i] stands for.
type text struct {
	b     []byte
	at    []span
	track bool

	lent bool   // b is another's and may only be read
	mine []byte // then the memory that is t's own

	found []scan.Span // memory for the matches of a step that writes t
}

// borrow makes t the text b, which it reads where it is. Origins are not tracked.
func (t *text) borrow(b []byte) {
	if !t.lent {
		t.mine = t.b
	}
	t.b, t.lent, t.track = b, true, false
}

// own gives back what was borrowed.
func (t *text) own() {
	if t.lent {
		t.b, t.mine, t.lent = t.mine[:0], nil, false
	}
}

// reset makes t the input s, whose first byte is number base of the whole input.
func (t *text) reset(s string, base int, track bool) {
	if !track {
		t.borrow(unsafe.Slice(unsafe.StringData(s), len(s)))
		return
	}
	t.own()
	t.b, t.at, t.track = append(t.b[:0], s...), t.at[:0], track
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		for range n {
			t.at = append(t.at, span{int32(base + i), int32(base + i + n)})
		}
		i += n
	}
}

// begin empties t and makes it ready to take what is made of src.
func (t *text) begin(src *text) {
	t.own()
	t.b, t.at, t.track = t.b[:0], t.at[:0], src.track
}

// origin returns the range of input bytes that b[i:j] stands for.
func (t *text) origin(i, j int) span {
	switch {
	case !t.track || len(t.at) == 0:
		return span{}
	case i >= j:
		if i < len(t.at) {
			return span{t.at[i].start, t.at[i].start}
		}
		end := t.at[len(t.at)-1].end
		return span{end, end}
	}
	return span{t.at[i].start, t.at[j-1].end}
}

// keep appends src.b[i:j] as it is.
func (t *text) keep(src *text, i, j int) {
	t.b = append(t.b, src.b[i:j]...)
	if t.track {
		t.at = append(t.at, src.at[i:j]...)
	}
}

// put appends s, which stands for the input range at.
func (t *text) put(s string, at span) {
	t.b = append(t.b, s...)
	if t.track {
		for range len(s) {
			t.at = append(t.at, at)
		}
	}
}

// rune appends r, which stands for the input range at.
func (t *text) rune(r rune, at span) {
	n := len(t.b)
	t.b = utf8.AppendRune(t.b, r)
	if t.track {
		for range len(t.b) - n {
			t.at = append(t.at, at)
		}
	}
}

// change is one character of a rewritten text.
type change struct {
	r    rune  // above unicode.MaxRune: a byte that is no character
	more int32 // 1: nothing was there before it; 0: it stands in another's place; -n: n more behind that one go
}

// transform appends a rewriting of src, as the reference notes it down: what is
// new stands for the last that was used up, and what is left over for nothing.
func (t *text) transform(src *text, made []change) {
	i, last := 0, span{}
	if len(src.at) > 0 {
		last = span{src.at[0].start, src.at[0].start}
	}
	for _, c := range made {
		at := last
		for n := c.more; n <= 0 && i < len(src.b); n++ {
			size := runeLen(src.b[i:])
			last = src.origin(i, i+size)
			if n == c.more {
				at = last
			}
			i += size
		}
		if c.r > unicode.MaxRune {
			t.put(string([]byte{byte(c.r)}), at)
		} else {
			t.rune(c.r, at)
		}
	}
}

// words is a text cut into words, ranges of text.b.
type words struct {
	text text
	at   []span
}
