package tokenizer

import "unicode/utf8"

// span is a range of bytes, end exclusive.
type span struct{ start, end int32 }

// text is a piece of input on its way through normalisation. When origins are
// tracked, at[i] is the range of input bytes that b[i] stands for.
type text struct {
	b     []byte
	at    []span
	track bool
}

// reset makes t the input s, whose first byte is number base of the whole input.
func (t *text) reset(s string, base int, track bool) {
	t.b, t.at, t.track = append(t.b[:0], s...), t.at[:0], track
	if !track {
		return
	}
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

// align appends made, which a step made of src.b[i:j]: characters stand for one
// another from left to right. What is made too much stands for the last one, and
// nothing stands for the input that is left over.
func (t *text) align(src *text, i, j int, made []byte) {
	if !t.track {
		t.b = append(t.b, made...)
		return
	}
	for k := 0; k < len(made); {
		_, n := utf8.DecodeRune(made[k:])
		at := src.origin(max(i-1, 0), i)
		if i < j {
			_, m := utf8.DecodeRune(src.b[i:])
			at = src.origin(i, i+m)
			i += m
		} else if len(t.at) > 0 {
			at = t.at[len(t.at)-1]
		}
		t.put(string(made[k:k+n]), at)
		k += n
	}
}

// words is a text cut into words, ranges of text.b.
type words struct {
	text text
	at   []span
}
