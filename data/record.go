package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Record is fields by name: an object of JSON, a row of a table.
type Record struct {
	// Fields are the values: strings as they are, whatever else JSON has as its
	// JSON text. A null is no field.
	Fields map[string]string
	File   string // that it is in
	Line   int    // where it begins in its file, from 1; 0: not known
}

func (r *Record) in(file string) { r.File = file }

// where names the place of r.
func (r Record) where() string {
	if r.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s: line %d", r.File, r.Line)
}

// maxFields is the most fields of a record.
const maxFields = 4096

// Text returns the field of that name.
func (r Record) Text(name string) (string, error) {
	text, ok := r.Fields[name]
	if !ok {
		return "", fmt.Errorf("data: %s: there is no field %q, but %q", r.where(), name, slices.Sorted(maps.Keys(r.Fields)))
	}
	return text, nil
}

// Decode decodes the field of that name, which is no string, into what v points to,
// as json.Unmarshal.
func (r Record) Decode(name string, v any) error {
	text, err := r.Text(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("data: %s: %s: %w", r.where(), name, err)
	}
	return nil
}

// Texts returns the field of that name of each record, as documents.
func Texts(in Stream[Record], name string) Stream[Document] {
	return Map(in, func(r Record) (Document, error) {
		text, err := r.Text(name)
		return Document{text, r.Line}, err
	})
}

// JSONLines reads a JSON object a line. Fields are paths to what is wanted of it,
// such as "text", "meta.lang" or "answers.0"; without any, all that is at its top
// comes. Blank lines are passed over.
func JSONLines(fields ...string) Format[Record] {
	return func(r io.Reader) func() (Record, error) {
		l := newLines(r)
		return func() (Record, error) {
			for {
				line, err := l.next()
				if err != nil {
					return Record{}, err
				}
				if len(bytes.TrimSpace(line)) == 0 {
					continue
				}
				rec, err := recordOf(line, fields)
				if err != nil {
					return rec, l.wrap(err)
				}
				rec.Line = l.n
				return rec, nil
			}
		}
	}
}

// JSON reads a file that is one array of objects, or has one at path, such as
// "data" or "train.rows"; path "": the file is the array. Fields are as of JSONLines.
func JSON(path string, fields ...string) Format[Record] {
	return func(r io.Reader) func() (Record, error) {
		next := elements(r, path)
		return func() (Record, error) {
			raw, at, err := next()
			if err != nil {
				return Record{}, err
			}
			rec, err := recordOf(raw, fields)
			if err != nil {
				err = at(err)
			}
			return rec, err
		}
	}
}

// recordOf returns fields of an object, or all.
func recordOf(raw []byte, fields []string) (Record, error) {
	rec := Record{Fields: map[string]string{}}
	if len(fields) == 0 {
		return rec, object(raw, rec.set)
	}
	for _, path := range fields {
		v, err := find(raw, strings.Split(path, "."))
		if err != nil {
			return rec, fmt.Errorf("%s: %w", path, err)
		}
		if err := rec.set(path, v); err != nil {
			return rec, err
		}
	}
	return rec, nil
}

// set sets a field to a value of JSON; nil: it is not there.
func (r *Record) set(name string, v json.RawMessage) error {
	if v == nil || string(v) == "null" {
		return nil
	}
	if _, twice := r.Fields[name]; twice {
		return fmt.Errorf("%s: is there twice", name)
	}
	if len(r.Fields) == maxFields {
		return fmt.Errorf("has more than %d fields", maxFields)
	}
	text := string(v)
	if v[0] == '"' {
		if err := json.Unmarshal(v, &text); err != nil {
			return err
		}
	}
	r.Fields[name] = text
	return nil
}

// find returns the value at path in raw, or nil. All of raw is read: what is no JSON
// is an error.
func find(raw json.RawMessage, path []string) (found json.RawMessage, err error) {
	seen := false
	take := func(key string, v json.RawMessage) error {
		if key != path[0] {
			return nil
		}
		if seen {
			return fmt.Errorf("%s: is there twice", key)
		}
		seen, found = true, v
		return nil
	}
	if firstByte(raw) == '[' {
		err = array(raw, take)
	} else {
		err = object(raw, take)
	}
	if err != nil || found == nil || len(path) == 1 {
		return found, err
	}
	if b := firstByte(found); b != '{' && b != '[' {
		return nil, nil
	}
	return find(found, path[1:])
}

// firstByte returns the first byte of raw that is no space; 0: there is none.
func firstByte(raw []byte) byte {
	if raw = bytes.TrimLeft(raw, " \t\r\n"); len(raw) > 0 {
		return raw[0]
	}
	return 0
}

// object calls each with the keys and values of an object.
func object(raw []byte, each func(string, json.RawMessage) error) error {
	return values(raw, '{', func(d *json.Decoder, _ int) (string, error) {
		key, err := d.Token()
		name, _ := key.(string)
		return name, err
	}, each)
}

// array calls each with the indices and values of an array.
func array(raw []byte, each func(string, json.RawMessage) error) error {
	return values(raw, '[', func(_ *json.Decoder, i int) (string, error) { return strconv.Itoa(i), nil }, each)
}

// values reads an object or an array.
func values(raw []byte, open json.Delim, key func(*json.Decoder, int) (string, error), each func(string, json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := d.Token(); err != nil {
		return unexpected(err)
	} else if tok != open {
		return fmt.Errorf("a JSON value that begins with %v, where %q must be", tok, open.String())
	}
	for i := 0; d.More(); i++ {
		name, err := key(d, i)
		var v json.RawMessage
		if err == nil {
			err = d.Decode(&v)
		}
		if err != nil {
			return unexpected(err)
		}
		if err := each(name, v); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return unexpected(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON value")
	}
	return nil
}

// unexpected is err, where the end of the text comes too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
