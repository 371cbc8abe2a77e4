package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/nlp-zoo/zoo/data"
)

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	b, err := thrift.Marshal(&thrift.CompactProtocol{}, v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// file returns a file of pages, headers with bodies, of one column, and a footer.
func file(t testing.TB, m *format.FileMetaData, pages ...any) []byte {
	t.Helper()
	b := []byte("PAR1")
	for _, p := range pages {
		if h, ok := p.(*format.PageHeader); ok {
			b = append(b, encoded(t, h)...)
		} else {
			b = append(b, p.([]byte)...)
		}
	}
	for i := range m.RowGroups {
		for j := range m.RowGroups[i].Columns {
			if c := &m.RowGroups[i].Columns[j].MetaData; c.TotalCompressedSize == 0 {
				c.TotalCompressedSize = int64(len(b) - 4)
			}
		}
	}
	return ended(b, encoded(t, m))
}

// ended puts a footer to the end of a file.
func ended(b, footer []byte) []byte {
	b = append(b, footer...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
}

// meta describes a file of one column of texts, or of another type.
func meta(kind format.Type, codec format.CompressionCodec, repetition format.FieldRepetitionType) *format.FileMetaData {
	return &format.FileMetaData{
		Version: 1, NumRows: 10,
		Schema: []format.SchemaElement{
			{Name: "schema", NumChildren: thrift.New(int32(1))},
			{Name: "text", Type: thrift.New(kind), RepetitionType: thrift.New(repetition)},
		},
		RowGroups: []format.RowGroup{{NumRows: 10, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: kind, Encoding: []format.Encoding{format.Plain}, PathInSchema: []string{"text"}, Codec: codec, NumValues: 10, DataPageOffset: 4,
		}}}}},
	}
}

// page is the header of a page of data.
func page(encoding format.Encoding, values, packed, unpacked int32) *format.PageHeader {
	return &format.PageHeader{
		Type: format.DataPage, CompressedPageSize: packed, UncompressedPageSize: unpacked,
		DataPageHeader: thrift.New(format.DataPageHeader{NumValues: values, Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE}),
	}
}

func dictionary(values, packed, unpacked int32) *format.PageHeader {
	return &format.PageHeader{
		Type: format.DictionaryPage, CompressedPageSize: packed, UncompressedPageSize: unpacked,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: values, Encoding: format.Plain}),
	}
}

