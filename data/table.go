package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CSV reads comma-separated values (RFC 4180), in quotes where they need to be. The
// first row has the names of the columns, unless names gives them.
func CSV(names ...string) Format[Record] {
	return func(r io.Reader) func() (Record, error) {
		m := newMeter(r)
		in := csv.NewReader(m)
		in.FieldsPerRecord = -1 // rows are held against the names
		return rows(names, func() ([]string, int, error) {
			m.reset()
			row, err := in.Read()
			if err != nil {
				var parse *csv.ParseError
				if errors.As(err, &parse) {
					err = fmt.Errorf("line %d: %w", parse.Line, parse.Err)
				}
				return nil, 0, err
			}
			line, _ := in.FieldPos(0)
			return row, line, nil
		})
	}
}

// TSV reads values separated by tabs, a row a line, in which quotes mean nothing:
// the form of GLUE's files. Names are as of CSV. Blank lines are passed over.
func TSV(names ...string) Format[Record] {
	return func(r io.Reader) func() (Record, error) {
		l := newLines(r)
		return rows(names, func() ([]string, int, error) {
			line, err := l.next()
			for err == nil && len(line) == 0 {
				line, err = l.next()
			}
			if err != nil {
				return nil, 0, err
			}
			return strings.Split(clean(line), "\t"), l.n, nil
		})
	}
}

// rows makes records of rows.
func rows(names []string, next func() ([]string, int, error)) func() (Record, error) {
	checked := false
	return func() (Record, error) {
		if !checked {
			if len(names) == 0 {
				header, line, err := next()
				if err != nil {
					return Record{}, err
				}
				if err := distinct(header); err != nil {
					return Record{}, fmt.Errorf("line %d: %w", line, err)
				}
				names = header
			}
			checked = true
		}
		row, line, err := next()
		if err != nil {
			return Record{}, err
		}
		if len(row) != len(names) {
			return Record{}, fmt.Errorf("line %d: has %d columns, not %d", line, len(row), len(names))
		}
		rec := Record{Fields: make(map[string]string, len(names)), Line: line}
		for i, v := range row {
			rec.Fields[names[i]] = v
		}
		return rec, nil
	}
}

// distinct holds the names of columns to being different.
func distinct(names []string) error {
	if len(names) > maxFields {
		return fmt.Errorf("has more than %d columns", maxFields)
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			return fmt.Errorf("column %q is there twice", n)
		}
		seen[n] = true
	}
	return nil
}
