// Package entry holds what the checkpoint formats have in common: how a tensor
// is described, a table of the tensors of a file, and the form of errors.
package entry

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/nlp-zoo/zoo/tensor"
)

// MaxTensors is the largest number of tensors that a file may hold. The largest
// published checkpoints have below 100,000, in more than a hundred files.
const MaxTensors = 1 << 16

// Info describes a tensor as a checkpoint holds it.
type Info struct {
	DType tensor.DType
	Shape []int // row-major, the last axis varies fastest
}

// Where says which file of which format an error is about.
type Where struct{ Format, File string }

// Errorf returns an error that reads "format: file: what".
func (w Where) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", w.Format, w.File, fmt.Errorf(format, args...))
}

// TensorErrorf returns an error that reads "format: file: tensor name: what".
func (w Where) TensorErrorf(name, format string, args ...any) error {
	return w.Errorf("tensor %s: %w", Quote(name), fmt.Errorf(format, args...))
}

// Quote returns name as it may stand in a message: without control characters,
// and not too long.
func Quote[S ~string | ~[]byte](name S) string {
	const limit = 80
	if len(name) > limit {
		return strconv.Quote(string(name[:limit])) + "…"
	}
	if q := strconv.Quote(string(name)); len(q) != len(name)+2 || len(name) == 0 {
		return q
	}
	return string(name)
}

// A Table holds the tensors of one file, or of the files of one checkpoint. It
// is filled by one goroutine and can then be read by many.
type Table struct {
	where Where
	items map[string]item
}

// item is one tensor. Its bytes are known, or made by load.
type item struct {
	Info
	raw  []byte
	load func() ([]byte, error)
}

// NewTable returns an empty table. Where is for its errors.
func NewTable(where Where) *Table { return &Table{where, map[string]item{}} }

// Where returns the file that the table is of.
func (t *Table) Where() Where { return t.where }

// Add enters a tensor whose bytes are raw. It fails if the name is taken, the
// shape is out of bounds, or raw has not just the bytes that the shape needs.
func (t *Table) Add(name string, info Info, raw []byte) error {
	need, err := t.check(name, info)
	if err != nil {
		return err
	}
	if need != len(raw) {
		return t.where.TensorErrorf(name, "%v of shape %v is %d bytes, not %d", info.DType, info.Shape, need, len(raw))
	}
	t.items[name] = item{Info: info, raw: raw}
	return nil
}

// AddLoad is [Table.Add] for a tensor whose bytes are computed when it is asked for.
func (t *Table) AddLoad(name string, info Info, load func() ([]byte, error)) error {
	if _, err := t.check(name, info); err != nil {
		return err
	}
	t.items[name] = item{Info: info, load: load}
	return nil
}

func (t *Table) check(name string, info Info) (need int, err error) {
	if _, taken := t.items[name]; taken {
		return 0, t.where.TensorErrorf(name, "it is there twice")
	}
	if len(t.items) == MaxTensors {
		return 0, t.where.Errorf("there are more than %d tensors", MaxTensors)
	}
	if len(info.Shape) > tensor.MaxDims {
		return 0, t.where.TensorErrorf(name, "shape: %d axes, at most %d are possible", len(info.Shape), tensor.MaxDims)
	}
	if need, err = tensor.StoredSize(info.DType, info.Shape...); err != nil {
		return 0, t.where.TensorErrorf(name, "shape: %w", err)
	}
	return need, nil
}

// Names returns the names of all tensors, sorted.
func (t *Table) Names() []string { return slices.Sorted(maps.Keys(t.items)) }

// Len returns the number of tensors.
func (t *Table) Len() int { return len(t.items) }

// Info describes the tensor of that name, and reports whether there is one. The
// caller must not change the shape.
func (t *Table) Info(name string) (Info, bool) {
	it, ok := t.items[name]
	return it.Info, ok
}

// Tensor returns the tensor of that name, in its stored form. Its bytes are those
// of the file, valid until the file is closed.
func (t *Table) Tensor(name string) (*tensor.Tensor, error) {
	it, ok := t.items[name]
	if !ok {
		return nil, t.where.Errorf("there is no tensor %s", Quote(name))
	}
	raw := it.raw
	if it.load != nil {
		var err error
		if raw, err = it.load(); err != nil {
			return nil, t.where.TensorErrorf(name, "%w", err)
		}
	}
	stored, err := tensor.Stored(it.DType, raw, it.Shape...)
	if err != nil {
		return nil, t.where.TensorErrorf(name, "%w", err)
	}
	return stored, nil
}

// Close closes c unless it is nil.
func Close(c io.Closer) error {
	if c == nil {
		return nil
	}
	return c.Close()
}

// Merge adds the tensors of another table. It fails if both have one of the same name.
func (t *Table) Merge(other *Table) error {
	for name, it := range other.items {
		if _, taken := t.items[name]; taken {
			return other.where.TensorErrorf(name, "it is in %s too", t.where.File)
		}
		t.items[name] = it
	}
	return nil
}

// MergeInto adds t's tensors to another table, see [Table.Merge].
func (t *Table) MergeInto(other *Table) error { return other.Merge(t) }
