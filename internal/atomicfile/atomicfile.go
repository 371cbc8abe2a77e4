// Package atomicfile writes files whole or not at all: whatever fails, and
// whenever the machine stops, the name leads to the previous content or to all
// of the new one.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// Write sets the content of the file at path to what write gives. The content
// goes to a temporary file in the same folder, named ".NAME.tmp" and some digits,
// which then takes the name. Where Write returns an error the previous file, if
// any, is as it was.
func Write(path string, write func(w io.Writer) error) error { return WriteOn(system{}, path, write) }

// A Disk is the part of a file system that Write needs.
type Disk interface {
	// CreateTemp makes a file in dir whose name starts with prefix.
	CreateTemp(dir, prefix string) (File, error)
	// Rename gives a file the name of another one, in one step.
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir returns when the names in dir are on the disk.
	SyncDir(dir string) error
}

// A File is one that is being written.
type File interface {
	io.WriteCloser
	Name() string
	Sync() error // returns when the content is on the disk
}

// buffer is the size of the writes that reach the disk, in bytes.
const buffer = 1 << 20

// WriteOn is [Write] on a disk of the caller's.
func WriteOn(disk Disk, path string, write func(w io.Writer) error) error {
	dir := filepath.Dir(path)
	f, err := disk.CreateTemp(dir, "."+filepath.Base(path)+".tmp")
	if err != nil {
		return fmt.Errorf("atomicfile: %w", err)
	}
	if err := fill(f, write); err != nil {
		return errors.Join(fmt.Errorf("atomicfile: %s: %w", path, err), disk.Remove(f.Name()))
	}
	if err := disk.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("atomicfile: %w", err), disk.Remove(f.Name()))
	}
	if err := disk.SyncDir(dir); err != nil {
		return fmt.Errorf("atomicfile: %s: it was written, but may not outlast a power cut: %w", path, err)
	}
	return nil
}

// fill writes the content, waits until it is on the disk, and closes the file.
func fill(f File, write func(w io.Writer) error) error {
	w := bufio.NewWriterSize(f, buffer)
	err := write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// system is the disk of the operating system.
type system struct{}

// CreateTemp is part of [Disk]. Unlike os.CreateTemp it leaves the rights to the
// umask, as for any new file.
func (system) CreateTemp(dir, prefix string) (File, error) {
	for range 100 {
		name := filepath.Join(dir, prefix+strconv.FormatUint(rand.Uint64(), 10))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s: no name for a temporary file is free", dir)
}

func (system) Rename(from, to string) error { return os.Rename(from, to) }
func (system) Remove(name string) error     { return os.Remove(name) }
