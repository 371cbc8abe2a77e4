package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library takes the memory that a file says it needs. So what a file says is held
// against these limits, and against what is in it, before the library sees it.
const (
	maxFooter = 32 << 20 // bytes of the end of a file, which says what is in it
	maxNodes  = 1 << 12  // of the schema
	maxDepth  = 16       // of the schema
	maxFixed  = 1 << 16  // bytes of a value of fixed length
	maxHeader = 1 << 20  // bytes of the header of a page
	maxPage   = 1 << 28  // bytes of a page, packed or unpacked
	maxValues = 1 << 24  // of a page
	maxMemory = 1 << 30  // bytes of the pages that are read together: one of each column
)

// tail is how a file ends: the length of its footer, and a word.
const tail = 8

// footerOf reads the end of a file, which says what is in it, and checks it.
func footerOf(r io.ReaderAt, size int64) (*format.FileMetaData, error) {
	end := make([]byte, tail)
	if size < 4+tail {
		return nil, errors.New("it is no Parquet file, or cut off")
	}
	if _, err := r.ReadAt(end, size-tail); err != nil {
		return nil, err
	}
	if word := string(end[4:]); word != "PAR1" {
		return nil, fmt.Errorf("it is no Parquet file, is encrypted, or cut off: it ends with %q", word)
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if n > min(size-4-tail, maxFooter) {
		return nil, fmt.Errorf("footer: %d bytes: must be %d at most", n, min(size-4-tail, maxFooter))
	}
	b := make([]byte, n)
	if _, err := r.ReadAt(b, size-tail-n); err != nil {
		return nil, err
	}
	used, err := skipStruct(b)
	if err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	meta := &format.FileMetaData{}
	if err := thrift.Unmarshal(&thrift.CompactProtocol{}, b[:used], meta); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	leaves, err := leavesOf(meta.Schema)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	for i, g := range meta.RowGroups {
		if len(g.Columns) != leaves {
			return nil, fmt.Errorf("row group %d: %d columns, where the schema has %d", i, len(g.Columns), leaves)
		}
		for _, c := range g.Columns {
			if err := checkChunk(c, size-tail-n); err != nil {
				return nil, fmt.Errorf("row group %d: column %s: %w", i, strings.Join(c.MetaData.PathInSchema, "."), err)
			}
		}
	}
	return meta, nil
}

// leavesOf returns how many columns a schema has, which is a tree in the order of depth
// first.
func leavesOf(nodes []format.SchemaElement) (leaves int, err error) {
	if len(nodes) == 0 || len(nodes) > maxNodes {
		return 0, fmt.Errorf("%d nodes: must be 1 … %d", len(nodes), maxNodes)
	}
	var open []int32 // children still to come, by depth
	for i, n := range nodes {
		children := n.NumChildren.V
		if children < 0 || int(children) > len(nodes) || n.TypeLength.V < 0 || n.TypeLength.V > maxFixed {
			return 0, fmt.Errorf("%.80q: %d children, values of %d bytes", n.Name, children, n.TypeLength.V)
		}
		if i > 0 {
			for len(open) > 0 && open[len(open)-1] == 0 {
				open = open[:len(open)-1]
			}
			if len(open) == 0 {
				return 0, fmt.Errorf("%.80q: no node has it as a child", n.Name)
			}
			open[len(open)-1]--
		}
		if children > 0 {
			open = append(open, children)
		} else if i > 0 {
			leaves++
		}
		if len(open) > maxDepth {
			return 0, fmt.Errorf("%.80q: nested deeper than %d", n.Name, maxDepth)
		}
	}
	for _, n := range open {
		if n > 0 {
			return 0, fmt.Errorf("%d children are missing", n)
		}
	}
	return leaves, nil
}

// checkChunk refuses a column of a row group that does not lie before end.
func checkChunk(c format.ColumnChunk, end int64) error {
	m := c.MetaData
	from := chunkStart(m)
	switch {
	case c.FilePath != "":
		return fmt.Errorf("it is in another file, %.80q", c.FilePath)
	case m.NumValues < 0 || m.TotalUncompressedSize < 0 || m.TotalUncompressedSize > maxChunk:
		return fmt.Errorf("%d values, %d bytes: must be 0 … %d bytes", m.NumValues, m.TotalUncompressedSize, maxChunk)
	case from < 4 && m.NumValues > 0 || from < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > end || from > end-m.TotalCompressedSize:
		return fmt.Errorf("bytes %d … %d: the file has %d for columns", from, from+m.TotalCompressedSize, end)
	}
	return nil
}

// chunkStart returns where the pages of a column begin.
func chunkStart(m format.ColumnMetaData) int64 {
	if m.DictionaryPageOffset != 0 {
		return m.DictionaryPageOffset
	}
	return m.DataPageOffset
}
