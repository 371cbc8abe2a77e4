// Package torch reads the files that torch.save writes of a state dict: zip
// archives, and the older form of several pickles in a row. A pickle is a
// program; here it can do nothing but describe tensors, see [Open].
package torch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/internal/mmap"
)

// A File is an open checkpoint. Any number of goroutines may read it.
type File struct {
	*entry.Table
	closer io.Closer
}

// Open opens the file at path. Its pickle is checked before it is run: it may use
// only the operations and classes that tensors need, and a bounded amount of
// memory; "torch: FILE: class X is not allowed" says that it asked for more.
// Tensors are slices of the mapped file, except those that do not lie in
// row-major order, which are copied when they are asked for.
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

// legacyMagic is the pickle that files of the older form start with: the number
// 0x1950a86a20f9469cfc6c. The version of the form, 1001, follows.
var (
	legacyMagic   = []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.")
	legacyVersion = []byte("\x80\x02M\xe9\x03.")
)

// Is reports whether data, the start of a file, looks like either form.
func Is(data []byte) bool { return isZip(data) || bytes.HasPrefix(data, legacyMagic) }

// Parse reads the pickles of data, a whole file. Name is for errors. Close closes
// closer, which may be nil; where Parse fails it does not.
func Parse(name string, data []byte, closer io.Closer) (*File, error) {
	where := entry.Where{Format: "torch", File: name}
	m := &machine{map[string]*storage{}}
	read := m.readLegacy
	if isZip(data) {
		read = m.readZip
	}
	value, err := read(data)
	if err != nil {
		return nil, where.Errorf("%w", err)
	}
	f := &File{Table: entry.NewTable(where), closer: closer}
	if err := f.fill(value); err != nil {
		return nil, err
	}
	return f, nil
}

// Close unmaps the file. Its tensors must not be used afterwards.
func (f *File) Close() error { return entry.Close(f.closer) }

// readZip reads an archive: data.pkl, and data/KEY for each storage.
func (m *machine) readZip(data []byte) (any, error) {
	a, err := readArchive(data)
	if err != nil {
		return nil, err
	}
	prefix, err := a.prefix()
	if err != nil {
		return nil, err
	}
	if order, ok := a[prefix+"byteorder"]; ok && string(order) != "little" {
		return nil, fmt.Errorf("byteorder: %s is not supported", entry.Quote(order))
	}
	value, _, err := m.run(a[prefix+"data.pkl"])
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	for key, s := range m.storages {
		raw, ok := a[prefix+"data/"+key]
		if !ok {
			return nil, fmt.Errorf("storage %s: it is not in the archive", entry.Quote(key))
		}
		if s.raw = raw; len(raw) != s.size() {
			return nil, fmt.Errorf("storage %s: it has %d bytes, not %d", entry.Quote(key), len(raw), s.size())
		}
	}
	return value, nil
}

// size returns the size of the storage in bytes.
func (s *storage) size() int {
	_, width := s.dtype.Block()
	return s.count * width
}

// readLegacy reads the older form: the magic number, the version, what machine
// wrote it, the state dict, the keys of the storages, and the storages.
func (m *machine) readLegacy(data []byte) (any, error) {
	rest, ok := bytes.CutPrefix(data, legacyMagic)
	if !ok {
		return nil, errors.New("it is neither of the two forms that torch.save writes")
	}
	if rest, ok = bytes.CutPrefix(rest, legacyVersion); !ok {
		return nil, errors.New("version: it is not 1001")
	}
	system, rest, err := m.run(rest)
	if err != nil {
		return nil, fmt.Errorf("system: %w", err)
	}
	if info, ok := system.(*types.Dict); ok {
		if little, ok := info.Get("little_endian"); ok && little != true {
			return nil, errors.New("system: a big-endian file is not supported")
		}
	}
	value, rest, err := m.run(rest)
	if err != nil {
		return nil, fmt.Errorf("state dict: %w", err)
	}
	list, rest, err := m.run(rest)
	if err != nil {
		return nil, fmt.Errorf("storage keys: %w", err)
	}
	keys, ok := items(list)
	if !ok || len(keys) != len(m.storages) {
		return nil, fmt.Errorf("storage keys: they are not the %d that the state dict names", len(m.storages))
	}
	for _, key := range keys {
		if rest, err = m.nextStorage(key, rest); err != nil {
			return nil, err
		}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow the last storage", len(rest))
	}
	return value, nil
}

// nextStorage reads one storage: how many numbers, and the numbers.
func (m *machine) nextStorage(v any, data []byte) (rest []byte, err error) {
	key, _ := v.(string)
	s := m.storages[key]
	if s == nil || s.raw != nil {
		return nil, fmt.Errorf("storage keys: %s is unknown or there twice", entry.Quote(key))
	}
	if len(data) < 8 {
		return nil, fmt.Errorf("storage %s: the file ends before it", entry.Quote(key))
	}
	if n := binary.LittleEndian.Uint64(data); n != uint64(s.count) {
		return nil, fmt.Errorf("storage %s: it has %d numbers, not %d", entry.Quote(key), n, s.count)
	}
	if data = data[8:]; s.size() > len(data) {
		return nil, fmt.Errorf("storage %s: %d bytes are needed, %d are left", entry.Quote(key), s.size(), len(data))
	}
	s.raw = data[:s.size():s.size()]
	return data[s.size():], nil
}
