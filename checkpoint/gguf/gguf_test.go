package gguf_test

import (
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	parser "github.com/gpustack/gguf-parser-go"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
)

func open(t *testing.T, path string) *gguf.File {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// files returns the GGUF files of the models' test data, and llama.cpp's
// vocabularies where they are on this machine.
func files(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testkit.Root(t), "models/*/testdata/*/*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	shared, err := filepath.Glob(filepath.Join(filepath.Dir(testkit.Root(t)), "shared/data/tokenizers/ggml-vocab/*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	return append(paths, shared...)
}

// TestAgainstParser holds every file to what another program reads in it.
func TestAgainstParser(t *testing.T) {
	paths := files(t)
	if len(paths) == 0 {
		t.Skip("no GGUF file is on this machine")
	}
	for _, path := range paths {
		want, err := parser.ParseGGUFFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := open(t, path)
		if len(f.Keys()) != len(want.Header.MetadataKV) || f.Len() != len(want.TensorInfos) {
			t.Errorf("%s: %d keys, %d tensors; want %d, %d", path, len(f.Keys()), f.Len(), len(want.Header.MetadataKV), len(want.TensorInfos))
		}
		for _, kv := range want.Header.MetadataKV {
			got, ok := f.KV(kv.Key)
			if diff := firstDifference(got, kv.Value); !ok || diff != "" {
				t.Errorf("%s: %s, a %T: %s", path, kv.Key, got, diff)
			}
		}
		for _, info := range want.TensorInfos {
			sameTensor(t, f, path, info, want.TensorDataStartOffset)
		}
	}
	t.Logf("%d files", len(paths))
}

func sameTensor(t *testing.T, f *gguf.File, path string, want parser.GGUFTensorInfo, start int64) {
	t.Helper()
	got, err := f.Tensor(want.Name)
	if err != nil {
		t.Error(err)
		return
	}
	shape := make([]int, want.NDimensions)
	for i, d := range want.Dimensions {
		shape[len(shape)-1-i] = int(d)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw := data[start+int64(want.Offset):][:want.Bytes()]
	if got.DType().String() != want.Type.String() || !slices.Equal(got.Shape(), shape) || !slices.Equal(got.Raw(), raw) {
		t.Errorf("%s: %s is %v %v, want %v %v", path, want.Name, got.DType(), got.Shape(), want.Type, shape)
	}
}

// firstDifference compares a value with one of the other program's, which has
// arrays as a struct of any, and says where they differ; "" if they do not.
func firstDifference(got, want any) string {
	array, ok := want.(parser.GGUFMetadataKVArrayValue)
	if !ok {
		if !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("%.80v, not %.80v", got, want)
		}
		return ""
	}
	v := reflect.ValueOf(got)
	if v.Kind() != reflect.Slice || v.Len() != len(array.Array) {
		return fmt.Sprintf("an array of %d", len(array.Array))
	}
	for i, x := range array.Array {
		y := v.Index(i).Interface()
		if text, ok := y.(string); ok {
			y = strings.TrimSpace(text) // as the other program gives it
		}
		if !reflect.DeepEqual(x, y) {
			return fmt.Sprintf("%d is %#v, not %#v", i, y, x)
		}
	}
	return ""
}

// TestBlocks decodes blocks of every form to what gguf-py makes of them.
func TestBlocks(t *testing.T) {
	golden, err := safetensors.Open("testdata/quant.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = golden.Close() })
	seen := 0
	for _, name := range golden.Names() {
		form, ok := strings.CutSuffix(name, ".blocks")
		d, known := tensor.ParseDType(form)
		if !ok || !known { // IQ4_XS is not read
			continue
		}
		seen++
		blocks, want := get(t, golden, name), get(t, golden, form+".values")
		values, bytes := d.Block()
		x, err := tensor.Stored(d, blocks.Raw(), len(blocks.Raw())/bytes*values)
		if err != nil {
			t.Fatal(err)
		}
		sameBits(t, name, x.Dense().Data(), want.Dense().Data())
		if _, ok := golden.Info(form + ".quantized"); ok {
			raw := get(t, golden, form+".quantized").Raw()
			got := make([]byte, len(raw))
			kernel.Quantize(kernel.Format(d), got, get(t, golden, form+".source").Dense().Data())
			if !slices.Equal(got, raw) {
				t.Errorf("%s: numbers become other blocks", form)
			}
		}
	}
	if seen < 13 {
		t.Errorf("only %d forms", seen)
	}
}

func get(t *testing.T, f *safetensors.File, name string) *tensor.Tensor {
	t.Helper()
	x, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func sameBits(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	for i := range want {
		nan := math.IsNaN(float64(got[i])) && math.IsNaN(float64(want[i]))
		if !nan && math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: value %d is %g, want %g", name, i, got[i], want[i])
		}
	}
}

// joined writes texts and their numbers one behind the other.
func joined(n int, all iter.Seq2[int, []byte], ok bool) (s string, _ bool) {
	if ok {
		for i, text := range all {
			s += fmt.Sprint(i, string(text), " ")
		}
		s += fmt.Sprint(n)
	}
	return s, ok
}

func TestMetadata(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	kvs := []gguf.KV{
		{Key: "u8", Value: uint8(200)}, {Key: "i64", Value: int64(-3)}, {Key: "huge", Value: uint64(math.MaxUint64)},
		{Key: "f32", Value: float32(0.5)}, {Key: "f64", Value: 0.25}, {Key: "text", Value: "t"}, {Key: "yes", Value: true},
		{Key: "u8s", Value: []uint8{7, 255}}, {Key: "u32s", Value: []uint32{1, math.MaxInt32}}, {Key: "over", Value: []uint32{math.MaxUint32}},
		{Key: "i64s", Value: []int64{-1}}, {Key: "under", Value: []int64{math.MinInt64}}, {Key: "f64s", Value: []float64{0.5}}, {Key: "texts", Value: []string{"a"}},
	}
	if err := gguf.Write(path, kvs, nil, 32); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	type answer struct {
		v  any
		ok bool
	}
	pack := func(v any, ok bool) answer { return answer{v, ok} }
	for name, c := range map[string]struct{ got, want answer }{
		"Int u8":       {pack(f.Int("u8")), answer{200, true}},
		"Int i64":      {pack(f.Int("i64")), answer{-3, true}},
		"Int huge":     {pack(f.Int("huge")), answer{-1, false}},
		"Int f32":      {pack(f.Int("f32")), answer{0, false}},
		"Int absent":   {pack(f.Int("absent")), answer{0, false}},
		"Int array":    {pack(f.Int("u8s")), answer{0, false}},
		"Float f32":    {pack(f.Float("f32")), answer{0.5, true}},
		"Float f64":    {pack(f.Float("f64")), answer{0.25, true}},
		"Float u8":     {pack(f.Float("u8")), answer{200.0, true}},
		"Float text":   {pack(f.Float("text")), answer{0.0, false}},
		"String":       {pack(f.String("text")), answer{"t", true}},
		"String array": {pack(f.String("texts")), answer{"", false}},
		"Strings":      {pack(f.Strings("texts")), answer{[]string{"a"}, true}},
		"Strings one":  {pack(f.Strings("text")), answer{[]string(nil), false}},
		"Texts":        {pack(joined(f.Texts("texts"))), answer{"0a 1", true}},
		"Texts one":    {pack(joined(f.Texts("text"))), answer{"", false}},
		"Bool":         {pack(f.Bool("yes")), answer{true, true}},
		"Bool text":    {pack(f.Bool("text")), answer{false, false}},
		"Bytes":        {pack(f.Bytes("u8s")), answer{[]byte{7, 255}, true}},
		"Bytes i64s":   {pack(f.Bytes("i64s")), answer{[]byte(nil), false}},
		"Ints u8s":     {pack(f.Ints("u8s")), answer{[]int32{7, 255}, true}},
		"Ints u32s":    {pack(f.Ints("u32s")), answer{[]int32{1, math.MaxInt32}, true}},
		"Ints over":    {pack(f.Ints("over")), answer{[]int32(nil), false}},
		"Ints i64s":    {pack(f.Ints("i64s")), answer{[]int32{-1}, true}},
		"Ints under":   {pack(f.Ints("under")), answer{[]int32(nil), false}},
		"Floats f64s":  {pack(f.Floats("f64s")), answer{[]float32{0.5}, true}},
		"Floats u8s":   {pack(f.Floats("u8s")), answer{[]float32(nil), false}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

// Version 2 is laid out as version 3, which only added big-endian files.
func TestVersion2(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	if err := gguf.Write(path, []gguf.KV{{Key: "k", Value: "v"}}, nil, 32); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[4] = 2
	f, err := gguf.Parse("x", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := f.String("k"); !ok || v != "v" {
		t.Errorf("k is %q", v)
	}
}

// A GGUF file's metadata is what package tokenizer reads a vocabulary from.
var _ tokenizer.Metadata = (*gguf.File)(nil)

// writeParts writes a model of n tensors in as many files, as llama.cpp splits it.
func writeParts(t *testing.T, dir string, n int, edit func(no int, kvs []gguf.KV) []gguf.KV) []string {
	t.Helper()
	var paths []string
	for no := range n {
		kvs := []gguf.KV{{Key: "split.no", Value: uint16(no)}, {Key: "split.count", Value: uint16(n)}, {Key: "split.tensors.count", Value: int32(n)}}
		if no == 0 {
			kvs = append(kvs, gguf.KV{Key: "general.architecture", Value: "llama"})
		}
		name := string(rune('a' + no))
		x := entry.FromBytes(name, entry.Info{DType: tensor.I8, Shape: []int{1}}, []byte{byte(no)})
		path := filepath.Join(dir, "m-0000"+string(rune('1'+no))+"-of-0000"+string(rune('0'+n))+".gguf")
		if err := gguf.Write(path, edit(no, kvs), []entry.Tensor{x}, 32); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestSplits(t *testing.T) {
	same := func(_ int, kvs []gguf.KV) []gguf.KV { return kvs }
	for _, path := range writeParts(t, t.TempDir(), 3, same) { // from whichever part
		f := open(t, path)
		if !slices.Equal(f.Names(), []string{"a", "b", "c"}) {
			t.Errorf("names are %q", f.Names())
		}
		if arch, _ := f.String("general.architecture"); arch != "llama" {
			t.Error("the metadata is not that of the first file")
		}
		x, err := f.Tensor("c")
		if err != nil || x.Raw()[0] != 2 {
			t.Errorf("the last file's tensor: %v", err)
		}
	}
}

func TestSplitsAreChecked(t *testing.T) {
	change := func(at int, key string, v any) func(int, []gguf.KV) []gguf.KV {
		return func(no int, kvs []gguf.KV) []gguf.KV {
			for i := range kvs {
				if no == at && kvs[i].Key == key {
					kvs[i].Value = v
				}
			}
			return kvs
		}
	}
	for name, c := range map[string]struct {
		edit func(int, []gguf.KV) []gguf.KV
		want string
	}{
		"another count":       {change(0, "split.count", uint16(2)), "split.count: 2, but the file is not named"},
		"a count of millions": {change(0, "split.count", uint32(1<<30)), "split.count: it is not"},
		"a text":              {change(0, "split.count", "3"), "split.count: it is not"},
		"another number":      {change(0, "split.no", uint16(1)), "split.no"},
		"a part that is not":  {change(1, "split.no", uint16(2)), "split.no and split.count: 2 of 3"},
		"other tensors":       {change(0, "split.tensors.count", int32(9)), "split.tensors.count: 9"},
	} {
		t.Run(name, func(t *testing.T) {
			path := writeParts(t, t.TempDir(), 3, c.edit)[0]
			if f, err := gguf.Open(path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v", f, err)
			}
		})
	}
	same := func(_ int, kvs []gguf.KV) []gguf.KV { return kvs }
	paths := writeParts(t, t.TempDir(), 2, same)
	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := gguf.Open(paths[0]); err == nil || !strings.Contains(err.Error(), "m-00002-of-00002.gguf") {
		t.Errorf("a part is missing: %v", err)
	}
}
