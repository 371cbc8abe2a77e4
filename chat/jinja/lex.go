package jinja

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

type segmentKind byte

const (
	segText segmentKind = iota
	segOutput
	segTag
)

// A segment is a piece of a template: text, {{ … }} or {% … %}.
type segment struct {
	kind   segmentKind
	text   string
	tokens []token
	line   int
}

type tokenKind byte

const (
	tokEnd tokenKind = iota
	tokName
	tokString
	tokInt
	tokFloat
	tokOp
)

type token struct {
	kind tokenKind
	text string // for strings the value
	line int
}

var (
	rawBegin = regexp.MustCompile(`^\s*raw\s*(?:-%\}\s*|%\})`)
	rawEnd   = regexp.MustCompile(`\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)`)
	nameForm = regexp.MustCompile(`^[\pL_][\pL\pN_]*`)
	numForm  = regexp.MustCompile(`^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[0-9](?:_?[0-9])*(\.[0-9](?:_?[0-9])*)?([eE][-+]?[0-9](?:_?[0-9])*)?)`)
	newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")
)

// lexer walks over a source.
type lexer struct {
	src       string
	pos       int
	lineStart bool // what came before ended in a newline that was cut
	line      *int
	segments  []segment
}

func lex(source string, line *int) []segment {
	l := &lexer{src: strings.TrimSuffix(newlines.Replace(source), "\n"), lineStart: true, line: line}
	for l.pos < len(l.src) {
		l.next()
	}
	return l.segments
}

// next reads the text up to the next tag, and the tag.
func (l *lexer) next() {
	rest := l.src[l.pos:]
	at := 0
	for {
		i := strings.IndexByte(rest[at:], '{')
		if i < 0 || at+i+1 >= len(rest) {
			l.text(rest)
			l.pos = len(l.src)
			return
		}
		at += i
		if strings.IndexByte("%{#", rest[at+1]) >= 0 {
			break
		}
		at++
	}
	kind := rest[at+1]
	sign := l.sign(l.pos + at + 2)
	l.text(l.strip(rest[:at], sign, kind != '{'))
	l.pos += at + 2
	if sign != 0 {
		l.pos++
	}
	switch kind {
	case '#':
		l.comment()
	case '%':
		if m := rawBegin.FindString(l.src[l.pos:]); m != "" {
			l.raw(m)
			return
		}
		l.tag(segTag, "%}")
	default:
		l.tag(segOutput, "}}")
	}
}

func (l *lexer) sign(at int) byte {
	if at < len(l.src) && (l.src[at] == '-' || l.src[at] == '+') {
		return l.src[at]
	}
	return 0
}

// strip applies a tag's sign, or lstrip_blocks, to the text before it.
func (l *lexer) strip(text string, sign byte, block bool) string {
	l.countLines(text)
	switch {
	case sign == '-':
		return strings.TrimRightFunc(text, isSpace)
	case sign == 0 && block:
		start := strings.LastIndexByte(text, '\n') + 1
		if (start > 0 || l.lineStart) && strings.TrimFunc(text[start:], isSpace) == "" {
			return text[:start]
		}
	}
	return text
}

func (l *lexer) countLines(s string) { *l.line += strings.Count(s, "\n") }

func (l *lexer) text(s string) {
	if s != "" {
		l.segments = append(l.segments, segment{kind: segText, text: s, line: *l.line})
	}
}

// after moves past a tag's end and what its sign or trim_blocks cuts behind it.
func (l *lexer) after(n int, sign byte, block bool) {
	start := l.pos
	l.pos += n
	switch {
	case sign == '-':
		rest := l.src[l.pos:]
		l.pos = len(l.src) - len(strings.TrimLeftFunc(rest, isSpace))
	case sign == 0 && block && strings.HasPrefix(l.src[l.pos:], "\n"):
		l.pos++
	}
	l.countLines(l.src[start:l.pos])
	l.lineStart = l.src[l.pos-1] == '\n'
}

