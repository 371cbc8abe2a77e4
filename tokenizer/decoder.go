package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// sink takes the tokens of a text one by one.
type sink interface {
	token(s string)
	end()
}

// step is one step of decoding: it makes the sink that works on tokens and hands
// them on to next. What it makes keeps the state of one text.
type step func(next sink) sink

// Decode returns the text of ids. With skipSpecial special tokens are left out.
// Ids that the vocabulary does not have are left out too. What is not UTF-8 in
// it becomes U+FFFD.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	s := t.NewStream(skipSpecial)
	for _, id := range ids {
		s.add(id)
	}
	s.chain.end()
	return string(s.out.finish())
}

// Stream decodes ids as they come. It belongs to one goroutine.
type Stream struct {
	t     *Tokenizer
	skip  bool
	keep  []int32 // special tokens that are not left out
	chain sink
	out   output
}

// Keep has those special tokens be text, though others are left out.
func (s *Stream) Keep(ids []int32) { s.keep = ids }

// NewStream returns a decoder for one text. With skipSpecial it leaves special
// tokens out.
func (t *Tokenizer) NewStream(skipSpecial bool) *Stream {
	s := &Stream{t: t, skip: skipSpecial}
	s.chain = &s.out
	for i := len(t.steps) - 1; i >= 0; i-- {
		s.chain = t.steps[i](s.chain)
	}
	return s
}

// Push takes the next id and returns the text that is certain by now: whole
// characters only. All that Push returns and then Flush is what Decode returns
// for all ids at once.
func (s *Stream) Push(id int32) string {
	s.add(id)
	return string(s.out.take())
}

// Flush ends the text and returns what was held back.
func (s *Stream) Flush() string {
	s.chain.end()
	return string(s.out.finish())
}

func (s *Stream) add(id int32) {
	if s.skip && s.t.Special(id) && !slices.Contains(s.keep, id) {
		return
	}
	if form, ok := s.t.forms[id]; ok {
		s.chain.token(form)
	} else if token, ok := s.t.Token(id); ok {
		s.chain.token(token)
	}
}

// output is the end of a chain: it gathers bytes and gives them out as text.
type output struct {
	held []byte // what came and was not given out
}

func (o *output) token(s string) { o.held = append(o.held, s...) }
func (o *output) end()           {}

// take returns the text that is whole and keeps the begin of a character.
func (o *output) take() []byte {
	n := len(o.held) - partial(o.held)
	out := lossy(o.held[:n])
	o.held = append([]byte(nil), o.held[n:]...)
	return out
}

func (o *output) finish() []byte {
	out := lossy(o.held)
	o.held = nil
	return out
}

// partial returns how many bytes at the end of b may be the begin of a character.
func partial(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= 0xC0 && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// lossy returns b with each longest part of a character that is not whole, and
// each other byte that is not UTF-8, replaced by one U+FFFD, as Unicode's
// standard recommends.
func lossy(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+8)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			out = append(out, "\uFFFD"...)
			// FullRune is false for as long as a character may still come of the bytes.
			for i+n < len(b) && !utf8.FullRune(b[i:i+n+1]) {
				n++
			}
		} else {
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	return out
}

// each is the step that maps tokens one by one; f gets the number of each.
func each(f func(i int, token string) string) step {
	return func(next sink) sink { return &mapper{f: f, next: next} }
}

type mapper struct {
	f    func(int, string) string
	n    int
	next sink
}

func (m *mapper) token(s string) {
	m.next.token(m.f(m.n, s))
	m.n++
}
func (m *mapper) end() { m.next.end() }

// spaced joins tokens with spaces, where a file names no decoder.
var spaced = each(func(i int, token string) string {
	if i > 0 {
		return " " + token
	}
	return token
})

// fuse joins all tokens to one and hands it on at the end.
func fuse(next sink) sink { return &fuser{next: next} }

type fuser struct {
	all  strings.Builder
	next sink
}

func (f *fuser) token(s string) { f.all.WriteString(s) }
func (f *fuser) end() {
	f.next.token(f.all.String())
	f.next.end()
}