// varints are numbers as Parquet's codings have them.
func varints(all ...uint64) (b []byte) {
	for _, v := range all {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

// refused reads a file, which must be an error that says want, and take little memory.
func refused(t *testing.T, name string, file []byte, want string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(data.Read([]data.File{{Path: save(t, file)}}, Columns()))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x.parquet") {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("%s: %d MiB were taken", name, took>>20)
	}
}

const large = 1<<31 - 1

// TestHostileFooters: what the end of a file says is held against the file.
func TestHostileFooters(t *testing.T) {
	whole, _ := written(t, 10)
	cut := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(cut[len(cut)-8:], 1<<32-1)
	refused(t, "length", cut, "footer: 4294967295 bytes")
	for name, c := range map[string]struct {
		footer []byte
		want   string
	}{
		"list":      {append([]byte{0x29, 0xFC}, varints(large)...), "cut off"},
		"text":      {append([]byte{0x68}, varints(large)...), "cut off"},
		"structs":   {append(append([]byte{0x29, 0xFC}, varints(2*maxElements)...), make([]byte, 2*maxElements)...), "more than"},
		"nesting":   {bytes.Repeat([]byte{0x1C}, 10000), "nested deeper"},
		"lists":     {append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 10000)...), "nested deeper"},
		"a map":     {[]byte{0x1B, 0x05, 0x88, 0}, "kind 11"},
		"no schema": {[]byte{0}, "x.parquet"},
	} {
		refused(t, name, ended([]byte("PAR1"), c.footer), c.want)
	}
	for name, c := range map[string]struct {
		change func(m *format.FileMetaData)
		want   string
	}{
		"children": {func(m *format.FileMetaData) { m.Schema[0].NumChildren.V = large }, "children"},
		"missing":  {func(m *format.FileMetaData) { m.Schema[0].NumChildren.V = 2 }, "missing"},
		"orphan":   {func(m *format.FileMetaData) { m.Schema = append(m.Schema, m.Schema[1]) }, "no node has it"},
		"depth": {func(m *format.FileMetaData) {
			for range 100 {
				m.Schema = append([]format.SchemaElement{m.Schema[0]}, m.Schema...)
			}
		}, "deeper than"},
		"nodes": {func(m *format.FileMetaData) {
			m.Schema[0].NumChildren.V = 2 * maxNodes
			for len(m.Schema) <= 2*maxNodes {
				m.Schema = append(m.Schema, m.Schema[1])
			}
		}, "nodes"},
		"fixed":   {func(m *format.FileMetaData) { m.Schema[1].TypeLength = thrift.New(int32(large)) }, "values of 2147483647 bytes"},
		"columns": {func(m *format.FileMetaData) { m.RowGroups[0].Columns = nil }, "0 columns"},
		"place":   {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.DataPageOffset = 1 << 40 }, "bytes 1099511627776"},
		"size":    {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.TotalCompressedSize = 1 << 60 }, "the file has"},
		"minus":   {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.DictionaryPageOffset = -9 }, "bytes -9"},
		"values":  {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.NumValues = -1 }, "-1 values"},
		"sum":     {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.TotalUncompressedSize = 1 << 50 }, "must be 0"},
		"other":   {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "/etc/passwd" }, "in another file"},
	} {
		m := meta(format.ByteArray, format.Uncompressed, format.Required)
		c.change(m)
		refused(t, name, file(t, m, page(format.Plain, 0, 0, 0)), c.want)
	}
}

// bombs are small packed bytes that are large when they are unpacked.
func bombs(t *testing.T) map[format.CompressionCodec][]byte {
	t.Helper()
	zeros := make([]byte, 8<<20)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for range 12 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return map[format.CompressionCodec][]byte{
		format.Gzip: z.Bytes(), format.Zstd: e.EncodeAll(zeros, nil), format.Snappy: varints(1<<32 - 1),
		format.Lz4Raw: bytes.Repeat([]byte{0xFF}, 100), format.Brotli: {0x5B, 0xFF, 0xFF, 0x03, 0, 0xE0, 0xFF}, format.Lz4: {1}, format.LZO: {1},
	}
}

