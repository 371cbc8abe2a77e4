//go:build !unix && !windows

package mmap

import (
	"io"
	"os"
)

// mapFile reads the file, where there is no way to map it.
func mapFile(f *os.File, size int) ([]byte, func([]byte) error, error) {
	data := make([]byte, size)
	_, err := io.ReadFull(io.NewSectionReader(f, 0, int64(size)), data)
	return data, func([]byte) error { return nil }, err
}
