package tokenizer

import (
	"bytes"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// preTokenizer is one step of cutting a text into words. It replaces s.words;
// start tells that the text is the beginning of the input.
type preTokenizer interface {
	split(s *scratch, start bool)
}

// preTokenizers is a sequence of steps.
type preTokenizers []preTokenizer

func (ps preTokenizers) split(s *scratch, start bool) {
	for _, p := range ps {
		p.split(s, start)
	}
}

// behaviour is what a splitter does with its matches.
type behaviour int

const (
	removed    behaviour = iota // they belong to no word
	isolated                    // each is a word
	toPrevious                  // each ends the word before it
	toNext                      // each begins the word behind it
	contiguous                  // neighbouring ones are one word
)

// splitter cuts words at the matches of a pattern.
type splitter struct {
	pattern scan.Pattern
	do      behaviour
	invert  bool                      // cuts at what does not match
	next    func(b []byte, i int) int // as of scan.Next, if the pattern covers every text
}

// isolate returns the splitter that makes each match of an expression a word.
func isolate(expr string) (splitter, error) {
	pattern, err := scan.Compile(expr)
	return splitter{pattern: pattern, do: isolated, next: scan.Next(expr)}, err
}

func (p splitter) split(s *scratch, _ bool) {
	out := s.spare.at[:0]
	for _, w := range s.words.at {
		b := s.words.text.b[w.start:w.end]
		s.found = p.pattern(s.found[:0], b)
		out = p.cut(out, s.found, w)
	}
	s.spare.at, s.words.at = s.words.at, out
}

// cut appends the words that matches make of w.
func (p splitter) cut(out []span, matches []scan.Span, w span) []span {
	c := cutter{out: out, do: p.do, first: len(out)}
	done := w.start
	for _, m := range matches {
		start, end := w.start+int32(m.Start), w.start+int32(m.End)
		c.add(done, start, p.invert)
		c.add(start, end, !p.invert)
		done = end
	}
	c.add(done, w.end, p.invert)
	return c.out
}

// cutter gathers words from ranges that do or do not match.
type cutter struct {
	out   []span
	do    behaviour
	first int  // words before this one are of other texts
	last  bool // whether the range before matched
}

func (c *cutter) add(start, end int32, match bool) {
	if start == end {
		return
	}
	n := len(c.out)
	joined := n > c.first
	switch c.do {
	case removed:
		if match {
			return
		}
		joined = false
	case isolated:
		joined = false
	case toPrevious:
		joined = joined && match && !c.last
	case toNext:
		joined = joined && !match && c.last
	case contiguous:
		joined = joined && match == c.last
	}
	if joined {
		c.out[n-1].end = end
	} else {
		c.out = append(c.out, span{start, end})
	}
	c.last = match
}

// is is the pattern of single characters for which in holds.
func is(in func(rune) bool) scan.Pattern {
	return func(dst []scan.Span, b []byte) []scan.Span {
		for i := 0; i < len(b); {
			r, n := utf8.DecodeRune(b[i:])
			if in(r) {
				dst = append(dst, scan.Span{Start: i, End: i + n})
			}
			i += n
		}
		return dst
	}
}

func isSpace(r rune) bool { return scan.ClassOf(r)&scan.Space != 0 }

// wordsAndRest is \w+|[^\w\s]+.
func wordsAndRest(dst []scan.Span, b []byte) []scan.Span {
	kind := func(i int) (k, n int) {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case wordRune(r):
			return 1, n
		case isSpace(r):
			return 0, n
		}
		return 2, n
	}
	for i := 0; i < len(b); {
		k, n := kind(i)
		end := i + n
		for end < len(b) {
			next, m := kind(end)
			if next != k {
				break
			}
			end += m
		}
		if k != 0 {
			dst = append(dst, scan.Span{Start: i, End: end})
		}
		i = end
	}
	return dst
}

// fixedLength cuts words of a number of characters.
type fixedLength int

func (n fixedLength) split(s *scratch, start bool) {
	splitter{pattern: func(dst []scan.Span, b []byte) []scan.Span {
		for i := 0; i < len(b); {
			from := i
			for range int(n) {
				if i < len(b) {
					i += runeLen(b[i:])
				}
			}
			dst = append(dst, scan.Span{Start: from, End: i})
		}
		return dst
	}, do: isolated}.split(s, start)
}

// byteLevelSplit is GPT-2's pre-tokenizer: it may put a space before each text,
// cuts it by GPT-2's pattern, and may write it in GPT-2's alphabet.
type byteLevelSplit struct {
	space, regex, spell bool
}

func (p byteLevelSplit) split(s *scratch, start bool) {
	if p.space {
		rewrite(s, func(dst, src *text, w span) {
			if src.b[w.start] != ' ' {
				dst.put(" ", src.origin(int(w.start), int(w.start)+runeLen(src.b[w.start:w.end])))
			}
			dst.keep(src, int(w.start), int(w.end))
		})
	}
	if p.regex {
		splitter{pattern: scan.GPT2, do: isolated}.split(s, start)
	}
	if p.spell {
		rewrite(s, func(dst, src *text, w span) {
			for i := int(w.start); i < int(w.end); {
				n := runeLen(src.b[i:w.end])
				for _, c := range src.b[i : i+n] {
					dst.rune(byteRune[c], src.origin(i, i+n))
				}
				i += n
			}
		})
	}
}

// rewrite makes each word anew.
func rewrite(s *scratch, make func(dst, src *text, w span)) {
	src, dst := &s.words, &s.spare
	dst.text.begin(&src.text)
	dst.at = dst.at[:0]
	for _, w := range src.at {
		if w.start == w.end {
			continue
		}
		from := len(dst.text.b)
		make(&dst.text, &src.text, w)
		dst.at = append(dst.at, span{int32(from), int32(len(dst.text.b))})
	}
	s.words, s.spare = s.spare, s.words
}

// metaspace writes spaces as a visible character and puts one before a text.
type metaspace struct {
	char   string
	always bool // before every text; else with first before the first only
	first  bool
	cut    bool // cut a word before each
}

func (p metaspace) split(s *scratch, start bool) {
	rewrite(s, func(dst, src *text, w span) {
		b := src.b[w.start:w.end]
		before := p.always || p.first && start && w.start == 0 && src.origin(0, 1).start == 0
		if before && b[0] != ' ' && !bytes.HasPrefix(b, []byte(p.char)) {
			dst.put(p.char, src.origin(int(w.start), int(w.start)+runeLen(b)))
		}
		done := int(w.start)
		for i, c := range b {
			if c == ' ' {
				at := int(w.start) + i
				dst.keep(src, done, at)
				dst.put(p.char, src.origin(at, at+1))
				done = at + 1
			}
		}
		dst.keep(src, done, int(w.end))
	})
	if p.cut {
		splitter{pattern: scan.Literal(p.char), do: toNext}.split(s, start)
	}
}
