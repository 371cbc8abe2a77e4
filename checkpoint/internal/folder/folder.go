// Package folder opens the files of a model's folder, and none outside it,
// whatever names an index gives and whatever links lie in the folder.
package folder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nlp-zoo/zoo/internal/mmap"
)

// A Folder is an open folder of a model.
type Folder struct {
	root   *os.Root
	prefix string // from the root to the folder
	dir    string
}

// Open opens the folder at dir. In the cache of Hugging Face's hub, where
// .../models--x/snapshots/REVISION holds links to .../models--x/blobs, links may
// lead to anywhere in models--x; in other folders they may not lead out of dir.
func Open(dir string) (*Folder, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	base, prefix := full, ""
	if snapshots := filepath.Dir(full); filepath.Base(snapshots) == "snapshots" {
		cache := filepath.Dir(snapshots)
		if info, err := os.Stat(filepath.Join(cache, "blobs")); err == nil && info.IsDir() {
			base, prefix = cache, filepath.Join("snapshots", filepath.Base(full))
		}
	}
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, err
	}
	return &Folder{root, prefix, dir}, nil
}

// Close closes the folder. What was mapped stays mapped.
func (f *Folder) Close() error { return f.root.Close() }

// Path returns the path of a file of the folder, for messages.
func (f *Folder) Path(name string) string { return filepath.Join(f.dir, name) }

// Has reports whether the folder has a regular file of that name.
func (f *Folder) Has(name string) bool {
	info, err := f.root.Stat(filepath.Join(f.prefix, name))
	return err == nil && info.Mode().IsRegular()
}

// open opens a regular file that lies in the folder or in one below it.
func (f *Folder) open(name string) (*os.File, error) {
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%s: the name %.80q leads out of the folder", f.dir, name)
	}
	inside := filepath.Join(f.prefix, name)
	info, err := f.root.Stat(inside) // before opening: to open a pipe could wait for ever
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.dir, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s: not a regular file", f.dir, name)
	}
	file, err := f.root.Open(inside)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.dir, err)
	}
	return file, nil
}

// Map maps a file.
func (f *Folder) Map(name string) (*mmap.File, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	m, err := mmap.Map(file)
	return m, errors.Join(err, file.Close())
}

// Read returns the content of a file of at most limit bytes.
func (f *Folder) Read(name string, limit int) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, fmt.Errorf("%s: it is larger than %d bytes", f.Path(name), limit)
	}
	return data, nil
}
