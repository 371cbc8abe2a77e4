package checkpoint

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// rewrite writes src again in its format, and holds the result to it.
func rewrite(t *testing.T, src Source, parse func(string, []byte) (Source, error), format string) {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch x := src.(type) {
	case *safetensors.File:
		err = safetensors.Encode(&b, x.Metadata(), Tensors(src))
	case *gguf.File:
		var kvs []gguf.KV
		for _, k := range x.Keys() {
			v, _ := x.KV(k)
			if k != "general.alignment" && k != "" {
				kvs = append(kvs, gguf.KV{Key: k, Value: v})
			}
		}
		err = gguf.Encode(&b, kvs, Tensors(src), 64)
	}
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	again, err := parse("again", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, again, src)
}

// sourceOf returns a source of float32 tensors 0, 1, 2 …, from names and shapes
// in turn.
func sourceOf(parts ...any) *shards {
	s := &shards{Table: entry.NewTable(where("memory"))}
	for i := 0; i < len(parts); i += 2 {
		shape := parts[i+1].([]int)
		x := tensor.Zeros(shape...)
		for j := range x.Data() {
			x.Data()[j] = float32(100*i + j)
		}
		if err := s.Add(parts[i].(string), Info{DType: tensor.F32, Shape: shape}, entry.Floats(x)); err != nil {
			panic(err)
		}
	}
	return s
}

func TestWriteSafetensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	x := tensor.Zeros(300, 700) // longer than what is converted at a time
	for i := range x.Data() {
		x.Data()[i] = float32(i) / 3
	}
	meta := map[string]string{"format": "pt", "quote\"": "line\nend"}
	empty := entry.FromBytes("empty", Info{DType: tensor.I64, Shape: []int{0, 4}}, nil)
	scalar := entry.FromBytes("scalar", Info{DType: tensor.U8}, []byte{9})
	if err := safetensors.Write(path, meta, []Tensor{scalar, NewTensor("né", x), empty}); err != nil {
		t.Fatal(err)
	}
	src := open(t, path)
	if names := src.Names(); !slices.Equal(names, []string{"empty", "né", "scalar"}) {
		t.Errorf("names are %q", names)
	}
	got, err := src.Tensor("né")
	if err != nil || !slices.Equal(got.Dense().Data(), x.Data()) || !slices.Equal(got.Shape(), x.Shape()) {
		t.Errorf("values differ, %v", err)
	}
	if f := src.(*safetensors.File); !reflect.DeepEqual(f.Metadata(), meta) {
		t.Errorf("metadata is %q", f.Metadata())
	}
	if one, err := src.Tensor("scalar"); err != nil || one.Len() != 1 || one.Dense().Data()[0] != 9 {
		t.Errorf("scalar: %v", err)
	}
}

func TestWriteGGUF(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	kvs := []gguf.KV{
		{Key: "u8", Value: uint8(200)}, {Key: "i8", Value: int8(-5)}, {Key: "u16", Value: uint16(60000)}, {Key: "i16", Value: int16(-300)},
		{Key: "u32", Value: uint32(4e9)}, {Key: "i32", Value: int32(-7)}, {Key: "u64", Value: uint64(1 << 63)}, {Key: "i64", Value: int64(-1 << 62)},
		{Key: "f32", Value: float32(0.1)}, {Key: "f64", Value: 0.1}, {Key: "yes", Value: true}, {Key: "text", Value: "é\x00"},
		{Key: "u8s", Value: []uint8{1, 2}}, {Key: "i8s", Value: []int8{-1, 2}}, {Key: "u16s", Value: []uint16{1}}, {Key: "i16s", Value: []int16{-1}},
		{Key: "u32s", Value: []uint32{4e9}}, {Key: "i32s", Value: []int32{-1, 5}}, {Key: "u64s", Value: []uint64{1 << 63}}, {Key: "i64s", Value: []int64{-9}},
		{Key: "f32s", Value: []float32{1.5}}, {Key: "f64s", Value: []float64{2.5}}, {Key: "bools", Value: []bool{true, false}}, {Key: "texts", Value: []string{"a", ""}},
		{Key: "none", Value: []string{}},
	}
	tensors := []Tensor{
		entry.FromBytes("q", Info{DType: tensor.Q4_K, Shape: []int{3, 256}}, bytes.Repeat([]byte{1}, 432)),
		entry.FromBytes("b", Info{DType: tensor.F32, Shape: []int{5}}, bytes.Repeat([]byte{2}, 20)),
		entry.FromBytes("h", Info{DType: tensor.F16, Shape: []int{2, 3, 4}}, bytes.Repeat([]byte{3}, 48)),
	}
	for _, align := range []int{32, 8, 256} {
		if err := gguf.Write(path, kvs, tensors, align); err != nil {
			t.Fatal(err)
		}
		f := open(t, path).(*gguf.File)
		for _, kv := range kvs {
			if v, ok := f.KV(kv.Key); !ok || !reflect.DeepEqual(v, kv.Value) {
				t.Errorf("%s is %v, want %v", kv.Key, v, kv.Value)
			}
		}
		for _, want := range tensors {
			var b bytes.Buffer
			_ = want.Write(&b)
			got, err := f.Tensor(want.Name)
			if err != nil || got.DType() != want.DType || !slices.Equal(got.Shape(), want.Shape) || !bytes.Equal(got.Raw(), b.Bytes()) {
				t.Errorf("%s differs: %v", want.Name, err)
			}
		}
	}
}

