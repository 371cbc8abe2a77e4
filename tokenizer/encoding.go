package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// Offset is a range of bytes of a text, end exclusive.
type Offset struct{ Start, End int }

// Encoding is a text, or two, as a model takes it. All slices have one entry an
// id, or none.
type Encoding struct {
	IDs     []int32
	Types   []int32  // segment
	Text    []int8   // which of the texts the id is of; -1 for tokens of the template
	Offsets []Offset // bytes of that text the id stands for; empty for tokens of the template
	Words   []int32  // number of the word within its text; -1 for tokens of the template
	Special []bool   // the id was put there by the template or to fill the row

	Attention []bool // false for what fills the row; nil: nothing does
}

// EncodeWithOffsets returns the ids of a text and where in it each comes from.
func (t *Tokenizer) EncodeWithOffsets(text string, opts ...Option) Encoding {
	return t.encode([]string{text}, join(opts), true)
}

// EncodePairWithOffsets returns the ids of two texts and where in them each comes
// from.
func (t *Tokenizer) EncodePairWithOffsets(a, b string, opts ...Option) Encoding {
	return t.encode([]string{a, b}, join(opts), true)
}

// RuneOffsets returns the offsets as ranges of characters instead of bytes.
// texts are those that were encoded.
func (e *Encoding) RuneOffsets(texts ...string) []Offset {
	counts := make([][]int, len(texts))
	for i, text := range texts {
		counts[i] = make([]int, len(text)+1)
		n := 0
		for at := 0; at < len(text); n++ {
			_, size := utf8.DecodeRuneInString(text[at:])
			for range size {
				counts[i][at] = n
				at++
			}
		}
		counts[i][len(text)] = n
	}
	out := make([]Offset, len(e.Offsets))
	for i, o := range e.Offsets {
		if k := int(e.Text[i]); k >= 0 && k < len(counts) && o.End < len(counts[k]) {
			out[i] = Offset{counts[k][o.Start], counts[k][o.End]}
			if o.End > o.Start && o.End < len(texts[k]) && !utf8.RuneStart(texts[k][o.End]) {
				out[i].End++ // ends within a character
			}
		}
	}
	return out
}

func (t *Tokenizer) encode(texts []string, o Option, track bool) Encoding {
	var each [2]*scratch
	for i, text := range texts {
		each[i] = t.scratches.take(track || t.traced)
		t.run(each[i], text, o&Literal != 0)
		defer t.scratches.give(each[i])
	}
	var e Encoding
	for _, p := range t.template.of(len(texts)) {
		if p.text < 0 {
			if o&Bare == 0 {
				e.template(p, track)
			}
			continue
		}
		e.text(t, p, each[p.text], texts[p.text], track)
	}
	return e
}

func (e *Encoding) template(p part, track bool) {
	for _, id := range p.ids {
		e.IDs, e.Types = append(e.IDs, id), append(e.Types, p.kind)
		if track {
			e.Text, e.Offsets = append(e.Text, -1), append(e.Offsets, Offset{})
			e.Words, e.Special = append(e.Words, -1), append(e.Special, true)
		}
	}
}

func (e *Encoding) text(t *Tokenizer, p part, s *scratch, text string, track bool) {
	for i, id := range s.ids {
		e.IDs, e.Types = append(e.IDs, id), append(e.Types, p.kind)
		if !track {
			continue
		}
		at := Offset{int(s.at[i].start), int(s.at[i].end)}
		if t.trim != nil {
			token := s.forms[i]
			if token == "" {
				token = t.tokens[id]
			}
			at = t.trim.offset(at, text, token, i == 0)
		}
		e.Text, e.Offsets = append(e.Text, int8(p.text)), append(e.Offsets, at)
		e.Words, e.Special = append(e.Words, s.word[i]), append(e.Special, false)
	}
}

// trimming leaves the white space that a token of GPT-2's kind begins or ends
// with out of its offsets.
type trimming struct{ prefixed bool } // a space was put before the text

func (p *trimming) offset(at Offset, text, token string, first bool) Offset {
	space := func(r rune) bool { return r == byteRune[' '] || unicode.IsSpace(r) }
	lead, tail := 0, 0
	for _, r := range token {
		if !space(r) {
			break
		}
		lead++
	}
	for rest := token; rest != ""; tail++ {
		r, n := utf8.DecodeLastRuneInString(rest)
		if !space(r) {
			break
		}
		rest = rest[:len(rest)-n]
	}
	if lead == 1 && p.prefixed && (first || at.Start == 0) {
		lead = 0
	}
	for ; lead > 0 && at.Start < at.End; lead-- {
		_, n := utf8.DecodeRuneInString(text[at.Start:at.End])
		at.Start += n
	}
	if at.End < 4*tail && utf8.RuneCountInString(text[:at.End]) < tail { // the reference then leaves the end alone
		return at
	}
	for ; tail > 0 && at.Start < at.End; tail-- {
		_, n := utf8.DecodeLastRuneInString(text[at.Start:at.End])
		at.End -= n
	}
	return at
}
