package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/nlp-zoo/zoo/data"
)

type row struct {
	Text  string  `parquet:"text,snappy"`
	Label *int32  `parquet:"label,optional"`
	Score float64 `parquet:"score,zstd"`
	Meta  struct {
		Lang string `parquet:"lang,dict"`
	} `parquet:"meta"`
	List []string `parquet:"list"`
}

// written returns a file of n rows in groups of 70, and what is to be read.
func written(t testing.TB, n int) (file []byte, want []data.Record) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.MaxRowsPerRowGroup(70), parquet.PageBufferSize(256))
	for i := range n {
		r := row{Text: strings.Repeat(fmt.Sprint("text ", i, " "), i%9), Score: float64(i) / 4, List: make([]string, i%3)}
		r.Meta.Lang = []string{"en", "de"}[i%2]
		rec := data.Record{Fields: map[string]string{"text": r.Text, "score": fmt.Sprint(r.Score), "meta.lang": r.Meta.Lang}}
		if i%3 > 0 {
			label := int32(i - 5)
			r.Label, rec.Fields["label"] = &label, fmt.Sprint(label)
		}
		if _, err := w.Write([]row{r}); err != nil {
			t.Fatal(err)
		}
		want = append(want, rec)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), want
}

func save(t testing.TB, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns all records of a stream.
func read(s data.Stream[data.Record]) (all []data.Record, err error) {
	for {
		r, err := s.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		r.File = ""
		all = append(all, r)
	}
}

func TestColumns(t *testing.T) {
	file, want := written(t, 300)
	path := save(t, file)
	s, err := data.Source{Path: path}.Records()
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(s)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%d records, %v, want %d: %v", len(got), err, len(want), got[:min(len(got), 3)])
	}
	files := []data.File{{Path: path}}
	names, err := Names(files[0])
	if err != nil || !reflect.DeepEqual(names, []string{"label", "meta.lang", "score", "text"}) && !reflect.DeepEqual(names, []string{"text", "label", "score", "meta.lang"}) {
		t.Errorf("columns %q, %v", names, err)
	}
	// A stream that is stopped goes on where it was.
	for _, n := range []int{0, 1, 69, 70, 71, 299, 300} {
		s := data.Read(files, Columns("meta.lang", "text"))
		for range n {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
		state, err := s.State()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		back := data.Read(files, Columns("meta.lang", "text"))
		if err := back.Restore(state); err != nil {
			t.Fatal(err)
		}
		rest, err := read(back)
		if err != nil || len(rest) != len(want)-n {
			t.Fatalf("after %d: %d records, %v", n, len(rest), err)
		}
		for i, r := range rest {
			w := want[n+i].Fields
			if !reflect.DeepEqual(r.Fields, map[string]string{"text": w["text"], "meta.lang": w["meta.lang"]}) {
				t.Fatalf("record %d: %v, want %v", n+i, r.Fields, w)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	file, _ := written(t, 100)
	files := []data.File{{Path: save(t, file)}}
	for _, name := range []string{"none", "list", "meta"} {
		if _, err := data.Read(files, Columns(name)).Next(); err == nil || !strings.Contains(err.Error(), "x.parquet") || !strings.Contains(err.Error(), name) {
			t.Errorf("column %s: %v", name, err)
		}
	}
	next := Columns()(bytes.NewBuffer(file))
	if _, err := next(); err == nil {
		t.Error("a file that is no file on the disk was read")
	}
	for n := 0; n < len(file); n += 1 + len(file)/50 {
		if got, err := read(data.Read([]data.File{{Path: save(t, file[:n])}}, Columns())); err == nil && n > 0 {
			t.Errorf("cut to %d bytes: %d records", n, len(got))
		}
	}
}

// inMemory is a file for Columns.
type inMemory struct {
	*bytes.Reader
	os.FileInfo
}

func (f inMemory) Stat() (os.FileInfo, error) { return f, nil }
func (f inMemory) Size() int64                { return f.Reader.Size() }

func FuzzColumns(f *testing.F) {
	for _, n := range []int{0, 1, 20} {
		file, _ := written(f, n)
		f.Add(file)
	}
	for _, b := range [][]byte{{0}, {0x29, 0x2C, 0x18, 0}} {
		f.Add(ended([]byte("PAR1"), b))
	}
	m := meta(format.ByteArray, format.Snappy, format.Optional)
	f.Add(file(f, m, dictionary(2, 4, 4), []byte("xxxx"), page(format.RLEDictionary, 10, 3, 3), []byte{1, 20, 0}))
	f.Fuzz(func(t *testing.T, file []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		defer func() {
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
				t.Errorf("%d bytes took %d MiB", len(file), took>>20)
			}
		}()
		next := Columns()(inMemory{Reader: bytes.NewReader(file)})
		for range 10000 {
			if _, err := next(); err != nil {
				return
			}
		}
	})
}
