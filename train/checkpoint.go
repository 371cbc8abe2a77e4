package train

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/internal/atomicfile"
)

// The names of a run's folder; docs/format/checkpoint.md tells what is in them.
const (
	lastName     = "last"
	bestName     = "best"
	oldPrefix    = "step-"
	newPrefix    = ".new-"
	manifestName = "manifest.json"
	stateName    = "training/state.json"
	momentsName  = "training/optimizer.safetensors"
	weightsName  = "model.safetensors"
)

// A manifest tells what a whole checkpoint consists of. It is written last.
type manifest struct {
	Format int    `json:"format"`
	Step   int    `json:"step"`
	Best   bool   `json:"best,omitempty"` // it is for use, and has no state to go on from
	Files  []file `json:"files"`          // sorted by name
}

type file struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

const (
	manifestFormat = 1
	maxManifest    = 1 << 20
	maxFiles       = 1 << 12
)

// A content writes one file.
type content func(w io.Writer) error

func bytesOf(data []byte) content {
	return func(w io.Writer) error { _, err := w.Write(data); return err }
}

// writeFolder fills the folder dir with files and their manifest. When it returns
// all is on the disk, but for the folder's own name.
func writeFolder(dir string, m manifest, files map[string]content) error {
	var err error
	m.Format = manifestFormat
	if m.Files, err = writeFiles(dir, files); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, manifestName), bytesOf(text))
}

// writeFiles fills the folder dir, and tells what it wrote.
func writeFiles(dir string, files map[string]content) (written []file, err error) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		hash := sha256.New()
		count := &counter{w: hash}
		err := atomicfile.Write(path, func(w io.Writer) error { return files[name](io.MultiWriter(w, count)) })
		if err != nil {
			return nil, err
		}
		written = append(written, file{name, count.n, hex.EncodeToString(hash.Sum(nil))})
	}
	return written, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// readManifest reads the manifest of a folder.
func readManifest(dir string) (m manifest, err error) {
	text, err := readSmall(filepath.Join(dir, manifestName), maxManifest)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %s: %w", dir, manifestName, err)
	}
	if m.Format != manifestFormat {
		return m, fmt.Errorf("%s: %s: format %d is not known", dir, manifestName, m.Format)
	}
	if m.Step < 0 || len(m.Files) == 0 || len(m.Files) > maxFiles {
		return m, fmt.Errorf("%s: %s: step %d and %d files", dir, manifestName, m.Step, len(m.Files))
	}
	return m, nil
}

func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return data, err
}

// Verify reads every file of the checkpoint in the folder dir, and fails unless all
// are as they were written.
func Verify(dir string) error {
	_, err := verify(dir)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

func verify(dir string) (manifest, error) {
	m, err := readManifest(dir)
	if err != nil {
		return m, err
	}
	root, err := os.OpenRoot(dir) // names lead nowhere else
	if err != nil {
		return m, err
	}
	defer root.Close()
	for _, f := range m.Files {
		if err := f.verify(root); err != nil {
			return m, fmt.Errorf("%s: %s: %w", dir, f.Name, err)
		}
	}
	return m, nil
}

func (f *file) verify(root *os.Root) error {
	r, err := root.Open(filepath.FromSlash(f.Name))
	if err != nil {
		return err
	}
	defer r.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(r, f.Bytes+1))
	if err == nil && n != f.Bytes {
		err = fmt.Errorf("it does not have the %d bytes that were written", f.Bytes)
	}
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != f.SHA256 {
		err = errors.New("its SHA-256 is not that of what was written")
	}
	return err
}

// A saved is a checkpoint in a run's folder.
type saved struct {
	dir  string
	name string
	manifest
}

