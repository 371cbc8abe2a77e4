// Package mmap lets a file be read as memory, without copying it.
package mmap

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
)

// A File is the content of a file at the time of its opening. Any number of
// goroutines may read it. A file that another program cuts short while it is
// mapped is the caller's risk: to read past its new end ends the process.
type File struct {
	data  []byte
	unmap func([]byte) error
	once  sync.Once
	err   error
}

// Open maps the regular file at path.
func Open(path string) (*File, error) {
	info, err := os.Stat(path) // before opening: to open a pipe could wait for ever
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("mmap: %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := Map(f)
	return m, errors.Join(err, f.Close())
}

// Map maps the regular file f, from its start to its end. The caller may close f
// at once. An empty file gives no bytes.
func Map(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("mmap: %s: not a regular file", f.Name())
	case size == 0:
		return &File{unmap: func([]byte) error { return nil }}, nil
	case size > math.MaxInt:
		return nil, fmt.Errorf("mmap: %s: %d bytes do not fit this machine's memory", f.Name(), size)
	}
	data, unmap, err := mapFile(f, int(size))
	if err != nil {
		return nil, fmt.Errorf("mmap: %s: %w", f.Name(), err)
	}
	enter(data)
	return &File{data: data, unmap: unmap}, nil
}

// Bytes returns the file's content. It is valid until Close; to write to it ends
// the process.
func (m *File) Bytes() []byte { return m.data }

// Close gives the mapping back. No slice of Bytes may be used afterwards. Further
// calls do nothing and return what the first one did.
func (m *File) Close() error {
	m.once.Do(func() {
		leave(m.data)
		m.err = m.unmap(m.data)
		m.data = nil
	})
	return m.err
}
