package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A Format reads values of T out of a file: it returns a function that returns
// one after another, and io.EOF after the last. An error tells the line, as far
// as there are lines, and the reason; the file is named by the caller.
type Format[T any] func(r io.Reader) func() (T, error)

// A Reader is a Stream of what is in files, one file after another. It holds one
// file open at a time, and one value in memory.
type Reader[T any] struct {
	files  []File
	format Format[T]
	at     place
	file   io.Closer // nil: none is open
	next   func() (T, error)
}

// place is where a Reader stands.
type place struct {
	File   int `json:"file"`
	Record int `json:"record"` // in the file
}

// Read returns the values of files in format f.
func Read[T any](files []File, f Format[T]) *Reader[T] { return &Reader[T]{files: files, format: f} }

// Next is part of Stream. After an error other than io.EOF there is nothing more
// to be read.
func (r *Reader[T]) Next() (T, error) {
	var none T
	for r.at.File < len(r.files) {
		if r.next == nil {
			f, err := r.files[r.at.File].Open()
			if err != nil {
				return none, err
			}
			r.file, r.next = f, r.format(f)
		}
		v, err := r.next()
		if err == nil {
			r.at.Record++
			if p, ok := any(&v).(interface{ in(file string) }); ok {
				p.in(r.files[r.at.File].String())
			}
			return v, nil
		}
		if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return none, fmt.Errorf("data: %s: %w", r.files[r.at.File], err)
		}
		if err := r.Close(); err != nil {
			return none, err
		}
		r.at = place{File: r.at.File + 1}
	}
	return none, io.EOF
}

// Close closes the file that is open, if one is. It is for readers that are left
// before io.EOF.
func (r *Reader[T]) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file, r.next = nil, nil
	if err != nil {
		return fmt.Errorf("data: %s: %w", r.files[r.at.File], err)
	}
	return nil
}

// State is part of Stream.
func (r *Reader[T]) State() ([]byte, error) { return json.Marshal(r.at) }

// Restore is part of Stream. It reads the file again up to where it was.
func (r *Reader[T]) Restore(state []byte) error {
	var at place
	if err := decode(state, &at); err != nil {
		return err
	}
	if at.File < 0 || at.File > len(r.files) || at.Record < 0 || at.File == len(r.files) && at.Record > 0 {
		return fmt.Errorf("data: state: there is no record %d of file %d", at.Record, at.File)
	}
	if err := r.Close(); err != nil {
		return err
	}
	r.at = place{File: at.File}
	for r.at != at {
		if _, err := r.Next(); err != nil || r.at.File != at.File {
			return fmt.Errorf("data: state: %s: record %d is not there any more: %w", r.files[at.File], at.Record, errors.Join(err, errShorter))
		}
	}
	return nil
}

var errShorter = errors.New("the file is another than it was")
