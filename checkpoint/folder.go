package checkpoint

import (
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/internal/folder"
	"github.com/nlp-zoo/zoo/checkpoint/internal/strict"
)

// names are the files that a folder's weights may be in, the first that is there
// counting. An index tells which file holds which tensor.
var names = []struct {
	file  string
	index bool
}{
	{"model.safetensors", false},
	{"model.safetensors.index.json", true},
	{"pytorch_model.bin", false},
	{"pytorch_model.bin.index.json", true},
	{"open_clip_model.safetensors", false},
	{"open_clip_pytorch_model.bin", false},
	{"adapter_model.safetensors", false},
	{"adapter_model.bin", false},
	{"consolidated.safetensors", false},
	{"consolidated.00.pth", false},
	{"model.gguf", false},
	{"model.bin", false},
}

const (
	maxIndex  = 32 << 20 // bytes of an index
	maxShards = 1 << 12
)

func isFolder(path string) (bool, error) {
	info, err := os.Stat(path)
	return err == nil && info.IsDir(), err
}

// openFolder opens the weights of a folder.
func openFolder(path string) (Source, error) {
	dir, err := folder.Open(path)
	if err != nil {
		return nil, err
	}
	src, err := openNamed(dir, path)
	return src, errors.Join(err, dir.Close())
}

func openNamed(dir *folder.Folder, path string) (Source, error) {
	for _, n := range names {
		if !dir.Has(n.file) {
			continue
		}
		if n.index {
			return openShards(dir, n.file)
		}
		return openFile(dir, n.file)
	}
	return nil, where(path).Errorf("the folder has no weights of a known name, such as %s", names[0].file)
}

// openFile opens one file of a folder.
func openFile(dir *folder.Folder, name string) (Source, error) {
	m, err := dir.Map(name)
	if err != nil {
		return nil, err
	}
	return read(m, dir.Path(name))
}

// A tabled source can be merged with others.
type tabled interface {
	Source
	Where() entry.Where
	MergeInto(t *entry.Table) error
}

// shards is a checkpoint in several files.
type shards struct {
	*entry.Table
	files []Source
}

// Close closes all files.
func (s *shards) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// openShards opens the files that an index names, and checks that each tensor is
// where the index says.
func openShards(dir *folder.Folder, index string) (Source, error) {
	at := where(dir.Path(index))
	text, err := dir.Read(index, maxIndex)
	if err != nil {
		return nil, err
	}
	files, err := readIndex(text)
	if err != nil {
		return nil, at.Errorf("%w", err)
	}
	s := &shards{Table: entry.NewTable(at)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := s.add(dir, at, name, files[name]); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// add opens one file, which must hold the tensors of those names.
func (s *shards) add(dir *folder.Folder, index entry.Where, file string, tensors []string) error {
	src, err := openFile(dir, file)
	if err != nil {
		return index.Errorf("weight_map: %w", err)
	}
	s.files = append(s.files, src)
	part, ok := src.(tabled)
	if !ok {
		return index.Errorf("weight_map: %s is of a format that has no index", entry.Quote(file))
	}
	for _, name := range tensors {
		if _, ok := part.Info(name); !ok {
			return index.TensorErrorf(name, "it is not in %s", entry.Quote(file))
		}
	}
	return part.MergeInto(s.Table)
}

// readIndex returns the tensors that each file holds, as an index has them: an
// object whose member weight_map maps names of tensors to names of files.
func readIndex(text []byte) (map[string][]string, error) {
	files, owner := map[string][]string{}, map[string]string{}
	s := strict.New(text)
	entryOf := func(key []byte) error {
		name := string(key)
		file, err := s.String()
		switch {
		case err != nil:
			return err
		case owner[name] != "":
			return s.Errorf("weight_map: %s is there twice", entry.Quote(name))
		case file == "":
			return s.Errorf("weight_map: %s is in no file", entry.Quote(name))
		}
		owner[name] = file
		files[file] = append(files[file], name)
		if len(files) > maxShards {
			return s.Errorf("weight_map: there are more than %d files", maxShards)
		}
		return nil
	}
	seen := false
	err := s.Object(func(key []byte) error {
		if string(key) != "weight_map" {
			return s.Skip()
		}
		if seen {
			return s.Errorf("weight_map is there twice")
		}
		seen = true
		return s.Object(entryOf)
	})
	if err == nil {
		err = s.End()
	}
	if err == nil && len(files) == 0 {
		err = errors.New("weight_map is missing or empty")
	}
	return files, err
}
