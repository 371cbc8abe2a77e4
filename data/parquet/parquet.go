// Package parquet reads Parquet files as records, and makes the format known to
// package data. It stands apart as the library that it reads them with is large: a
// program imports it if it wants it.
//
// The library trusts the sizes that a file declares. So each file is held against
// limits first, and its pages against what they say they hold: one that is made to
// harm is an error before memory is taken.
package parquet

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/nlp-zoo/zoo/data"
)

func init() {
	data.Register("parquet", []string{".parquet"}, func(files []data.File, columns ...string) data.Stream[data.Record] {
		return data.Read(files, Columns(columns...))
	})
}

// maxChunk is the most bytes that a column may have in a row group, unpacked.
const maxChunk = 1 << 30

// Columns reads the columns of those names, such as "text" or "meta.lang"; without
// any, all that have one value a row. Strings are as they are, numbers and truth
// values as text; a null is no field. Lists can't be read.
func Columns(names ...string) data.Format[data.Record] {
	return func(r io.Reader) func() (data.Record, error) {
		t := &table{in: r, names: names}
		return t.next
	}
}

// table reads a file.
type table struct {
	in     io.Reader
	names  []string
	file   io.ReaderAt
	meta   *format.FileMetaData
	groups []parquet.RowGroup // that are still to be read
	leaves []parquet.LeafColumn
	cells  []*cells // of the row group that is being read
	row    int      // rows read
	err    error
}

// next returns the next row. The library panics where a file is not as it
// believes it to be.
func (t *table) next() (rec data.Record, err error) {
	if t.err != nil {
		return data.Record{}, t.err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("row %d: the file is damaged: %v", t.row+1, p)
		}
		if err != nil {
			t.close()
			t.err = err
		}
	}()
	if t.leaves == nil {
		if err := t.open(); err != nil {
			return rec, err
		}
	}
	for {
		if t.cells != nil {
			rec, err := t.record()
			if !errors.Is(err, io.EOF) {
				t.row++
				return rec, err
			}
			t.close()
		}
		if len(t.groups) == 0 {
			return rec, io.EOF
		}
		if err := t.check(); err != nil {
			return rec, err
		}
		chunks := t.groups[0].ColumnChunks()
		for _, leaf := range t.leaves {
			t.cells = append(t.cells, &cells{pages: chunks[leaf.ColumnIndex].Pages()})
		}
		t.groups = t.groups[1:]
	}
}

// check holds the pages of the next row group against what they say they hold.
func (t *table) check() error {
	number := len(t.meta.RowGroups) - len(t.groups)
	var all int64
	for i, leaf := range t.leaves {
		c := column{
			meta: t.meta.RowGroups[number].Columns[leaf.ColumnIndex].MetaData, level: leaf.MaxDefinitionLevel, fixed: leaf.Node.Type().Length(),
		}
		need, err := c.check(t.file)
		if all += need; err == nil && all > maxMemory {
			err = fmt.Errorf("pages of %d bytes with those of other columns: must be %d at most", all, maxMemory)
		}
		if err != nil {
			return fmt.Errorf("row group %d: column %s: %w", number, t.names[i], err)
		}
	}
	return nil
}

// open reads the end of the file, which says what is in it, and chooses the columns.
func (t *table) open() error {
	f, ok := t.in.(interface {
		io.ReaderAt
		Stat() (fs.FileInfo, error)
	})
	if !ok {
		return errors.New("a Parquet file must be a plain one, in no archive")
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if t.meta, err = footerOf(f, info.Size()); err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.OptimisticRead(false))
	if err != nil {
		return err
	}
	t.file, t.groups = f, file.RowGroups()
	return t.choose(file.Schema())
}

// choose finds the columns.
func (t *table) choose(schema *parquet.Schema) error {
	var flat []string
	byName := map[string]parquet.LeafColumn{}
	for _, path := range schema.Columns() {
		leaf, ok := schema.Lookup(path...)
		if ok && leaf.MaxRepetitionLevel == 0 {
			name := strings.Join(path, ".")
			flat, byName[name] = append(flat, name), leaf
		}
	}
	if len(t.names) == 0 {
		t.names = flat
	}
	for _, name := range t.names {
		leaf, ok := byName[name]
		if !ok {
			return fmt.Errorf("there is no column %q with one value a row, but %q", name, flat)
		}
		t.leaves = append(t.leaves, leaf)
	}
	if len(t.leaves) == 0 {
		return errors.New("there is no column with one value a row")
	}
	return nil
}

// record reads a row of the row group.
func (t *table) record() (data.Record, error) {
	rec := data.Record{Fields: make(map[string]string, len(t.names))}
	for i, c := range t.cells {
		v, err := c.next()
		if err != nil {
			if errors.Is(err, io.EOF) && i > 0 {
				err = fmt.Errorf("row %d: column %s: %w", t.row+1, t.names[i], io.ErrUnexpectedEOF)
			}
			return rec, err
		}
		if !v.IsNull() {
			rec.Fields[t.names[i]] = strings.ToValidUTF8(v.String(), "\uFFFD")
		}
	}
	return rec, nil
}

// close closes the pages of the row group.
func (t *table) close() {
	for _, c := range t.cells {
		_ = c.pages.Close() // what is read only has nothing to lose
	}
	t.cells = nil
}

// cells reads the values of a column in a row group.
type cells struct {
	pages  parquet.Pages
	page   parquet.ValueReader // nil: the next is to be read
	values []parquet.Value
	buffer [64]parquet.Value
}

func (c *cells) next() (parquet.Value, error) {
	for len(c.values) == 0 {
		if c.page == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return parquet.Value{}, err
			}
			c.page = page.Values()
		}
		n, err := c.page.ReadValues(c.buffer[:])
		if err != nil {
			c.page = nil
			if !errors.Is(err, io.EOF) {
				return parquet.Value{}, err
			}
		} else if n == 0 {
			return parquet.Value{}, io.ErrNoProgress
		}
		c.values = c.buffer[:n]
	}
	v := c.values[0]
	c.values = c.values[1:]
	return v, nil
}

// Names returns the names of the columns of the file at path that can be read.
func Names(file data.File) ([]string, error) {
	in, err := file.Open()
	if err != nil {
		return nil, err
	}
	t := &table{in: in}
	if err = t.open(); err != nil {
		err = fmt.Errorf("data: %s: %w", file, err)
	}
	return slices.Clone(t.names), errors.Join(err, in.Close())
}