func (l *lexer) comment() {
	i := strings.Index(l.src[l.pos:], "#}")
	if i < 0 {
		fail("comment without end")
	}
	l.countLines(l.src[l.pos : l.pos+i])
	l.pos += i
	sign := byte(0)
	if i > 0 && strings.IndexByte("-+", l.src[l.pos-1]) >= 0 {
		sign = l.src[l.pos-1]
	}
	l.after(2, sign, true)
}

func (l *lexer) raw(begin string) {
	l.countLines(begin)
	l.pos += len(begin)
	l.lineStart = strings.HasSuffix(begin, "\n")
	m := rawEnd.FindStringSubmatchIndex(l.src[l.pos:])
	if m == nil {
		fail("raw without endraw")
	}
	sign := byte(0)
	if m[2] < m[3] {
		sign = l.src[l.pos+m[2]]
	}
	l.text(l.strip(l.src[l.pos:l.pos+m[0]], sign, true))
	end := l.src[l.pos+m[0] : l.pos+m[1]]
	l.countLines(end)
	l.pos += m[1]
	l.lineStart = strings.HasSuffix(end, "\n")
}

// tag reads tokens up to the closing delimiter.
func (l *lexer) tag(kind segmentKind, closing string) {
	s := segment{kind: kind, line: *l.line}
	var open []byte
	for {
		for l.pos < len(l.src) {
			r, n := utf8.DecodeRuneInString(l.src[l.pos:])
			if !isSpace(r) {
				break
			}
			l.countLines(l.src[l.pos : l.pos+n])
			l.pos += n
		}
		rest := l.src[l.pos:]
		if rest == "" {
			fail("tag without %q", closing)
		}
		if len(open) == 0 {
			sign := byte(0)
			tail := rest
			if c := rest[0]; c == '-' || c == '+' && kind == segTag {
				sign, tail = c, rest[1:]
			}
			if strings.HasPrefix(tail, closing) {
				l.after(len(rest)-len(tail)+2, sign, kind == segTag)
				l.segments = append(l.segments, s)
				return
			}
		}
		t := l.token(rest, len(s.tokens) > 0 && s.tokens[len(s.tokens)-1].text == "." && s.tokens[len(s.tokens)-1].kind == tokOp)
		if t.kind == tokOp {
			open = balance(open, t.text)
		}
		s.tokens = append(s.tokens, t)
	}
}

// balance follows brackets, so that "}}" within them closes nothing.
func balance(open []byte, op string) []byte {
	switch op {
	case "(", "[", "{":
		return append(open, map[string]byte{"(": ')', "[": ']', "{": '}'}[op])
	case ")", "]", "}":
		if len(open) == 0 || open[len(open)-1] != op[0] {
			fail("unexpected %q", op)
		}
		return open[:len(open)-1]
	}
	return open
}

// token reads one token at the start of rest, which is not empty.
// After a point a number is an index and has no fraction.
func (l *lexer) token(rest string, point bool) token {
	line := *l.line
	if m := nameForm.FindString(rest); m != "" {
		l.pos += len(m)
		return token{tokName, m, line}
	}
	if m := numForm.FindStringSubmatch(rest); m != nil {
		if i := strings.IndexByte(m[0], '.'); i > 0 && point {
			m = []string{m[0][:i], "", ""}
		}
		l.pos += len(m[0])
		kind := tokInt
		if m[1] != "" || m[2] != "" {
			kind = tokFloat
		}
		return token{kind, strings.ReplaceAll(m[0], "_", ""), line}
	}
	if rest[0] == '\'' || rest[0] == '"' {
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case rest[0]:
				l.countLines(rest[:i+1])
				l.pos += i + 1
				return token{tokString, unescape(rest[1:i]), line}
			}
		}
		fail("string without end")
	}
	for _, op := range []string{"//", "**", "==", "!=", ">=", "<="} {
		if strings.HasPrefix(rest, op) {
			l.pos += 2
			return token{tokOp, op, line}
		}
	}
	if strings.IndexByte("+-/*%~[](){}><=.:|,;", rest[0]) < 0 {
		r, _ := utf8.DecodeRuneInString(rest)
		fail("unexpected character %q", r)
	}
	l.pos++
	return token{tokOp, rest[:1], line}
}

// isSpace is Python's str.isspace.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
