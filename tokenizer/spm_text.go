package tokenizer

import (
	"strings"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// spmText decodes as SentencePiece does: the space put before a text goes,
// unknown tokens get a sign, bytes become characters.
type spmText struct {
	strip    bool // the first space was put there
	squeeze  bool // and any before it
	unk      string
	surface  string // of the unknown token
	controls []bool
	ids      lexicon
}

func (d spmText) step(next sink) sink { return &spmTextState{spmText: d, start: true, next: next} }

type spmTextState struct {
	spmText
	start bool // no text was given on
	seen  bool // the space at the begin was taken away
	bytes []byte
	next  sink
}

func (d *spmTextState) token(s string) {
	if b, ok := byteToken(s); ok {
		d.bytes = append(d.bytes, b)
		d.characters(false)
		return
	}
	d.characters(true)
	if d.seen {
		d.start = false
	}
	d.seen = false
	switch id, _ := d.ids.id(s); {
	case s == d.unk:
		s = d.surface
	case int(id) < len(d.controls) && d.controls[id]:
	default:
		if d.start && d.strip {
			rest, had := strings.CutPrefix(s, lowBlock)
			s, d.seen = rest, had && !d.squeeze
		}
		s = strings.ReplaceAll(s, lowBlock, " ")
	}
	d.give(s)
}

func (d *spmTextState) give(s string) {
	if s != "" {
		d.start = false
		d.next.token(s)
	}
}

// characters gives on the characters that bytes make; with all also what remains.
func (d *spmTextState) characters(all bool) {
	for len(d.bytes) > 0 && (all || utf8.FullRune(d.bytes)) {
		r, n := utf8.DecodeRune(d.bytes)
		if r == utf8.RuneError && n == 1 {
			d.give("\uFFFD")
		} else {
			d.give(string(d.bytes[:n]))
		}
		d.bytes = d.bytes[n:]
	}
}

func (d *spmTextState) end() {
	d.characters(true)
	d.next.end()
}

// quotes is what XLNet and ALBERT do before SentencePiece: quotation marks of
// TeX become plain, accents and perhaps case go.
func quotes(accents, lower bool) normalizers {
	ns := normalizers{replace{scan.Literal("``"), `"`}, replace{scan.Literal("''"), `"`}}
	if !accents {
		ns = append(ns, nfkd, stripAccents)
	}
	if lower {
		ns = append(ns, lowercaser)
	}
	return ns
}

// xlnet puts <sep> and <cls>, in segment 2, behind the text.
func (t *Tokenizer) xlnet(o Options) {
	t.norm = quotes(!or(o.StripAccents, true), or(o.LowerCase, false))
	for name, at := range map[string]*int32{"<sep>": &t.names.sep, "<cls>": &t.names.cls} {
		if id, ok := t.vocab.id(name); ok {
			*at = id
		}
	}
	if t.names.sep < 0 || t.names.cls < 0 {
		return
	}
	sep, cls := t.names.sep, tokens(2, t.names.cls)
	t.template = template{
		single: []part{{text: 0}, tokens(0, sep), cls},
		pair:   []part{{text: 0}, tokens(0, sep), {text: 1, kind: 1}, tokens(1, sep), cls},
	}
}
