// Package strict reads JSON text of a known form, strictly and with little
// memory: the caller says what it expects, and everything else is an error. The
// text is checked as it is read; nothing is allocated but the strings asked for.
package strict

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxDepth bounds how deep objects and arrays may be nested.
const MaxDepth = 64

// A Scanner stands at a place of a JSON text.
type Scanner struct {
	data  []byte
	at    int
	depth int
}

// New returns a scanner at the start of data.
func New(data []byte) *Scanner { return &Scanner{data: data} }

// Errorf returns an error that tells where the scanner stands.
func (s *Scanner) Errorf(format string, args ...any) error {
	return fmt.Errorf("JSON byte %d: %w", s.at, fmt.Errorf(format, args...))
}

// next skips white space and returns the byte after it, or 0 at the end.
func (s *Scanner) next() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *Scanner) expect(c byte) error {
	if got := s.next(); got != c {
		if s.at == len(s.data) {
			return s.Errorf("the text ends where %q is expected", c)
		}
		return s.Errorf("%q is expected, not %q", c, got)
	}
	s.at++
	return nil
}

// Object reads an object. It calls member after each key, to read its value. Key
// is valid during the call only.
func (s *Scanner) Object(member func(key []byte) error) error {
	return s.list('{', '}', func() error {
		key, err := s.text()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// Array reads an array. It calls element at each element, to read it.
func (s *Scanner) Array(element func() error) error { return s.list('[', ']', element) }

func (s *Scanner) list(open, end byte, read func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.depth++; s.depth > MaxDepth {
		return s.Errorf("it is nested deeper than %d", MaxDepth)
	}
	if s.next() != end {
		for {
			if err := read(); err != nil {
				return err
			}
			if s.next() != ',' {
				break
			}
			s.at++
		}
	}
	s.depth--
	return s.expect(end)
}

// String reads a string.
func (s *Scanner) String() (string, error) {
	text, err := s.text()
	return string(text), err
}

// text reads a string. The result is part of the data where there is no escape.
func (s *Scanner) text() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	start, escaped := s.at, false
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			raw := s.data[start:s.at]
			s.at++
			if !utf8.Valid(raw) {
				return nil, s.Errorf("a string is not UTF-8")
			}
			if escaped {
				return unescape(s.data[start-1 : s.at])
			}
			return raw, nil
		case c == '\\':
			escaped = true
			s.at++ // what follows is not the end, be it a quote
		case c < ' ':
			return nil, s.Errorf("a control character in a string")
		}
	}
	s.at = len(s.data) // which an escape at the very end steps over
	return nil, s.Errorf("the text ends within a string")
}

func unescape(quoted []byte) ([]byte, error) {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, err
	}
	return []byte(text), nil
}

// errNotUint is what Uint says.
var errNotUint = errors.New("a whole number of at most 2⁶²-1 is expected")

// Uint reads a whole number from 0 to 2⁶²-1, written without fraction and exponent.
func (s *Scanner) Uint() (int64, error) {
	c := s.next()
	start := s.at
	var n int64
	for ; s.at < len(s.data) && s.data[s.at]-'0' <= 9; s.at++ {
		if n > (1<<62-10)/10 {
			return 0, s.Errorf("%w", errNotUint)
		}
		n = n*10 + int64(s.data[s.at]-'0')
	}
	if s.at == start || c == '0' && s.at > start+1 {
		return 0, s.Errorf("%w", errNotUint)
	}
	if s.at < len(s.data) {
		switch s.data[s.at] {
		case '.', 'e', 'E':
			return 0, s.Errorf("%w", errNotUint)
		}
	}
	return n, nil
}

// Skip reads a value of any kind, whose form it checks.
func (s *Scanner) Skip() error {
	switch s.next() {
	case '{':
		return s.Object(func([]byte) error { return s.Skip() })
	case '[':
		return s.Array(s.Skip)
	case '"':
		_, err := s.text()
		return err
	}
	start := s.at
	for s.at < len(s.data) && !isDelimiter(s.data[s.at]) {
		s.at++
	}
	if word := s.data[start:s.at]; len(word) > 400 || !json.Valid(word) {
		return s.Errorf("a value is expected")
	}
	return nil
}

func isDelimiter(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', ',', ':', '{', '}', '[', ']', '"':
		return true
	}
	return false
}

// End checks that only white space is left.
func (s *Scanner) End() error {
	if s.next(); s.at != len(s.data) {
		return s.Errorf("there is text after the value")
	}
	return nil
}
