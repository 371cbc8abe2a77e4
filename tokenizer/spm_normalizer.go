package tokenizer

import (
	"bytes"
	"unicode/utf8"
)

// spmSplit is SentencePiece's normaliser. It makes one word of a text: it
// replaces by the charsmap, sets spaces right and writes them ▁.
type spmSplit struct {
	table   *charsmap
	user    *trie // pieces that stay as they are
	prefix  bool  // a space goes before each text
	first   bool  // only before the text at the begin of the input
	suffix  bool  // the space goes behind instead
	squeeze bool
	space   string
}

const lowBlock = "▁"

func (p *spmSplit) split(s *scratch, start bool) {
	rewrite(s, func(dst, src *text, w span) { p.normalize(dst, src, int(w.start), int(w.end), start || !p.first) })
}

// normalize appends what src.b[i:end] becomes.
func (p *spmSplit) normalize(dst, src *text, i, end int, prefix bool) {
	prefix = prefix && p.prefix
	if p.squeeze {
		for i < end {
			to, n := p.next(src.b[i:end])
			if string(to) != " " {
				break
			}
			i += n
		}
		if i == end {
			return
		}
	}
	from := len(dst.b)
	if prefix && !p.suffix {
		dst.put(p.space, src.origin(i, i+runeLen(src.b[i:end])))
	}
	spaced := p.squeeze
	for i < end {
		if j := p.same(dst, src.b[:end], i); j > i {
			dst.b = append(dst.b, src.b[i:j]...)
			i, spaced = j, false
			continue
		}
		to, n := p.next(src.b[i:end])
		at := src.origin(i, i+n)
		i += n
		if spaced {
			to = bytes.TrimLeft(to, " ")
		}
		if len(to) == 0 {
			continue
		}
		p.put(dst, to, at)
		spaced = p.squeeze && to[len(to)-1] == ' '
	}
	if p.squeeze {
		for len(dst.b) > from && bytes.HasSuffix(dst.b, []byte(p.space)) {
			dst.b = dst.b[:len(dst.b)-len(p.space)]
			if dst.track {
				dst.at = dst.at[:len(dst.b)]
			}
		}
	}
	if prefix && p.suffix {
		dst.put(p.space, src.origin(end, end))
	}
}

// same returns the end of the ASCII characters from i on, spaces apart, that stay
// as they are, as far as it is seen quickly.
func (p *spmSplit) same(dst *text, b []byte, i int) int {
	if dst.track || p.user != nil {
		return i
	}
	end := i
	for end < len(b) && b[end] < utf8.RuneSelf && b[end] != ' ' && (p.table == nil || p.table.stays[b[end]]) {
		end++
	}
	if p.table != nil && end > i && end < len(b) && b[end] >= utf8.RuneSelf {
		end--
	}
	return end
}

// put appends to with its spaces written as the vocabulary does.
func (p *spmSplit) put(dst *text, to []byte, at span) {
	for {
		i := bytes.IndexByte(to, ' ')
		if i < 0 {
			dst.put(string(to), at)
			return
		}
		dst.put(string(to[:i]), at)
		dst.put(p.space, at)
		to = to[i+1:]
	}
}

// next returns what the text at the begin of b becomes, and its length.
func (p *spmSplit) next(b []byte) ([]byte, int) {
	if p.user != nil {
		if _, n := p.user.longest(b); n > 0 {
			return b[:n], n
		}
	}
	if p.table != nil {
		if to, n := p.table.lookup(b, false); n > 0 {
			return to, n
		}
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n == 1 {
		return []byte("\uFFFD"), 1
	}
	return b[:n], n
}