// newest returns the checkpoint of the most steps that can be gone on from and is
// whole, whatever its name is; nil if there is none. The errors of others that are
// not whole come along.
func newest(dir string) (*saved, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []saved
	for _, e := range entries {
		if m, err := readManifest(filepath.Join(dir, e.Name())); e.IsDir() && err == nil && !m.Best {
			all = append(all, saved{filepath.Join(dir, e.Name()), e.Name(), m})
		}
	}
	slices.SortFunc(all, func(a, b saved) int {
		return cmp.Or(cmp.Compare(b.Step, a.Step), cmp.Compare(a.name, b.name))
	})
	var errs []error
	for i := range all {
		if _, err := verify(all[i].dir); err != nil {
			errs = append(errs, err)
			continue
		}
		return &all[i], errors.Join(errs...)
	}
	return nil, errors.Join(errs...)
}

// oldName is the name of a checkpoint that is no longer the last.
func oldName(step int) string { return fmt.Sprintf("%s%08d", oldPrefix, step) }

// publish writes a checkpoint and gives it the name last; the one of that name
// before stays under its step's name. At every moment there is one that is whole.
func publish(dir string, m manifest, files map[string]content) error {
	fresh, err := freshFolder(dir, m, files)
	if err != nil {
		return err
	}
	return promote(dir, fresh, m.Step)
}

// freshFolder writes a checkpoint under a name that none has.
func freshFolder(dir string, m manifest, files map[string]content) (string, error) {
	fresh, err := emptyFolder(dir)
	if err != nil {
		return "", err
	}
	if err = writeFolder(fresh, m, files); err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(fresh))
	}
	return fresh, nil
}

// promote gives a checkpoint that is whole the name last.
func promote(dir, fresh string, step int) error {
	if err := retire(dir, step); err != nil {
		return err
	}
	if err := os.Rename(fresh, filepath.Join(dir, lastName)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// emptyFolder makes a folder in dir under a name that none has.
func emptyFolder(dir string) (string, error) {
	for {
		path := filepath.Join(dir, newPrefix+strconv.FormatUint(rand.Uint64(), 36))
		err := os.Mkdir(path, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return path, err
		}
	}
}

// retire renames the last checkpoint to its step's name. One of the same step, or
// of a later one, is of a run that was set back, and goes.
func retire(dir string, step int) error {
	last := filepath.Join(dir, lastName)
	m, err := readManifest(last)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(last); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if err != nil || m.Step >= step {
		return discard(last)
	}
	old := filepath.Join(dir, oldName(m.Step))
	if err := discard(old); err != nil {
		return err
	}
	return os.Rename(last, old)
}

// discard removes a folder in such a way that no part of it has its name.
func discard(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	trash, err := emptyFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	if err := os.Rename(path, filepath.Join(trash, "old")); err != nil {
		return err
	}
	return os.RemoveAll(trash)
}

// publishBest writes a checkpoint for use under the name best.
func publishBest(dir string, m manifest, files map[string]content) error {
	m.Best = true
	fresh, err := freshFolder(dir, m, files)
	if err != nil {
		return err
	}
	return promoteBest(dir, fresh)
}

func promoteBest(dir, fresh string) error {
	best := filepath.Join(dir, bestName)
	if err := discard(best); err != nil {
		return err
	}
	if err := os.Rename(fresh, best); err != nil {
		return err
	}
	return syncFolder(dir)
}

// tidy removes what a run that was killed left half done, and old checkpoints but
// the keep newest. A best one that was whole but for its name gets it.
func tidy(dir string, keep int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var old []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case !e.IsDir():
		case strings.HasPrefix(e.Name(), newPrefix):
			if m, err := verify(path); err == nil && m.Best {
				err = promoteBest(dir, path)
				if err != nil {
					return err
				}
			} else if err := os.RemoveAll(path); err != nil {
				return err
			}
		case strings.HasPrefix(e.Name(), oldPrefix):
			old = append(old, path)
		}
	}
	for ; len(old) > keep; old = old[1:] { // their names sort by step
		if err := discard(old[0]); err != nil {
			return err
		}
	}
	return nil
}
