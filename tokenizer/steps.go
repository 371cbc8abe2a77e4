package tokenizer

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// fromBytes reads tokens written in GPT-2's alphabet. Others it takes as they
// are.
func fromBytes(next sink) sink {
	var buf []byte
	return &mapper{next: next, f: func(_ int, token string) string {
		if b, ok := appendBytes(buf[:0], token); ok {
			buf = b
			return string(b)
		}
		return token
	}}
}

// wordPieces joins pieces of words: those with the prefix go to the word before.
func wordPieces(prefix string, cleanup bool) step {
	return each(func(i int, token string) string {
		if i > 0 {
			if rest, ok := strings.CutPrefix(token, prefix); ok {
				token = rest
			} else {
				token = " " + token
			}
		}
		if cleanup {
			for _, c := range cleanups {
				token = strings.ReplaceAll(token, c[0], c[1])
			}
		}
		return token
	})
}

// cleanups takes the spaces away that splitting English text leaves before signs.
var cleanups = [][2]string{
	{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
	{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
}

// unspace writes the visible character for spaces as a space again; in the first
// token it goes, if one was put there.
func unspace(char string, prefixed bool) step {
	return each(func(i int, token string) string {
		if i == 0 && prefixed {
			return strings.ReplaceAll(token, char, "")
		}
		return strings.ReplaceAll(token, char, " ")
	})
}

// substitute puts content in the place of each match within a token.
func substitute(pattern scan.Pattern, content string) step {
	return each(func(_ int, token string) string {
		var out strings.Builder
		done := 0
		for _, m := range pattern(nil, []byte(token)) {
			out.WriteString(token[done:m.Start])
			out.WriteString(content)
			done = m.End
		}
		out.WriteString(token[done:])
		return out.String()
	})
}

// cut takes at most start times char from the begin of each token, and at most
// stop from its end.
func cut(char rune, start, stop int) step {
	c := string(char)
	return each(func(_ int, token string) string {
		for n := 0; n < start && strings.HasPrefix(token, c); n++ {
			token = token[len(c):]
		}
		for n := 0; n < stop && strings.HasSuffix(token, c); n++ {
			token = token[:len(token)-len(c)]
		}
		return token
	})
}

// cutStream is cut for a text that was joined before: it gives parts on as they
// come and keeps only what may be the end.
func cutStream(char rune, start, stop int) step {
	return func(next sink) sink { return &streamCutter{char: string(char), start: start, stop: stop, next: next} }
}

type streamCutter struct {
	char        string
	start, stop int
	held        string // times char that may end the text
	next        sink
}

func (c *streamCutter) token(s string) {
	for c.start > 0 && s != "" {
		rest, ok := strings.CutPrefix(s, c.char)
		if !ok {
			c.start = 0
			break
		}
		s = rest
		c.start--
	}
	s = c.held + s
	n := 0
	for n < c.stop && strings.HasSuffix(s[:len(s)-n*len(c.char)], c.char) {
		n++
	}
	keep := len(s) - n*len(c.char)
	c.held = s[keep:]
	c.next.token(s[:keep])
}

func (c *streamCutter) end() { c.next.end() }

// fromByteTokens reads runs of tokens like <0x0A> as bytes. A run that is not
// UTF-8 becomes one U+FFFD a byte, so that a run is known only when it ends.
func fromByteTokens(next sink) sink { return &byteRun{next: next} }

type byteRun struct {
	run  []byte
	next sink
}

func (r *byteRun) token(s string) {
	if b, ok := byteToken(s); ok {
		r.run = append(r.run, b)
		return
	}
	r.flush()
	r.next.token(s)
}

func (r *byteRun) flush() {
	switch {
	case len(r.run) == 0:
	case utf8.Valid(r.run):
		r.next.token(string(r.run))
	default:
		for range r.run {
			r.next.token("\uFFFD")
		}
	}
	r.run = r.run[:0]
}

func (r *byteRun) end() {
	r.flush()
	r.next.end()
}

// byteToken returns the byte of a token like <0x0A>.
func byteToken(s string) (byte, bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(s[3:5], 16, 8)
	return byte(b), err == nil
}

// endOfWord makes the suffix that ends words a space, but not behind the last
// token.
func endOfWord(suffix string) step {
	return func(next sink) sink { return &lastToken{suffix: suffix, next: next} }
}

type lastToken struct {
	suffix string
	held   *string
	next   sink
}

func (l *lastToken) give(space string) {
	if l.held != nil {
		l.next.token(strings.ReplaceAll(*l.held, l.suffix, space))
	}
}

func (l *lastToken) token(s string) {
	l.give(" ")
	l.held = &s
}

func (l *lastToken) end() {
	l.give("")
	l.next.end()
}

// ctc is for speech: a token that repeats counts once, and pad parts repetitions.
func ctc(pad, delimiter string, cleanup bool) step {
	return func(next sink) sink {
		last, any := "", false
		return &filter{next: next, f: func(s string) (string, bool) {
			if any && s == last {
				return "", false
			}
			last, any = s, true
			s = strings.ReplaceAll(s, pad, "")
			if cleanup {
				for _, c := range cleanups {
					s = strings.ReplaceAll(s, c[0], c[1])
				}
				s = strings.ReplaceAll(s, delimiter, " ")
			}
			return s, s != ""
		}}
	}
}

type filter struct {
	f    func(string) (string, bool)
	next sink
}

func (f *filter) token(s string) {
	if s, ok := f.f(s); ok {
		f.next.token(s)
	}
}
func (f *filter) end() { f.next.end() }

// tidy is what transformers does to the whole text when a configuration asks for
// clean_up_tokenization_spaces: replacements one after the other, each of which
// holds back what may be the begin of its pattern.
var tidy = func() (steps []step) {
	for _, c := range cleanups {
		if c[0] != " do not" {
			steps = append(steps, func(next sink) sink { return &replacer{from: c[0], to: c[1], next: next} })
		}
	}
	return slices.Clip(steps)
}()

type replacer struct {
	from, to, held string
	next           sink
}

func (r *replacer) token(s string) {
	s = r.held + s
	var out strings.Builder
	for {
		i := strings.Index(s, r.from)
		if i < 0 {
			break
		}
		out.WriteString(s[:i])
		out.WriteString(r.to)
		s = s[i+len(r.from):]
	}
	r.held = ""
	for n := min(len(r.from)-1, len(s)); n > 0; n-- {
		if strings.HasSuffix(s, r.from[:n]) {
			s, r.held = s[:len(s)-n], s[len(s)-n:]
			break
		}
	}
	out.WriteString(s)
	r.next.token(out.String())
}

func (r *replacer) end() {
	r.next.token(r.held)
	r.held = ""
	r.next.end()
}

// wordEnds is fromBytes for a vocabulary that ends words with a suffix, which
// becomes a space; the text then loses the white space at its ends.
func wordEnds(suffix string) []step {
	return []step{fromBytes, substitute(scan.Literal(suffix), " "), func(next sink) sink { return &trimmer{next: next} }}
}

// pythonSpace is what Python's str.strip takes away: white space and the
// separators of information.
func pythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }

type trimmer struct {
	begun bool
	held  string // white space that may end the text
	next  sink
}

func (t *trimmer) token(s string) {
	if !t.begun {
		if s = strings.TrimLeftFunc(s, pythonSpace); s == "" {
			return
		}
		t.begun = true
	}
	s = t.held + s
	keep := len(strings.TrimRightFunc(s, pythonSpace))
	t.held = s[keep:]
	t.next.token(s[:keep])
}

func (t *trimmer) end() { t.next.end() }