// What cannot be written is told, and leaves no file.
func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	f32 := func(name string, given int, shape ...int) Tensor {
		return entry.FromBytes(name, Info{DType: tensor.F32, Shape: shape}, make([]byte, given))
	}
	q8 := entry.FromBytes("q", Info{DType: tensor.Q8_0, Shape: []int{32}}, make([]byte, 34))
	broken := Tensor{Name: "a", Info: Info{Shape: []int{1}}, Write: func(io.Writer) error { return io.ErrUnexpectedEOF }}
	for name, err := range map[string]error{
		"too few bytes":    safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 4, 2)}),
		"too many bytes":   safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 12, 2)}),
		"a name twice":     safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 4, 1), f32("a", 4, 1)}),
		"the other's name": safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("__metadata__", 4, 1)}),
		"a block format":   safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{q8}),
		"negative":         safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 4, -1)}),
		"no values":        safetensors.Write(filepath.Join(dir, "x"), nil, []Tensor{broken}),
		"gguf bytes":       gguf.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 4, 2)}, 32),
		"gguf name":        gguf.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 4, 1), f32("a", 4, 1)}, 32),
		"gguf axes":        gguf.Write(filepath.Join(dir, "x"), nil, []Tensor{f32("a", 4, 1, 1, 1, 1, 1)}, 32),
		"gguf alignment":   gguf.Write(filepath.Join(dir, "x"), nil, nil, 33),
		"gguf key twice":   gguf.Write(filepath.Join(dir, "x"), []gguf.KV{{Key: "a", Value: "b"}, {Key: "a", Value: "b"}}, nil, 32),
		"gguf value":       gguf.Write(filepath.Join(dir, "x"), []gguf.KV{{Key: "a", Value: struct{}{}}}, nil, 32),
		"gguf bool":        gguf.Write(filepath.Join(dir, "x"), nil, []Tensor{entry.FromBytes("b", Info{DType: tensor.Bool, Shape: []int{1}}, []byte{1})}, 32),
	} {
		if err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("%d files are left", len(files))
	}
}

// TestWriteFails stops the disk at every byte: the error is told, never swallowed.
func TestWriteFails(t *testing.T) {
	tensors := Tensors(sourceOf("a", []int{3, 5}, "b", []int{7}))
	for name, encode := range map[string]func(io.Writer) error{
		"safetensors": func(w io.Writer) error { return safetensors.Encode(w, map[string]string{"k": "v"}, tensors) },
		"gguf": func(w io.Writer) error {
			return gguf.Encode(w, []gguf.KV{{Key: "k", Value: []string{"v"}}}, tensors, 32)
		},
	} {
		var whole bytes.Buffer
		if err := encode(&whole); err != nil {
			t.Fatal(err)
		}
		for n := range whole.Len() {
			if err := encode(&failing{n}); !errors.Is(err, io.ErrShortWrite) {
				t.Fatalf("%s: the disk is full after %d of %d bytes: %v", name, n, whole.Len(), err)
			}
		}
	}
}

// A file that is there stays as it was when another cannot take its place.
func TestWriteKeepsPrevious(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := safetensors.Write(path, nil, Tensors(sourceOf("a", []int{2}))); err != nil {
		t.Fatal(err)
	}
	bad := Tensor{Name: "b", Info: Info{Shape: []int{1 << 20}}, Write: func(w io.Writer) error {
		_, err := w.Write(make([]byte, 3<<20))
		return errors.Join(err, io.ErrUnexpectedEOF)
	}}
	if err := safetensors.Write(path, nil, []Tensor{bad}); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
	if names := open(t, path).Names(); !slices.Equal(names, []string{"a"}) {
		t.Errorf("the file holds %q", names)
	}
}
