// Package safetensors reads and writes the format of that name
// (https://github.com/huggingface/safetensors): the length of a JSON header, the
// header, and the tensors' bytes without gaps.
package safetensors

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/internal/strict"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/tensor"
)

const (
	maxHeader   = 100 << 20 // bytes, as in the reference
	maxMetadata = 16 << 20  // bytes of keys and values of __metadata__ together
)

// A File is an open safetensors file. Any number of goroutines may read it.
type File struct {
	*entry.Table
	meta   map[string]string
	closer io.Closer
}

// Open opens the file at path, and checks its header against its size. Tensors
// are slices of the mapped file.
func Open(path string) (*File, error) {
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(path, m.Bytes(), m)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return f, nil
}

// Is reports whether data, the start of a file, looks like this format.
func Is(data []byte) bool {
	return len(data) > 8 && data[8] == '{' && binary.LittleEndian.Uint64(data) <= maxHeader
}

// Parse reads the header of data, a whole file. Name is for errors. Close closes
// closer, which may be nil; where Parse fails it does not.
func Parse(name string, data []byte, closer io.Closer) (*File, error) {
	where := entry.Where{Format: "safetensors", File: name}
	if len(data) < 8 {
		return nil, where.Errorf("header: %d bytes are too few", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader {
		return nil, where.Errorf("header: length %d is over %d", n, maxHeader)
	}
	if n > uint64(len(data)-8) {
		return nil, where.Errorf("header: length %d, but only %d bytes follow", n, len(data)-8)
	}
	header, body := data[8:8+n], data[8+n:]
	if n == 0 || header[0] != '{' {
		return nil, where.Errorf("header: it does not start with {")
	}
	f := &File{Table: entry.NewTable(where), meta: map[string]string{}, closer: closer}
	p := &parser{Scanner: strict.New(header), file: f, body: body}
	if err := p.header(); err != nil {
		return nil, err
	}
	if err := p.checkSpans(); err != nil {
		return nil, err
	}
	return f, nil
}

// Metadata returns the texts of __metadata__. The caller must not change it.
func (f *File) Metadata() map[string]string { return f.meta }

// Close unmaps the file. Its tensors must not be used afterwards.
func (f *File) Close() error { return entry.Close(f.closer) }

// parser reads one header.
type parser struct {
	*strict.Scanner
	file  *File
	body  []byte
	spans []span
	seen  bool // __metadata__ has been
}

// span is the part of the body that a tensor takes.
type span struct {
	lo, hi int64
	name   string
}

func (p *parser) header() error {
	err := p.Object(func(key []byte) error {
		if string(key) == "__metadata__" {
			return p.metadata()
		}
		return p.tensor(string(key))
	})
	if err == nil {
		err = p.End()
	}
	if err != nil && !errors.As(err, new(placed)) {
		return p.file.Where().Errorf("header: %w", err)
	}
	return err
}

// placed is an error that tells its file already.
type placed struct{ error }

func (p placed) Unwrap() error { return p.error }

func (p *parser) metadata() error {
	if p.seen {
		return p.Errorf("__metadata__ is there twice")
	}
	p.seen = true
	size := 0
	return p.Object(func(key []byte) error {
		if _, twice := p.file.meta[string(key)]; twice {
			return p.Errorf("__metadata__: %s is there twice", entry.Quote(key))
		}
		name := string(key)
		value, err := p.String()
		if err != nil {
			return err
		}
		if size += len(name) + len(value) + 64; size > maxMetadata {
			return p.Errorf("__metadata__ is larger than %d bytes", maxMetadata)
		}
		p.file.meta[name] = value
		return nil
	})
}

// tensor reads what the header says of one tensor.
func (p *parser) tensor(name string) error {
	d := description{Scanner: p.Scanner}
	err := p.Object(d.member)
	if err == nil {
		err = d.complete()
	}
	where := p.file.Where()
	if err != nil {
		return placed{where.TensorErrorf(name, "%w", err)}
	}
	lo, hi := d.offsets[0], d.offsets[1]
	if lo > hi || hi > int64(len(p.body)) {
		return placed{where.TensorErrorf(name, "data_offsets: [%d, %d] is not within the %d bytes of data", lo, hi, len(p.body))}
	}
	if err := p.file.Add(name, entry.Info{DType: d.dtype, Shape: d.shape}, p.body[lo:hi]); err != nil {
		return placed{err}
	}
	p.spans = append(p.spans, span{lo, hi, name})
	return nil
}

// checkSpans checks that the tensors fill the body, without holes and overlaps.
func (p *parser) checkSpans() error {
	slices.SortFunc(p.spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(a.hi, b.hi))
	})
	end := int64(0)
	for _, s := range p.spans {
		if s.lo < end {
			return p.file.Where().TensorErrorf(s.name, "data_offsets: it overlaps the tensor before it, which ends at %d", end)
		}
		if s.lo > end {
			return p.file.Where().TensorErrorf(s.name, "data_offsets: there is a hole of %d bytes before it", s.lo-end)
		}
		end = s.hi
	}
	if n := int64(len(p.body)); end != n {
		return p.file.Where().Errorf("data: %d bytes at its end belong to no tensor", n-end)
	}
	return nil
}

// dtypes maps the format's names to the forms that the zoo reads.
var dtypes = map[string]tensor.DType{
	"F64": tensor.F64, "F32": tensor.F32, "F16": tensor.F16, "BF16": tensor.BF16, "I64": tensor.I64, "I32": tensor.I32,
	"I16": tensor.I16, "I8": tensor.I8, "U8": tensor.U8, "BOOL": tensor.Bool,
}
