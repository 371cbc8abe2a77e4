package data

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A File is a file of a corpus: one on the disk, or a member of a zip archive.
type File struct {
	Path   string
	Member string // name in the archive at Path; "": the file itself
}

// String names f in messages.
func (f File) String() string {
	if f.Member == "" {
		return f.Path
	}
	return f.Path + "!" + f.Member
}

// Find returns the files at path: path itself, the members of it if it is a zip
// archive, or those of a folder and the folders below, hidden ones left out.
// Files of folders and archives must end in one of the suffixes, if there are any,
// or in one with ".gz" after it. They are sorted by name.
func Find(path string, suffixes ...string) ([]File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	files := []File{{Path: path}}
	if info.IsDir() {
		files, err = walk(path, suffixes)
	}
	var all []File
	for _, f := range files {
		if err != nil {
			break
		}
		if !strings.EqualFold(filepath.Ext(f.Path), ".zip") {
			all = append(all, f)
			continue
		}
		var members []File
		members, err = archived(f.Path, suffixes)
		all = append(all, members...)
	}
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", path, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("data: %s: there is no file %s", path, strings.Join(suffixes, " or "))
	}
	return all, nil
}

// suits reports whether a file of that name is one of those that are looked for.
func suits(name string, suffixes []string) bool {
	if strings.HasPrefix(filepath.Base(name), ".") {
		return false
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return len(suffixes) == 0 || slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) })
}

func walk(root string, suffixes []string) (files []File, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.Type().IsRegular() && (suits(path, suffixes) || suits(path, []string{".zip"})):
			files = append(files, File{Path: path})
		}
		return nil
	})
	return files, err
}

func archived(path string, suffixes []string) (files []File, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	for _, m := range z.File {
		if m.Mode().IsRegular() && suits(m.Name, suffixes) {
			files = append(files, File{path, m.Name})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Member, b.Member) })
	files = slices.Compact(files)
	return files, z.Close()
}

// Open returns the content of f, unpacked if it is compressed by gzip. That of a
// plain file on the disk is an io.ReaderAt too, with the method Stat of os.File.
func (f File) Open() (io.ReadCloser, error) {
	raw, err := f.raw()
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", f, err)
	}
	in := bufio.NewReaderSize(raw, 1<<16)
	if magic, err := in.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		if f, ok := raw.(*os.File); ok {
			return onDisk{reading{in, raw}, f}, nil
		}
		return reading{in, raw}, nil // an error of Peek comes again when it is read
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", f, errors.Join(err, raw.Close()))
	}
	return reading{z, raw}, nil
}

// raw returns the bytes of f.
func (f File) raw() (io.ReadCloser, error) {
	if f.Member == "" {
		return os.Open(f.Path)
	}
	z, err := zip.OpenReader(f.Path)
	if err != nil {
		return nil, err
	}
	for _, m := range z.File {
		if m.Name != f.Member {
			continue
		}
		r, err := m.Open()
		if err != nil {
			return nil, errors.Join(err, z.Close())
		}
		return reading{r, closers{r, z}}, nil
	}
	return nil, errors.Join(fs.ErrNotExist, z.Close())
}

// reading reads from one thing and closes another.
type reading struct {
	io.Reader
	io.Closer
}

// onDisk is a file that formats may read at any place too.
type onDisk struct {
	reading
	f *os.File
}

// ReadAt is part of io.ReaderAt.
func (d onDisk) ReadAt(p []byte, at int64) (int, error) { return d.f.ReadAt(p, at) }

// Stat tells of the file.
func (d onDisk) Stat() (fs.FileInfo, error) { return d.f.Stat() }

type closers []io.Closer

func (all closers) Close() (err error) {
	for _, c := range all {
		err = errors.Join(err, c.Close())
	}
	return err
}

// A Digest is a SHA-256.
type Digest [sha256.Size]byte

// DigestOf returns the digest of what is known of files without reading them,
// their names, sizes and times, and of the settings that they are read with.
func DigestOf(files []File, settings ...string) (Digest, error) {
	h := sha256.New()
	add := func(s string) {
		_ = binary.Write(h, binary.LittleEndian, uint64(len(s))) // a hash takes everything
		_, _ = io.WriteString(h, s)
	}
	for _, f := range files {
		info, err := os.Stat(f.Path)
		if err != nil {
			return Digest{}, fmt.Errorf("data: %w", err)
		}
		path, err := filepath.Abs(f.Path)
		if err != nil {
			return Digest{}, fmt.Errorf("data: %w", err)
		}
		add(path)
		add(f.Member)
		add(fmt.Sprint(info.Size(), info.ModTime().UnixNano()))
	}
	add("settings")
	for _, s := range settings {
		add(s)
	}
	return Digest(h.Sum(nil)), nil
}
