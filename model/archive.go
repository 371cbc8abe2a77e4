package model

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/tensor"
)

// An archive is a folder of Hugging Face's files in one GGUF file: config.json,
// the tokenizer's files and the others beside the weights are texts of its
// metadata, and tensors have the names of the model, matrices as they are
// multiplied by. Any model fits in, heads included, and any form of weights. See
// docs/format/archive.md.
const (
	archiveArchitecture = "zoo" // general.architecture
	archiveFile         = "zoo.file."
)

// unpacked returns what an archive holds: the weights, and the files beside them.
// They are nil where src is no archive.
func unpacked(src checkpoint.Source) (checkpoint.Source, files) {
	m, ok := src.(checkpoint.Metadata)
	if !ok {
		return nil, nil
	}
	if a, _ := m.String("general.architecture"); a != archiveArchitecture {
		return nil, nil
	}
	all := files{}
	for _, key := range m.Keys() {
		if text, ok := m.String(key); ok && strings.HasPrefix(key, archiveFile) {
			all[strings.TrimPrefix(key, archiveFile)] = []byte(text)
		}
	}
	return struct{ checkpoint.Source }{src}, all // no Metadata, so that it is read as a folder is
}

// writeArchive writes weights and files as one.
func (x *export) writeArchive() error {
	var tensors []checkpoint.Tensor
	for _, w := range sourced(paramSource(x.Net, "")) {
		f := x.form
		if values, _ := f.dtype.Block(); !f.keep && (len(w.Shape) != 2 || w.Shape[1]%values != 0) {
			f = form{dtype: tensor.F32} // vectors, and tables of a few columns
		}
		tensors = append(tensors, f.tensor(w))
	}
	if err := x.count(tensors); err != nil {
		return err
	}
	files, err := x.files(mostly(tensors))
	if err != nil {
		return err
	}
	keys := []gguf.KV{{Key: "general.architecture", Value: archiveArchitecture}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		keys = append(keys, gguf.KV{Key: archiveFile + name, Value: string(files[name])})
	}
	return atomicfile.Write(x.Exported.Path, func(w io.Writer) error { return gguf.Encode(w, keys, tensors, 32) })
}

// embedded are the checkpoints that a program carries in itself.
var embedded struct {
	sync.RWMutex
	data map[string][]byte
}

// Embed has Open, Describe and the rest find a checkpoint in memory under a name:
// data is the content of a file of any format that Open reads, and must stay as it
// is. A file or folder of that name is reached as ./name. It panics if the name is
// taken.
func Embed(name string, data []byte) {
	embedded.Lock()
	defer embedded.Unlock()
	if embedded.data == nil {
		embedded.data = map[string][]byte{}
	}
	if embedded.data[name] != nil || len(data) == 0 {
		panic("model: embed: " + name + ": it is there already, or empty")
	}
	embedded.data[name] = data
}

// Embedded returns the names of the checkpoints that the program carries, sorted.
func Embedded() []string {
	embedded.RLock()
	defer embedded.RUnlock()
	return slices.Sorted(maps.Keys(embedded.data))
}

// findEmbedded reads the header of an embedded checkpoint. It is nil where there is
// none of that name.
func findEmbedded(name string) (*found, error) {
	embedded.RLock()
	data := embedded.data[name]
	embedded.RUnlock()
	if data == nil {
		return nil, nil //nolint:nilnil // to be looked for elsewhere
	}
	src, err := checkpoint.Parse(name, aligned(data))
	if err != nil {
		return nil, err
	}
	f := &found{path: name, dir: filepath.Dir(name), source: src, embedded: true}
	return f, f.readHeader()
}

// aligned returns data where its numbers may be read in place: at a multiple of the
// alignment that files have.
func aligned(data []byte) []byte {
	const align = 32
	if uintptr(unsafe.Pointer(unsafe.SliceData(data)))%align == 0 {
		return data
	}
	room := make([]byte, len(data)+align)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(room))) % align
	return append(room[skip:skip], data...)
}

// files are those of an archive, by name: a flat file system.
type files map[string][]byte

// read returns the content of a file.
func (all files) read(name string) ([]byte, error) {
	data, ok := all[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w in the archive", name, fs.ErrNotExist)
	}
	return data, nil
}

// Open opens a file, or the one folder that there is.
func (all files) Open(name string) (fs.File, error) {
	data, ok := all[name]
	if !ok && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openFile{bytes.NewReader(data), fileInfo{name, int64(len(data))}, all}, nil
}

// openFile is an open file of an archive.
type openFile struct {
	*bytes.Reader
	info fileInfo
	all  files
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

// ReadDir lists the folder whole: it is asked for by fs.Glob alone.
func (f *openFile) ReadDir(int) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	for _, name := range slices.Sorted(maps.Keys(f.all)) {
		list = append(list, fs.FileInfoToDirEntry(fileInfo{name, int64(len(f.all[name]))}))
	}
	return list, nil
}

// fileInfo describes a file of an archive.
type fileInfo struct {
	name string
	size int64
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.name == "." }
func (i fileInfo) Sys() any           { return nil }

func (i fileInfo) Mode() fs.FileMode {
	if i.IsDir() {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
