// Package checkpoint opens the weights of models, in whatever format they are,
// and gives them the names that a model knows them by.
package checkpoint

import (
	"bytes"
	"errors"
	"io"
	"iter"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/checkpoint/llama2c"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/checkpoint/torch"
	"github.com/nlp-zoo/zoo/internal/mmap"
	"github.com/nlp-zoo/zoo/tensor"
)

// Info describes a tensor as a checkpoint holds it.
type Info = entry.Info

// A Source is an open checkpoint. Any number of goroutines may read it.
type Source interface {
	// Names returns the names of all tensors, sorted.
	Names() []string
	// Info describes the tensor of that name, and reports whether there is one.
	// The caller must not change the shape.
	Info(name string) (Info, bool)
	// Tensor returns the tensor of that name in its stored form. Its bytes are
	// those of the mapped file where that is possible, valid until Close.
	Tensor(name string) (*tensor.Tensor, error)
	// Close unmaps the files. No tensor may be used afterwards.
	Close() error
}

// Metadata is a Source that tells of more than tensors, as a GGUF file does: of
// keys with typed values. Each method reports whether the key is there and has a
// value of that type.
type Metadata interface {
	Source
	Keys() []string // sorted
	KV(key string) (any, bool)
	String(key string) (string, bool)
	Strings(key string) ([]string, bool)
	Texts(key string) (n int, all iter.Seq2[int, []byte], ok bool)
	Int(key string) (int, bool)
	Ints(key string) ([]int32, bool)
	Float(key string) (float64, bool)
	Floats(key string) ([]float32, bool)
	Bool(key string) (value, ok bool)
	Bytes(key string) ([]byte, bool)
}

// Configured is a Source whose file says what model it is of: Config returns
// what config.json would hold.
type Configured interface {
	Source
	Config() map[string]any
}

// Open opens the checkpoint at path: a file, or a folder with files of the names
// that Hugging Face gives them, one or several with an index. A file's format is
// told by its content: safetensors, GGUF (a Metadata), torch.save's two forms, or
// llama2.c's (a Configured). Only headers are read; each size in them is held
// against the size of the file.
func Open(path string) (Source, error) {
	isDir, err := isFolder(path)
	if err != nil {
		return nil, err
	}
	if isDir {
		return openFolder(path)
	}
	m, err := mmap.Open(path)
	if err != nil {
		return nil, err
	}
	return read(m, path)
}

// read reads the header of a mapped file, and closes the file on an error.
func read(m *mmap.File, path string) (Source, error) {
	src, err := parse(path, m.Bytes(), m)
	if g, ok := src.(*gguf.File); ok {
		err = g.OpenParts(path)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return src, nil
}

// Parse opens a checkpoint in memory: data is the content of a file of any format
// that Open reads, which must not change. Name is for errors.
func Parse(name string, data []byte) (Source, error) { return parse(name, data, nil) }

// parse reads the header of data, a whole file, of the format that it has.
func parse(name string, data []byte, closer io.Closer) (Source, error) {
	switch {
	case gguf.Is(data):
		return orNil(gguf.Parse(name, data, closer))
	case torch.Is(data):
		return orNil(torch.Parse(name, data, closer))
	case safetensors.Is(data):
		return orNil(safetensors.Parse(name, data, closer))
	case llama2c.Is(data):
		return orNil(llama2c.Parse(name, data, closer))
	case bytes.HasPrefix(data, []byte("version https://git-lfs")):
		return nil, where(name).Errorf("it is a pointer of Git LFS, the weights are yet to be fetched")
	}
	return nil, where(name).Errorf("it is none of safetensors, GGUF, torch.save's and llama2.c's files, or cut short")
}

func where(file string) entry.Where { return entry.Where{Format: "checkpoint", File: file} }

// orNil returns a nil interface, not one that holds a nil pointer, on an error.
func orNil[S Source](src S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return src, nil
}