// TestHostilePages: what pages say is held against what is in them.
func TestHostilePages(t *testing.T) {
	required, optional := meta(format.ByteArray, format.Uncompressed, format.Required), meta(format.ByteArray, format.Uncompressed, format.Optional)
	numbers := meta(format.Int64, format.Uncompressed, format.Required)
	run := append(varints(large<<1), 0) // one value, many times
	many := bytes.Repeat(append(varints(4000<<1), 0), 1000)
	two := append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
	// Each text is the one before with a byte more: few bytes for a sum that goes with the square.
	const n = 1 << 15
	grows := append(append(varints(128, 4, n, 0), growing(n)...), append(varints(128, 4, n, 2), constant(n)...)...)
	grown := meta(format.ByteArray, format.Uncompressed, format.Required)
	grown.RowGroups[0].Columns[0].MetaData.NumValues = n
	for name, c := range map[string]struct {
		meta  *format.FileMetaData
		pages []any
		want  string
	}{
		"packed size":    {required, []any{page(format.Plain, 10, large, 10), []byte("x")}, "2147483647 bytes"},
		"packed rest":    {required, []any{page(format.Plain, 10, 1<<20, 10), []byte("x")}, "of which the column has 1"},
		"unpacked size":  {required, []any{page(format.Plain, 10, 1, large), []byte("x")}, "2147483647 bytes"},
		"minus":          {required, []any{page(format.Plain, 10, -1, 1), []byte("x")}, "-1 bytes"},
		"values":         {required, []any{page(format.Plain, large, 1, 1), []byte("x")}, "2147483647 values"},
		"too many":       {required, []any{page(format.Plain, 11, 1, 1), []byte("x")}, "pages of 11 values"},
		"dictionary":     {required, []any{dictionary(large, 1, 1), []byte("x")}, "2147483647 values"},
		"dictionary of":  {required, []any{dictionary(1<<20, 4, 4), []byte("xxxx")}, "a dictionary of 1048576 values in 4 bytes"},
		"numbers of":     {numbers, []any{dictionary(2, 9, 9), []byte("xxxxxxxxx")}, "a dictionary of 2 values in 9 bytes"},
		"a run":          {required, []any{page(format.RLEDictionary, 10, int32(len(run))+1, int32(len(run))+1), append([]byte{1}, run...)}, "a run of 2147483647"},
		"runs":           {required, []any{page(format.RLEDictionary, 10, int32(len(many))+1, int32(len(many))+1), append([]byte{1}, many...)}, "values, where 10"},
		"wide runs":      {required, []any{page(format.RLEDictionary, 10, 1, 1), []byte{200}}, "values of 200 bits"},
		"levels":         {optional, []any{page(format.Plain, 10, int32(len(two)), int32(len(two))), two}, "levels: a run"},
		"levels' length": {optional, []any{page(format.Plain, 10, 4, 4), []byte{255, 255, 255, 255}}, "levels are cut off"},
		"differences":    {numbers, []any{page(format.DeltaBinaryPacked, 10, 9, 9), append(varints(128, 4, large), 0)}, "2147483647 differences"},
		"blocks":         {numbers, []any{page(format.DeltaBinaryPacked, 10, 8, 8), append(varints(128<<24, 1, 9), 0)}, "blocks of"},
		"lengths":        {required, []any{page(format.DeltaLengthByteArray, 10, 9, 9), append(varints(128, 4, large), 0)}, "2147483647 differences"},
		"texts":          {grown, []any{page(format.DeltaByteArray, n, int32(len(grows)), int32(len(grows))), grows}, "texts of"},
		"encoding":       {required, []any{page(99, 10, 1, 1), []byte("x")}, "not known"},
		"index":          {required, []any{&format.PageHeader{Type: format.IndexPage}}, "a page of type"},
		"no header":      {required, []any{&format.PageHeader{Type: format.DataPage}}, "without the header"},
		"header":         {required, []any{append([]byte{0x5C, 0x18}, varints(large)...)}, "cut off"},
	} {
		refused(t, name, file(t, c.meta, c.pages...), c.want)
		c.meta.RowGroups[0].Columns[0].MetaData.TotalCompressedSize = 0
	}
	for codec, packed := range bombs(t) {
		m := meta(format.ByteArray, codec, format.Required)
		refused(t, codec.String(), file(t, m, page(format.Plain, 10, int32(len(packed)), 100), packed), "packed by "+codec.String())
	}
}

// growing returns the blocks of 0, 1, 2 … n-1 coded as differences, after their head.
func growing(n int) (b []byte) {
	for at := 1; at < n; at += 128 {
		b = append(b, 2, 0, 0, 0, 0) // the least difference is 1, and there is no other
	}
	return b
}

// constant returns the blocks of n equal numbers coded as differences.
func constant(n int) (b []byte) {
	for at := 1; at < n; at += 128 {
		b = append(b, 0, 0, 0, 0, 0)
	}
	return b
}

// coded has a column in each encoding.
type coded struct {
	Delta  int64   `parquet:"delta,delta"`
	Small  int32   `parquet:"small,delta,optional"`
	Texts  string  `parquet:"texts,delta"`
	Words  string  `parquet:"words,dict,optional"`
	Split  float64 `parquet:"split,split"`
	True   bool    `parquet:"true"`
	Plain  string  `parquet:"plain,optional"`
	Number int64   `parquet:"number,dict"`
}

