package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Document is a text.
type Document struct {
	Text string
	Line int // where it begins in its file, from 1; 0: not known
}

// Units are what plain text is divided into.
type Unit int

// The units.
const (
	Files      Unit = iota // a document is a file
	Paragraphs             // lines up to one that is blank
	Lines                  // a line that is not blank
)

// maxFile is the most bytes of a file that is one document.
const maxFile = 1 << 30

// Text reads plain text, in UTF-8: bytes that are none become U+FFFD, as tokenizers
// do it. Line ends of Windows become those of Unix; a byte order mark is dropped.
// Documents of nothing but space are left out.
func Text(unit Unit) Format[Document] {
	switch unit {
	case Paragraphs:
		return Sections(nil)
	case Lines:
		return func(r io.Reader) func() (Document, error) {
			l := newLines(r)
			return func() (Document, error) {
				for {
					line, err := l.next()
					if err != nil {
						return Document{}, err
					}
					if len(bytes.TrimSpace(line)) > 0 {
						return Document{clean(line), l.n}, nil
					}
				}
			}
		}
	default:
		return func(r io.Reader) func() (Document, error) { return (&whole{r: r}).next }
	}
}

// clean returns text as valid UTF-8.
func clean(text []byte) string { return strings.ToValidUTF8(string(text), "\uFFFD") }

// whole reads a file as one document.
type whole struct {
	r    io.Reader
	done bool
}

func (w *whole) next() (Document, error) {
	if w.done {
		return Document{}, io.EOF
	}
	text, err := io.ReadAll(io.LimitReader(w.r, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it is longer than %d MiB: too long for one document", maxFile>>20)
	}
	if err != nil {
		return Document{}, err
	}
	w.done = true
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\uFEFF")), []byte("\r\n"), []byte("\n"))
	if len(bytes.TrimSpace(text)) == 0 {
		return Document{}, io.EOF
	}
	return Document{clean(text), 1}, nil
}

// Sections reads plain text of which a document begins at each line for which
// begins is true, such as the titles of WikiText's articles; where begins is nil,
// after each blank line. Blank lines at the start and end of a document are left
// out.
func Sections(begins func(line string) bool) Format[Document] {
	return func(r io.Reader) func() (Document, error) {
		s := &sections{l: newLines(r), begins: begins}
		return s.next
	}
}

type sections struct {
	l      *lines
	begins func(string) bool
	text   []byte
	first  int // line where text begins; 0: there is none yet
	err    error
}

func (s *sections) next() (Document, error) {
	for s.err == nil {
		line, err := s.l.next()
		if s.err = err; err != nil {
			break
		}
		blank := len(bytes.TrimSpace(line)) == 0
		var done Document
		if s.first > 0 && (s.begins == nil && blank || s.begins != nil && s.begins(string(line))) {
			done = s.take()
		}
		if !blank || s.first > 0 {
			if s.first == 0 {
				s.first = s.l.n
			}
			if len(s.text)+len(line) >= MaxRecord {
				s.err = fmt.Errorf("line %d: the document that begins here %w", s.first, errLong)
				break
			}
			s.text = append(append(s.text, line...), '\n')
		}
		if done.Line > 0 {
			return done, nil
		}
	}
	if errors.Is(s.err, io.EOF) && s.first > 0 {
		return s.take(), nil
	}
	return Document{}, s.err
}

// take returns the text so far and begins another.
func (s *sections) take() Document {
	lines := bytes.Split(s.text, []byte("\n"))
	end := len(lines)
	for end > 0 && len(bytes.TrimSpace(lines[end-1])) == 0 {
		end--
	}
	d := Document{clean(bytes.Join(lines[:end], []byte("\n"))), s.first}
	s.text, s.first = s.text[:0], 0
	return d
}
