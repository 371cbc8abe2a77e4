package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Tagged is a sentence with a tag for each word.
type Tagged struct {
	Words, Tags []string
	// Text is the sentence as it is written, and ID its name, where the file has
	// them in comments.
	Text, ID string
	Line     int // of its first word
}

// Columns says which columns of a file in one of CoNLL's forms are read: a word a
// line, sentences divided by blank lines.
type Columns struct {
	// Word and Tag are numbers of columns, from 0; -1: the last.
	Word, Tag int
	// Comments are lines that begin with "#", such as "# text = …".
	Comments bool
	// Spaces divide columns, not tabs.
	Spaces bool
}

// The forms that are about.
var (
	// IOB is two columns, word and tag: WNUT 2017.
	IOB = Columns{Word: 0, Tag: 1}
	// UNER is number, word and tag: Universal NER.
	UNER = Columns{Word: 1, Tag: 2, Comments: true}
	// CoNLLU is Universal Dependencies' ten columns; tags are parts of speech.
	CoNLLU = Columns{Word: 1, Tag: 3, Comments: true}
	// CoNLL2003 is word, part of speech, chunk, and the tag of names.
	CoNLL2003 = Columns{Word: 0, Tag: -1, Spaces: true}
)

// CoNLL reads sentences with a tag a word. Of words that a file in CoNLL-U writes
// as one token (numbers such as "3-4") it reads the words, and it leaves out empty
// nodes ("3.1"); lines "-DOCSTART-" are passed over.
func CoNLL(c Columns) Format[Tagged] {
	return func(r io.Reader) func() (Tagged, error) {
		s := &sentences{l: newLines(r), c: c}
		return s.next
	}
}

type sentences struct {
	l *lines
	c Columns
}

func (s *sentences) next() (Tagged, error) {
	var t Tagged
	size := 0
	for {
		line, err := s.l.next()
		if err != nil && (!errors.Is(err, io.EOF) || t.Words == nil) {
			return Tagged{}, err
		}
		if errors.Is(err, io.EOF) || len(bytes.TrimSpace(line)) == 0 {
			if t.Words != nil {
				return t, nil
			}
			t = Tagged{} // comments alone are no sentence
			continue
		}
		// Each word takes two strings of 16 bytes, whatever its length.
		if size += len(line) + 32; size > MaxRecord {
			return Tagged{}, fmt.Errorf("line %d: the sentence %w", s.l.n, errLong)
		}
		if err := s.add(&t, clean(line)); err != nil {
			return Tagged{}, s.l.wrap(err)
		}
	}
}

// add adds a line to a sentence.
func (s *sentences) add(t *Tagged, line string) error {
	if s.c.Comments && line[0] == '#' {
		name, value, _ := strings.Cut(line[1:], "=") // other comments are passed over
		switch strings.TrimSpace(name) {
		case "text":
			t.Text = strings.TrimSpace(value)
		case "sent_id":
			t.ID = strings.TrimSpace(value)
		}
		return nil
	}
	var cells []string
	if s.c.Spaces {
		cells = strings.Fields(line)
	} else {
		cells = strings.Split(line, "\t")
	}
	if cells[0] == "-DOCSTART-" || s.c.Word > 0 && inner(cells[0]) {
		return nil
	}
	word, err := cell(cells, s.c.Word)
	if err != nil {
		return err
	}
	tag, err := cell(cells, s.c.Tag)
	if err != nil {
		return err
	}
	if t.Words == nil {
		t.Line = s.l.n
	}
	t.Words, t.Tags = append(t.Words, word), append(t.Tags, tag)
	return nil
}

// inner reports whether a word has a number such as "3-4" or "3.1".
func inner(number string) bool {
	return strings.ContainsAny(number, "-.") && strings.Trim(number, "0123456789-.") == ""
}

func cell(cells []string, i int) (string, error) {
	if i < 0 {
		i += len(cells)
	}
	if i < 0 || i >= len(cells) {
		return "", fmt.Errorf("has %d columns: there is no column %d", len(cells), i)
	}
	text := strings.TrimSpace(cells[i])
	if text == "" {
		return "", fmt.Errorf("column %d is empty", i)
	}
	return text, nil
}
