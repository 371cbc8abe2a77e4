package gguf

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/internal/folder"
)

// maxSplits bounds how many files a model may be split into.
const maxSplits = 1 << 12

// splitName is how llama.cpp names the parts.
var splitName = regexp.MustCompile(`^(.*)-([0-9]{5})-of-([0-9]{5})\.gguf$`)

// OpenParts adds to f, which was read from the file at path, the tensors of the
// other files of the model, if it was split into several: they lie in the same
// folder. All parts close with f. On an error f is as it was, but for its tensors.
func (f *File) OpenParts(path string) error {
	if _, ok := f.kv["split.count"]; !ok {
		return nil
	}
	name := filepath.Base(path)
	where := f.Where()
	count, ok := f.Int("split.count")
	if !ok || count < 0 || count > maxSplits {
		return where.Errorf("key split.count: it is not a number of at most %d", maxSplits)
	}
	if count <= 1 {
		return nil
	}
	match := splitName.FindStringSubmatch(name)
	if match == nil || match[3] != fmt.Sprintf("%05d", count) {
		return where.Errorf("key split.count: %d, but the file is not named NAME-00001-of-%05d.gguf", count, count)
	}
	own, ok := f.Int("split.no")
	if !ok || match[2] != fmt.Sprintf("%05d", own+1) {
		return where.Errorf("key split.no: it is not the number in the file's name")
	}
	dir, err := folder.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	parts := closers{f.closer}
	err = f.addParts(dir, match[1], own, count, &parts)
	if want, ok := f.Int("split.tensors.count"); err == nil && ok && want != f.Len() {
		err = where.Errorf("key split.tensors.count: %d, but the parts hold %d", want, f.Len())
	}
	if err = errors.Join(err, dir.Close()); err != nil {
		return errors.Join(err, parts[1:].Close()) // the caller closes its own
	}
	f.closer = parts
	return nil
}

// addParts opens the parts but the own one, and adds what they hold.
func (f *File) addParts(dir *folder.Folder, name string, own, count int, parts *closers) error {
	for no := range count {
		if no == own {
			continue
		}
		part, err := openPart(dir, fmt.Sprintf("%s-%05d-of-%05d.gguf", name, no+1, count), no, count)
		if err != nil {
			return err
		}
		*parts = append(*parts, part.closer)
		if err := f.Merge(part.Table); err != nil {
			return err
		}
		if no == 0 {
			f.kv = part.kv
		}
	}
	return nil
}

// openPart opens one part, and checks that it says it is that one.
func openPart(dir *folder.Folder, name string, no, count int) (*File, error) {
	m, err := dir.Map(name)
	if err != nil {
		return nil, err
	}
	part, err := Parse(dir.Path(name), m.Bytes(), m)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	n, okNo := part.Int("split.no")
	c, okCount := part.Int("split.count")
	if !okNo || !okCount || n != no || c != count {
		err := part.Where().Errorf("keys split.no and split.count: %d of %d, not %d of %d", n, c, no, count)
		return nil, errors.Join(err, m.Close())
	}
	return part, nil
}

// closers closes several things.
type closers []io.Closer

// Close closes all of them.
func (c closers) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, entry.Close(one))
	}
	return errors.Join(errs...)
}
