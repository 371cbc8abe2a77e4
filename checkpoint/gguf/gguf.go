// Package gguf reads and writes the files of llama.cpp
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3.
package gguf

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/internal/mmap"
)

const (
	magic     = "GGUF"
	alignment = 32 // of the data, where the metadata gives none

	maxKeys     = 1 << 16
	maxKeyBytes = 16 << 20 // of all keys together
	maxName     = 256      // bytes; llama.cpp takes 63
	maxDims     = 4
	maxAlign    = 1 << 20
)

// A File is an open GGUF file, or the files that one was split into. Tensors
// have the names of the file. Any number of goroutines may read it.
type File struct {
	*entry.Table
	kv     map[string]value // of the first file, if there are several
	header []byte           // all before the data
	closer io.Closer
}

// Open opens the file at path, and checks its header against its size. If it is
// one of several that a model was split into, the others beside it are opened
// too. Tensors are slices of the mapped files.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(path, m.Bytes(), m)
	if err == nil {
		err = f.OpenParts(path)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return f, nil
}

// Is reports whether data, the start of a file, looks like this format.
func Is(data []byte) bool { return len(data) >= 4 && string(data[:4]) == magic }

// Parse reads the header of data, a whole file. Name is for errors. Close closes
// closer, which may be nil; where Parse fails it does not.
func Parse(name string, data []byte, closer io.Closer) (*File, error) {
	where := entry.Where{Format: "gguf", File: name}
	f := &File{Table: entry.NewTable(where), kv: map[string]value{}, closer: closer}
	p := &parser{cursor: cursor{data: data}, file: f, where: where}
	tensors, err := p.head()
	if err != nil {
		return nil, err
	}
	infos, err := p.infos(tensors)
	if err != nil {
		return nil, err
	}
	f.header = data[:p.at]
	if err := p.place(infos); err != nil {
		return nil, err
	}
	return f, nil
}

// Close unmaps the file. Its tensors must not be used afterwards.
func (f *File) Close() error { return entry.Close(f.closer) }

// Rest has the process hold the pages of the header no longer, which may be megabytes
// of a vocabulary. Asking for a key reads them again.
func (f *File) Rest() { mmap.Discard(f.header) }

// parser reads one header.
type parser struct {
	cursor
	file  *File
	where entry.Where
}

// head reads all that stands before the tensors, and returns their number.
func (p *parser) head() (tensors uint64, err error) {
	if len(p.data) < 24 || !Is(p.data) {
		return 0, p.where.Errorf("header: it does not start with %s and 20 bytes more", magic)
	}
	version := binary.LittleEndian.Uint32(p.data[4:])
	if version != 2 && version != 3 {
		if swapped := bits.ReverseBytes32(version); swapped == 2 || swapped == 3 {
			return 0, p.where.Errorf("version: a big-endian file is not supported")
		}
		return 0, p.where.Errorf("version: %d is not 2 or 3", version)
	}
	tensors, keys := binary.LittleEndian.Uint64(p.data[8:]), binary.LittleEndian.Uint64(p.data[16:])
	p.at = 24
	// The least tensor takes 24 bytes: its name's length, number of axes, form and offset.
	if tensors > entry.MaxTensors || tensors > p.left()/24 {
		return 0, p.where.Errorf("tensor count: %d, at most %d are possible, and %d bytes are left", tensors, entry.MaxTensors, p.left())
	}
	if keys > maxKeys || keys > p.left()/13 { // a key's length, its type, and a byte
		return 0, p.where.Errorf("key count: %d, at most %d are possible, and %d bytes are left", keys, maxKeys, p.left())
	}
	size := 0
	for i := range keys {
		key, err := p.text(maxKeyBytes)
		if err != nil {
			return 0, p.where.Errorf("key %d: %w", i, err)
		}
		if size += len(key); size > maxKeyBytes {
			return 0, p.where.Errorf("key %d: the keys are longer than %d bytes together", i, maxKeyBytes)
		}
		if !utf8.Valid(key) {
			return 0, p.where.Errorf("key %s: it is not UTF-8", entry.Quote(key))
		}
		if _, twice := p.file.kv[string(key)]; twice {
			return 0, p.where.Errorf("key %s: it is there twice", entry.Quote(key))
		}
		if p.file.kv[string(key)], err = p.value(); err != nil {
			return 0, p.where.Errorf("key %s: %w", entry.Quote(key), err)
		}
	}
	return tensors, nil
}
