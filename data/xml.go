package data

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxDepth is how deep elements of XML may lie in one another.
const maxDepth = 64

// XML reads the elements of that name as records, wherever they are. Fields are
// names of elements below it, whose text is wanted, at any depth; of several of
// one name the texts are joined by a line end. Without any, all of the element's
// text is the field "text". Its attributes are fields too, "@" before their names.
// Namespaces are not looked at. Documents must be in UTF-8, and know the entities
// of XML alone.
func XML(element string, fields ...string) Format[Record] {
	return func(r io.Reader) func() (Record, error) {
		m := newMeter(r)
		return (&extract{m: m, d: xml.NewDecoder(m), element: element, fields: fields}).next
	}
}

type extract struct {
	m       *meter
	d       *xml.Decoder
	element string
	fields  []string
	depth   int
}

// token returns the next token, and keeps count of the depth.
func (x *extract) token() (xml.Token, error) {
	tok, err := x.d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, errLong) {
			return nil, err
		}
		return nil, x.wrap(err)
	}
	switch tok.(type) {
	case xml.StartElement:
		x.depth++
	case xml.EndElement:
		x.depth--
	}
	if x.depth > maxDepth {
		return nil, x.wrap(fmt.Errorf("elements lie more than %d deep in one another", maxDepth))
	}
	return tok, nil
}

func (x *extract) wrap(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	line, _ := x.d.InputPos()
	return fmt.Errorf("line %d: %w", line, err)
}

func (x *extract) next() (Record, error) {
	for {
		x.m.reset()
		tok, err := x.token()
		if err != nil {
			return Record{}, err
		}
		if start, ok := tok.(xml.StartElement); ok && start.Name.Local == x.element {
			return x.record(start)
		}
	}
}

// record reads an element whose start was read.
func (x *extract) record(start xml.StartElement) (Record, error) {
	line, _ := x.d.InputPos()
	rec := Record{Fields: map[string]string{}, Line: line}
	for _, a := range start.Attr {
		if len(rec.Fields) == maxFields {
			return rec, x.wrap(fmt.Errorf("has more than %d attributes", maxFields))
		}
		rec.Fields["@"+a.Name.Local] = a.Value
	}
	texts := map[string]*strings.Builder{}
	field, from := "", 0 // the field that is being read, and the depth it began at
	if len(x.fields) == 0 {
		field = "text"
		texts[field] = &strings.Builder{}
	}
	for outside := x.depth - 1; x.depth > outside; {
		tok, err := x.token()
		if err != nil {
			return rec, unexpected(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if name := tok.Name.Local; field == "" && slices.Contains(x.fields, name) {
				field, from = name, x.depth
				if texts[name] == nil {
					texts[name] = &strings.Builder{}
				} else {
					texts[name].WriteByte('\n')
				}
			}
		case xml.EndElement:
			if field != "" && x.depth < from {
				field = ""
			}
		case xml.CharData:
			if field != "" {
				texts[field].Write(tok)
			}
		}
	}
	for name, text := range texts {
		rec.Fields[name] = strings.TrimSpace(text.String())
	}
	return rec, nil
}