// TestCodecs: files of every codec but LZ4, encoding and version of pages are let through, and
// read as they were written.
func TestCodecs(t *testing.T) {
	var rows []coded
	for i := range 3000 {
		rows = append(rows, coded{
			Delta: int64(i) * int64(i) * 7919, Small: int32(i % 17), Texts: fmt.Sprint("a text that begins as others, ", i), Words: []string{"", "one", "two"}[i%3],
			Split: float64(i) / 8, True: i%3 == 0, Plain: strings.Repeat("x", i%40), Number: int64(i % 5),
		})
	}
	for name, option := range map[string]parquet.WriterOption{
		"none": parquet.Compression(&parquet.Uncompressed), "snappy": parquet.Compression(&parquet.Snappy), "gzip": parquet.Compression(&parquet.Gzip),
		"zstd": parquet.Compression(&parquet.Zstd), "brotli": parquet.Compression(&parquet.Brotli),
	} {
		for version := 1; version <= 2; version++ {
			var b bytes.Buffer
			w := parquet.NewGenericWriter[coded](&b, option, parquet.DataPageVersion(version), parquet.PageBufferSize(1<<12))
			if _, err := w.Write(rows); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := read(data.Read([]data.File{{Path: save(t, b.Bytes())}}, Columns()))
			if err != nil || len(got) != len(rows) {
				t.Errorf("%s, pages of version %d: %d records, %v", name, version, len(got), err)
				continue
			}
			for i, r := range rows {
				want := map[string]string{
					"delta": fmt.Sprint(r.Delta), "texts": r.Texts, "split": fmt.Sprint(r.Split), "true": fmt.Sprint(r.True), "number": fmt.Sprint(r.Number),
				}
				for key, value := range map[string]string{"small": fmt.Sprint(r.Small), "words": r.Words, "plain": r.Plain} {
					if value != "" && value != "0" {
						want[key] = value
					}
				}
				if !reflect.DeepEqual(got[i].Fields, want) {
					t.Fatalf("%s, pages of version %d: row %d is %v, want %v", name, version, i, got[i].Fields, want)
				}
			}
		}
	}
}

// TestLZ4: pages that are packed tightly are read, and ones that the library would read
// wrongly are an error.
func TestLZ4(t *testing.T) {
	step := uint64(0x9E3779B97F4A7C15)
	for _, c := range []struct{ form, want string }{{"%0200x", ""}, {"%016x", "write the file with another codec"}} {
		var b bytes.Buffer
		w := parquet.NewGenericWriter[coded](&b, parquet.Compression(&parquet.Lz4Raw))
		for i := range uint64(2000) {
			if _, err := w.Write([]coded{{Plain: fmt.Sprintf(c.form, i*step)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := read(data.Read([]data.File{{Path: save(t, b.Bytes())}}, Columns("plain")))
		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.form, err, c.want)
			}
		case err != nil || len(got) != 2000 || got[1999].Fields["plain"] != fmt.Sprintf(c.form, 1999*step):
			t.Errorf("%s: %d records, %v", c.form, len(got), err)
		}
	}
}

// TestDeltas holds the reader of differences to the library's writer.
func TestDeltas(t *testing.T) {
	for _, n := range []int{0, 1, 2, 31, 128, 129, 1000} {
		var want []int32
		for i := range n {
			want = append(want, int32(uint32(i*i)*2654435761))
		}
		b, err := parquet.DeltaBinaryPacked.EncodeInt32(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, rest, err := deltas(append(bytes.Clone(b), "rest"...), n)
		if err != nil || !reflect.DeepEqual(got, want) || string(rest) != "rest" {
			t.Errorf("%d numbers: %d, %v, then %q", n, len(got), err, rest)
		}
		for i := range b {
			if _, _, err := deltas(b[:i], n); err == nil && n > 1 {
				t.Errorf("%d numbers cut to %d of %d bytes are no error", n, i, len(b))
			}
		}
	}
}
