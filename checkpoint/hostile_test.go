package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/checkpoint/llama2c"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/checkpoint/torch"
	"github.com/nlp-zoo/zoo/internal/testkit"
)

// hostile is a file that must be refused with words that name what is wrong.
type hostile struct {
	name string
	data []byte
	want string
}

// refuse holds a parser to the hostile files: an error that names file and
// field, within a second and 64 MiB.
func refuse(t *testing.T, format string, files []hostile, parse func(name string, data []byte) (Source, error)) {
	for _, h := range files {
		t.Run(h.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			src, err := parse("dir/FILE", h.data)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatalf("it is taken, with %d tensors", len(src.Names()))
			}
			if text := err.Error(); !strings.HasPrefix(text, format+": dir/FILE: ") || !strings.Contains(text, h.want) || len(text) > 500 {
				t.Errorf("the error of %d bytes does not say %q: %.500v", len(text), h.want, err)
			}
			if took > time.Second && !testkit.Race {
				t.Errorf("it took %v", took)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
				t.Errorf("it took %d MiB", n>>20)
			}
		})
	}
}

func parseSafe(name string, data []byte) (Source, error) {
	return orNil(safetensors.Parse(name, data, nil))
}
func parseGGUF(name string, data []byte) (Source, error)  { return orNil(gguf.Parse(name, data, nil)) }
func parseTorch(name string, data []byte) (Source, error) { return orNil(torch.Parse(name, data, nil)) }
func parseLlama2C(name string, data []byte) (Source, error) {
	return orNil(llama2c.Parse(name, data, nil))
}

// one is the header of a file with one tensor of 4 bytes.
const one = `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`

func oneWith(old, by string) []byte { return safe(strings.Replace(one, old, by, 1), 4) }

func TestHostileSafetensors(t *testing.T) {
	many := []byte(`{"x":[`)
	many = append(append(many, bytes.Repeat([]byte(`{},`), 1<<20)...), `{}]}`...)
	var names strings.Builder
	for i := range 1 << 17 {
		fmt.Fprintf(&names, `"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},`, i)
	}
	var meta strings.Builder
	for i := range 1 << 19 {
		fmt.Fprintf(&meta, `"%d":"",`, i)
	}
	refuse(t, "safetensors", []hostile{
		{"empty", nil, "header: 0 bytes"},
		{"cut in the length", []byte{1, 0, 0}, "header: 3 bytes"},
		{"header of 2^64-1", cat(uint64(math.MaxUint64), "{}"), "header: length"},
		{"header over the limit", cat(uint64(100<<20+1), "{}"), "over"},
		{"header past the end", cat(uint64(3), "{}"), "only 2 bytes follow"},
		{"header of nothing", cat(uint64(0), "{}"), "{"},
		{"header is an array", safe("[]", 0), "start with {"},
		{"header not JSON", safe("{,}", 0), "header: JSON"},
		{"header cut", safe(one[:20], 4), "tensor a: JSON"},
		{"text after the header", safe(one+"x", 4), "after the value"},
		{"two values", safe("{}{}", 0), "after the value"},
		{"tensor a number", safe(`{"a":3}`, 4), "tensor a: JSON"},
		{"duplicate tensor", safe(strings.TrimSuffix(one, "}")+","+one[1:], 4), "tensor a: it is there twice"},
		{"duplicate escaped", safe(strings.TrimSuffix(one, "}")+","+strings.Replace(one[1:], `"a"`, `"\u0061"`, 1), 4), "tensor a: it is there twice"},
		{"duplicate dtype", oneWith(`"dtype":"F32"`, `"dtype":"F32","dtype":"F16"`), "dtype is there twice"},
		{"duplicate shape", oneWith(`"shape":[1]`, `"shape":[1],"shape":[1]`), "shape is there twice"},
		{"duplicate offsets", oneWith(`[0,4]`, `[0,4],"data_offsets":[0,4]`), "data_offsets is there twice"},
		{"missing dtype", oneWith(`"dtype":"F32",`, ``), "tensor a: dtype is missing"},
		{"missing shape", oneWith(`"shape":[1],`, ``), "tensor a: shape is missing"},
		{"missing offsets", oneWith(`,"data_offsets":[0,4]`, ``), "tensor a: data_offsets is missing"},
		{"unknown dtype", oneWith(`F32`, `F99`), "dtype: F99"},
		{"GGUF's dtype", oneWith(`F32`, `Q8_0`), "dtype: Q8_0"},
		{"negative shape", oneWith(`[1]`, `[-1]`), "whole number"},
		{"fractional shape", oneWith(`[1]`, `[1.0]`), "whole number"},
		{"shape too long", oneWith(`[1]`, `[1,1,1,1,1,1,1,1,1]`), "axes"},
		{"shape overflows", oneWith(`[1]`, `[4294967296,4294967296]`), "too large"},
		{"shape wraps to 1", oneWith(`[1]`, `[4611686018427387905,4]`), "whole number"},
		{"shape larger than the bytes", oneWith(`[1]`, `[2]`), "is 8 bytes, not 4"},
		{"shape smaller than the bytes", oneWith(`[1]`, `[0]`), "is 0 bytes, not 4"},
		{"offsets reversed", oneWith(`[0,4]`, `[4,0]`), "data_offsets: [4, 0]"},
		{"offsets past the end", oneWith(`[0,4]`, `[4,8]`), "data_offsets: [4, 8]"},
		{"offsets of 2^63", oneWith(`[0,4]`, `[0,9223372036854775808]`), "whole number"},
		{"one offset", oneWith(`[0,4]`, `[0]`), "fewer than two"},
		{"three offsets", oneWith(`[0,4]`, `[0,4,4]`), "more than two"},
		{"hole before", safe(strings.Replace(one, "[0,4]", "[4,8]", 1), 8), "hole of 4 bytes"},
		{"bytes after", safe(one, 5), "1 bytes at its end"},
		{"overlap", safe(strings.TrimSuffix(one, "}")+`,"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}`, 5), "tensor b: data_offsets: it overlaps"},
		{"same bytes twice", safe(strings.TrimSuffix(one, "}")+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "overlaps"},
		{"name not UTF-8", oneWith(`"a"`, "\"\xff\""), "not UTF-8"},
		{"control character", oneWith(`"a"`, "\"\n\""), "control character"},
		{"metadata a list", safe(`{"__metadata__":[]}`, 0), "header: JSON"},
		{"metadata of numbers", safe(`{"__metadata__":{"a":1}}`, 0), "header: JSON"},
		{"metadata twice", safe(`{"__metadata__":{},"__metadata__":{}}`, 0), "__metadata__ is there twice"},
		{"metadata key twice", safe(`{"__metadata__":{"k":"a","k":"b"}}`, 0), "k is there twice"},
		{"metadata too large", safe(`{"__metadata__":{`+strings.TrimSuffix(meta.String(), ",")+`}}`, 0), "larger than"},
		{"nested", oneWith(`[0,4]`, `[0,4],"x":`+strings.Repeat("[", 1<<20)), "nested deeper"},
		{"too many tensors", safe("{"+strings.TrimSuffix(names.String(), ",")+"}", 0), "more than 65536 tensors"},
		{"a million ignored values", safe(`{"a":`+string(many)+`}`, 0), "dtype is missing"},
		{"a name of 20 MiB", safe(`{"`+strings.Repeat("n", 20<<20)+`":{}}`, 0), "dtype is missing"},
	}, parseSafe)
}

func TestHostileGGUF(t *testing.T) {
	good := info("a", 0, 0, 1)
	keys := func(k ...[]byte) []byte { return ggufFile(k, nil, 0) }
	tensors := func(data int, i ...[]byte) []byte { return ggufFile(nil, i, data) }
	counts := func(tensors, keys uint64) []byte {
		return cat("GGUF", uint32(3), tensors, keys, make([]byte, 100))
	}
	manyKeys := cat("GGUF", uint32(3), uint64(0), uint64(1<<16+1), bytes.Repeat(key("k", 0, uint8(1)), 1<<17))
	sameKeys := cat("GGUF", uint32(3), uint64(0), uint64(1<<16), bytes.Repeat(key("k", 0, uint8(1)), 1<<16))
	var longKeys [][]byte
	for i := range 32 {
		longKeys = append(longKeys, key(fmt.Sprint(i)+strings.Repeat("k", 1<<20), 0, uint8(1)))
	}
	refuse(t, "gguf", []hostile{
		{"empty", nil, "header"},
		{"magic only", []byte("GGUF"), "header"},
		{"other magic", cat("GGUX", make([]byte, 20)), "header"},
		{"version 1", patch(keys(), 4, uint32(1)), "version: 1"},
		{"version 4", patch(keys(), 4, uint32(4)), "version: 4"},
		{"big-endian", patch(keys(), 4, uint32(3<<24)), "big-endian"},
		{"2^64-1 tensors", counts(math.MaxUint64, 0), "tensor count"},
		{"2^30 tensors", counts(1<<30, 0), "tensor count"},
		{"more tensors than bytes", counts(5, 0), "tensor count: 5"},
		{"2^64-1 keys", counts(0, math.MaxUint64), "key count"},
		{"2^32 keys", counts(0, 1<<32), "key count"},
		{"more keys than bytes", counts(0, 8), "key count: 8"},
		{"too many keys", manyKeys, "key count: 65537"},
		{"a key 65536 times", sameKeys, "key k: it is there twice"},
		{"keys too long", keys(longKeys...), "together"},
		{"key of 2^64-1 bytes", cat("GGUF", uint32(3), uint64(0), uint64(1), uint64(math.MaxUint64), make([]byte, 20)), "key 0: a string of"},
		{"key past the end", cat("GGUF", uint32(3), uint64(0), uint64(1), uint64(100), make([]byte, 20)), "key 0: 100 bytes are needed"},
		{"key not UTF-8", keys(key("\xff", 0, uint8(1))), "not UTF-8"},
		{"key twice", keys(key("k", 0, uint8(1)), key("k", 0, uint8(1))), "key k: it is there twice"},
		{"unknown type", keys(key("k", 13, uint8(1))), "key k: there is no type 13"},
		{"type of 2^32-1", keys(key("k", math.MaxUint32, uint8(1))), "there is no type"},
		{"value cut", cat("GGUF", uint32(3), uint64(0), uint64(1), key("key", 10, uint32(1))), "key key: 8 bytes are needed"},
		{"no truth value", keys(key("k", 7, uint8(2))), "2 is no truth value"},
		{"string of 2^63 bytes", keys(key("k", 8, uint64(1<<63))), "key k: a string of"},
		{"string over 16 MiB", keys(key("k", 8, uint64(16<<20+1), make([]byte, 16<<20+1))), "is over"},
		{"string past the end", keys(key("k", 8, uint64(1<<20))), "are left"},
		{"array of arrays", keys(key("k", 9, uint32(9), uint64(1), uint32(9), uint64(1))), "array of arrays"},
		{"array of an unknown type", keys(key("k", 9, uint32(99), uint64(0))), "the type 99"},
		{"array of 2^64-1", keys(key("k", 9, uint32(0), uint64(math.MaxUint64))), "an array of 18446744073709551615"},
		{"array that wraps", keys(key("k", 9, uint32(10), uint64(1<<61))), "an array of"},
		{"array of strings past the end", keys(key("k", 9, uint32(8), uint64(1<<40))), "an array of"},
		{"string in an array too long", keys(key("k", 9, uint32(8), uint64(1), uint64(1<<40))), "key k: a string of"},
		{"alignment 0", ggufFile(list(key("general.alignment", 4, uint32(0))), list(good), 4), "general.alignment"},
		{"alignment 3", ggufFile(list(key("general.alignment", 4, uint32(3))), list(good), 4), "general.alignment"},
		{"alignment of 2^31", ggufFile(list(key("general.alignment", 4, uint32(1<<31))), list(good), 4), "general.alignment"},
		{"alignment a text", ggufFile(list(key("general.alignment", 8, text("32"))), list(good), 4), "general.alignment"},
		{"alignment negative", ggufFile(list(key("general.alignment", 5, int32(-32))), list(good), 4), "general.alignment"},
		{"five axes", tensors(4, info("a", 0, 0, 1, 1, 1, 1, 1)), "tensor a: 5 axes"},
		{"2^32-1 axes", cat("GGUF", uint32(3), uint64(1), uint64(0), text("a"), uint32(math.MaxUint32), make([]byte, 50)), "tensor a: 4294967295 axes"},
		{"axis of 2^64-1", tensors(4, info("a", 0, 0, math.MaxUint64)), "too large"},
		{"axes overflow", tensors(4, info("a", 0, 0, 1<<32, 1<<32)), "too large"},
		{"axes wrap to 4 bytes", tensors(4, info("a", 0, 0, 1<<62+1)), "too large"},
		{"part of a block", tensors(34, info("a", 8, 0, 31)), "multiple"},
		{"unknown form", tensors(4, info("a", 99, 0, 1)), "type: there is no type 99"},
		{"unsupported form", tensors(4, info("a", 16, 0, 256)), "IQ2_XXS is not supported"},
		{"removed form", tensors(4, info("a", 4, 0, 32)), "there is no type 4"},
		{"offset not aligned", tensors(40, info("a", 0, 4, 1)), "offset: 4 is not a multiple of 32"},
		{"offset past the end", tensors(4, info("a", 0, 32, 1)), "tensor a: offset"},
		{"offset of 2^64-32", tensors(4, info("a", 0, math.MaxUint64-31, 8)), "offset"},
		{"offset that wraps", tensors(4, info("a", 0, 1<<63-32, 8)), "offset"},
		{"bytes past the end", tensors(4, info("a", 0, 0, 2)), "not within the 4 bytes"},
		{"overlap", tensors(80, info("a", 0, 0, 16), info("b", 0, 32, 8)), "tensor b: offset: it overlaps"},
		{"same bytes twice", tensors(4, good, info("b", 0, 0, 1)), "overlaps"},
		{"tensor twice", tensors(36, good, info("a", 0, 32, 1)), "tensor a: it is there twice"},
		{"name too long", tensors(4, info(strings.Repeat("n", 300), 0, 0, 1)), "name of tensor 0"},
		{"name not UTF-8", tensors(4, info("\xff", 0, 0, 1)), "not UTF-8"},
		{"tensors cut", cat("GGUF", uint32(3), uint64(1), uint64(0), text("abcdefgh"), uint32(1), uint64(1)), "tensor abcdefgh: "},
	}, parseGGUF)
}

// archiveWith returns a valid archive in which the directory's entry of data.pkl
// has other bytes at a place.
func archiveWith(t *testing.T, at int, by any) []byte {
	data := validTorch(t)
	return patch(data, bytes.Index(data, []byte("PK\x01\x02"))+at, by)
}

// archiveEnd returns a valid archive with other bytes in the directory's end.
func archiveEnd(t *testing.T, at int, by any) []byte {
	data := validTorch(t)
	return patch(data, bytes.LastIndex(data, []byte("PK\x05\x06"))+at, by)
}

func TestHostileArchive(t *testing.T) {
	good := record{"archive/data.pkl", validPickle()}
	valid := validTorch(t)
	storage := record{"archive/data/0", make([]byte, 24)}
	refuse(t, "torch", []hostile{
		{"signature only", []byte("PK\x03\x04"), "zip: it has no directory"},
		{"cut", valid[:len(valid)-30], "zip: it has no directory"},
		{"no data.pkl", zipOf(t, zip.Store, storage), "there is no data.pkl"},
		{"two data.pkl", zipOf(t, zip.Store, good, record{"other/data.pkl", nil}), "two data.pkl"},
		{"TorchScript", zipOf(t, zip.Store, good, record{"archive/constants.pkl", nil}), "TorchScript"},
		{"big-endian", zipOf(t, zip.Store, good, storage, record{"archive/byteorder", []byte("big")}), "byteorder: big"},
		{"compressed", zipOf(t, zip.Deflate, good, storage), "compressed"},
		{"a bomb", zipOf(t, zip.Deflate, good, record{"archive/data/0", make([]byte, 32<<20)}), "compressed"},
		{"encrypted", archiveWith(t, 8, uint16(9)), "encrypted"},
		{"sizes that differ", archiveWith(t, 24, uint32(1<<30)), "compressed"},
		{"both sizes of 2^32-2", archiveWith(t, 20, uint64(0xfffffffefffffffe)), "not within"},
		{"64 bit sizes missing", archiveWith(t, 20, uint64(math.MaxUint64)), "not within"},
		{"entry past the end", archiveWith(t, 42, uint32(1<<31)), "no header of it"},
		{"entry elsewhere", archiveWith(t, 42, uint32(5)), "no header of it"},
		{"name past the directory", archiveWith(t, 28, uint16(65535)), "longer than the directory"},
		{"extra past its place", archiveWith(t, 30, uint16(65535)), "longer than the directory"},
		{"not an entry", archiveWith(t, 0, uint32(0)), "entry 0: the directory ends"},
		{"entry twice", zipOf(t, zip.Store, good, good, storage), "it is there twice"},
		{"65535 entries", archiveEnd(t, 10, uint16(65535)), "cannot hold 65535 entries"},
		{"directory past the end", archiveEnd(t, 16, uint32(1<<31)), "a directory of"},
		{"directory too long", archiveEnd(t, 12, uint32(1<<31)), "a directory of"},
		{"storage missing", zipOf(t, zip.Store, good), "storage 0: it is not in the archive"},
		{"storage too short", torchFile(t, validPickle(), 20), "storage 0: it has 20 bytes, not 24"},
		{"storage too long", torchFile(t, validPickle(), 28), "storage 0: it has 28 bytes, not 24"},
	}, parseTorch)
}

func TestHostilePickle(t *testing.T) {
	storage := storageOf("FloatStorage", "0", 6)
	with := func(tensor []byte) []byte { return dict(word("w"), tensor) }
	one := func(offset int, shape, stride []byte) []byte { return with(tensorOf(storage, offset, shape, stride)) }
	class := func(module, name string) []byte {
		return cat("\x80\x02c"+module+"\n"+name+"\n", "(", word("echo"), "tR.")
	}
	files := []hostile{
		{"empty", nil, "no pickle"},
		{"protocol 0", []byte("(dp0\n."), "protocol 0"},
		{"no end", []byte("\x80\x02}"), "does not end"},
		{"os.system", class("os", "system"), "class os.system is not allowed"},
		{"posix.system", class("posix", "system"), "class posix.system is not allowed"},
		{"builtins.eval", class("builtins", "eval"), "class builtins.eval is not allowed"},
		{"builtins.list", class("builtins", "list"), "class builtins.list is not allowed"},
		{"__builtin__.object", class("__builtin__", "object"), "is not allowed"},
		{"copy_reg._reconstructor", class("copy_reg", "_reconstructor"), "is not allowed"},
		{"array", class("array", "_array_reconstructor"), "is not allowed"},
		{"torch.load", class("torch", "load"), "class torch.load is not allowed"},
		{"torch.storage", class("torch.storage", "_load_from_bytes"), "is not allowed"},
		{"dotted name", class("torch", "_utils._rebuild_tensor_v2.__globals__"), "is not allowed"},
		{"class without end", cat("\x80\x02c", strings.Repeat("x", 1000)), "name of a class does not end"},
		{"class by strings", cat("\x80\x04", "\x8c\x02os\x8c\x06system\x93", ")R."), "class os.system is not allowed"},
		{"class by the memo", cat("\x80\x04", "\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93)R."), "is not allowed"},
		{"class by the memo's strings", cat("\x80\x04", "\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93)R."), "class os.system is not allowed"},
		{"class by half a name", cat("\x80\x04", "N\x8c\x06system\x93)R."), "not named by two strings"},
		{"class by other things", cat("\x80\x04", "\x8c\x05torch\x8c\x0cFloatStorageNN\x93)R."), "not named by two strings"},
		{"memo filled in two ways", cat("\x80\x04", "\x8c\x02os\x94q\x00."), "memo is filled in two ways"},
		{"bytes", cat("\x80\x03C\x01a."), "operation 0x43 is not allowed"},
		{"new object", cat("\x80\x02ccollections\nOrderedDict\n)\x81."), "operation 0x81"},
		{"instance", cat("\x80\x02(ios\nsystem\n."), "operation 0x69"},
		{"extension", cat("\x80\x02\x82\x01."), "operation 0x82"},
		{"last operation", cat("\x80\x02\xff."), "operation 0xff"},
		{"duplicate", cat("\x80\x02N2."), "operation 0x32"},
		{"string of 2^32-1", cat("\x80\x02X", uint32(math.MaxUint32), "a."), "bytes are needed"},
		{"string past the end", cat("\x80\x02X", uint32(1000), "a."), "1000 bytes are needed"},
		{"frame of 2^63", cat("\x80\x04\x95", uint64(1<<63), "N."), "a frame of"},
		{"frame past the end", cat("\x80\x04\x95", uint64(1000), "N."), "a frame of 1000"},
		{"long of nothing", cat("\x80\x02\x8a\x00."), "a number of 0 bytes"},
		{"long of 255 bytes", cat("\x80\x02\x8a\xff", make([]byte, 255), "."), "a number of 255 bytes"},
		{"marks", cat("\x80\x02", strings.Repeat("(", 1000), "."), "more than 64"},
		{"no mark", cat("\x80\x02t."), "no mark"},
		{"two things", cat("\x80\x02NN."), "other than one thing"},
		{"a mark left", cat("\x80\x02N(."), "other than one thing"},
		{"too high a stack", cat("\x80\x02", bytes.Repeat([]byte("N"), 5000), "t."), "more than 4096 things"},
		{"a stack of nothing", cat("\x80\x02."), "other than one thing"},
		{"a list from nothing", cat("\x80\x02(Ne."), "nothing below the mark"},
		{"key without value", cat("\x80\x02}(Nu."), "do not fit together"},
		{"call of a number", cat("\x80\x02K\x01)R."), "Callable"},
		{"half a million dicts", cat("\x80\x02]", bytes.Repeat([]byte("}a"), 1<<19), "."), "too large"},
		{"millions of marks", cat("\x80\x02", "]", bytes.Repeat([]byte("(ta"), 1<<20), "."), "too large"},
		{"millions of objects", cat("\x80\x02ccollections\nOrderedDict\nq\x00)q\x01]", bytes.Repeat([]byte("h\x00h\x01Ra"), 1<<20), "."), "too large"},
		{"millions of memos", cat("\x80\x02N", manyPuts(1<<20), "."), "too large"},
		{"as large as may be", cat("\x80\x02]", stacked("X\x00\x00\x00\x00", 360_000), "."), "no state dict"},
		{"a call of very much", cat("\x80\x02]", stacked("X\x00\x00\x00\x00", 360_000), ")R."), "no state dict"},
		{"9 MiB", cat("\x80\x02X", uint32(9<<20), make([]byte, 9<<20), "."), "are left"},
		{"not a dict", cat("\x80\x02K\x01."), "no state dict"},
		{"no tensor", dict(word("w"), number(1)), "holds no tensor"},
		{"itself", cat("\x80\x02}q\x00(", word("state_dict"), "h\x00u."), "holds no tensor"},
		{"tensor without a name", dict(number(1), tensorOf(storage, 0, tuple(6), tuple(1))), "has no name"},
		{"tensor twice", dict(word("w"), tensorOf(storage, 0, tuple(6), tuple(1)), word("w"), tensorOf(storage, 0, tuple(6), tuple(1))), "tensor w: it is there twice"},
		{"tensor of nothing", with([]byte("ctorch._utils\n_rebuild_tensor_v2\n)R")), "fewer than 4"},
		{"tensor of the wrong things", with([]byte("ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR")), "not made of a storage"},
		{"parameter of nothing", with([]byte("ctorch._utils\n_rebuild_parameter\n)R")), "not made of a tensor"},
		{"size of nothing", with([]byte("ctorch\nSize\n)R")), "one tuple"},
		{"negative offset", one(-1, tuple(1), tuple(1)), "not made of"},
		{"offset past the end", one(7, tuple(0), tuple(1)), "starts at 7"},
		{"offset of 2^63-1", one(math.MaxInt64, tuple(1), tuple(1)), "starts at"},
		{"negative shape", one(0, tuple(-2, -3), tuple(3, 1)), "not made of"},
		{"negative stride", one(5, tuple(6), tuple(-1)), "not made of"},
		{"more strides than axes", one(0, tuple(6), tuple(1, 1)), "not made of"},
		{"nine axes", one(0, tuple(1, 1, 1, 1, 1, 1, 1, 1, 1), tuple(1, 1, 1, 1, 1, 1, 1, 1, 1)), "not made of"},
		{"past the end", one(1, tuple(6), tuple(1)), "tensor w: its shape [6]"},
		{"stride past the end", one(0, tuple(2, 3), tuple(4, 1)), "tensor w: its shape"},
		{"shape that overflows", one(0, tuple(1<<40, 1<<40), tuple(0, 0)), "tensor w: its shape"},
		{"stride that overflows", one(0, tuple(3, 2), tuple(1<<62, 1)), "tensor w: its shape"},
		{"expanded", one(0, tuple(1<<40), tuple(0)), "tensor w: its shape"},
		{"storage of 2^62", with(tensorOf(storageOf("FloatStorage", "0", 1<<62), 0, tuple(1), tuple(1))), "no type, key or size"},
		{"storage of less than nothing", with(tensorOf(storageOf("FloatStorage", "0", -1), 0, tuple(1), tuple(1))), "no type, key or size"},
		{"storage twice", dict(word("w"), tensorOf(storage, 0, tuple(6), tuple(1)), word("v"), tensorOf(storageOf("HalfStorage", "0", 6), 0, tuple(6), tuple(1))), "described twice"},
		{"storage outside", with(tensorOf(storageOf("FloatStorage", "../data.pkl", 6), 0, tuple(6), tuple(1))), "not in the archive"},
		{"no storage", with([]byte("NQ")), "no storage"},
	}
	for i := range files {
		files[i].data = torchFile(t, files[i].data, 24)
	}
	refuse(t, "torch", files, parseTorch)
}

// stacked appends n things to a list, as many at a time as may be.
func stacked(thing string, n int) []byte {
	var b []byte
	for ; n > 0; n -= 4000 {
		b = cat(b, "(", strings.Repeat(thing, min(n, 4000)), "e")
	}
	return b
}

// manyPuts stores the top of the stack at n places of the memo.
func manyPuts(n uint32) []byte {
	var b []byte
	for i := range n {
		b = binary.LittleEndian.AppendUint32(append(b, 'r'), i)
	}
	return b
}

func TestHostileLegacy(t *testing.T) {
	pickle, keys := validPickle(), cat("\x80\x02](", word("0"), "e.")
	refuse(t, "torch", []hostile{
		{"magic only", []byte(legacyHead[:15]), "version"},
		{"other version", cat(legacyHead[:len(legacyHead)-2], "\x04."), "version"},
		{"no system", []byte(legacyHead), "system"},
		{"big-endian", cat(legacyHead, "\x80\x02}(X\r\x00\x00\x00little_endian\x89u.", pickle, keys), "big-endian"},
		{"no state dict", legacyFile(nil, nil), "state dict: pickle"},
		{"class", legacyFile([]byte("\x80\x02cos\nsystem\n."), keys), "class os.system is not allowed"},
		{"no keys", legacyFile(pickle, nil), "storage keys"},
		{"keys not a list", legacyFile(pickle, []byte("\x80\x02K\x01.")), "storage keys: they are not"},
		{"other keys", legacyFile(pickle, cat("\x80\x02](", word("1"), "e.")), "storage keys: 1 is unknown"},
		{"keys of numbers", legacyFile(pickle, []byte("\x80\x02](K\x01e.")), "is unknown"},
		{"no storage", legacyFile(pickle, keys), "storage 0: the file ends"},
		{"other count", legacyFile(pickle, keys, uint64(7), make([]byte, 28)), "storage 0: it has 7 numbers, not 6"},
		{"count of 2^64-1", legacyFile(pickle, keys, uint64(math.MaxUint64), make([]byte, 28)), "numbers, not 6"},
		{"storage cut", legacyFile(pickle, keys, uint64(6), make([]byte, 23)), "24 bytes are needed, 23 are left"},
		{"bytes after", legacyFile(pickle, keys, uint64(6), make([]byte, 25)), "1 bytes follow"},
	}, parseTorch)
}

func TestHostileLlama2C(t *testing.T) {
	refuse(t, "llama2c", []hostile{
		{"empty", nil, "header: 0 bytes"},
		{"cut", validLlama2C()[:27], "27 bytes"},
		{"later version", patch(validLlama2C(), 0, uint32(0x616b3432)), "versions after the first"},
		{"dim 0", llama2cFile(0, 16, 1, 2, 1, 10, 4), "dim: 0"},
		{"dim of 2^31-1", llama2cFile(math.MaxInt32, 16, 1, 2, 1, 10, 4), "dim: 2147483647"},
		{"hidden_dim -1", llama2cFile(8, -1, 1, 2, 1, 10, 4), "hidden_dim: -1"},
		{"n_layers 2^30", llama2cFile(8, 16, 1<<30, 2, 1, 10, 4), "n_layers"},
		{"n_heads 0", llama2cFile(8, 16, 1, 0, 1, 10, 4), "n_heads: 0"},
		{"n_heads 3", llama2cFile(8, 16, 1, 3, 1, 10, 4), "n_heads: 3 heads"},
		{"odd heads", llama2cFile(8, 16, 1, 8, 1, 10, 4), "into pairs"},
		{"n_kv_heads 0", llama2cFile(8, 16, 1, 2, 0, 10, 4), "n_kv_heads: 0"},
		{"n_kv_heads over n_heads", llama2cFile(8, 16, 1, 2, 3, 10, 4), "n_kv_heads: 3"},
		{"vocab_size 0", llama2cFile(8, 16, 1, 2, 1, 0, 4), "vocab_size: 0"},
		{"vocab_size -2^31", llama2cFile(8, 16, 1, 2, 1, math.MinInt32, 4), "vocab_size"},
		{"seq_len 0", llama2cFile(8, 16, 1, 2, 1, 10, 0), "seq_len: 0"},
		{"all the largest", llama2cFile(1<<16, 1<<18, 1<<10, 1<<10, 1<<10, 1<<22, 1<<22), "a file of"},
		{"too short", validLlama2C()[:1000], "this one has 1000"},
		{"too long", append(validLlama2C(), 0), "a file of"},
	}, parseLlama2C)
}

// TestTruncated cuts a valid file of each format at every length: no panic, and
// an error for each.
func TestTruncated(t *testing.T) {
	for name, c := range map[string]struct {
		data  []byte
		parse func(string, []byte) (Source, error)
	}{
		"safetensors": {validSafe(t), parseSafe}, "gguf": {validGGUF(t), parseGGUF}, "torch": {validTorch(t), parseTorch},
		"legacy": {validLegacy(), parseTorch}, "llama2c": {validLlama2C(), parseLlama2C},
	} {
		if _, err := c.parse(name, c.data); err != nil {
			t.Errorf("%s: the whole file: %v", name, err)
		}
		for n := range c.data {
			if name == "gguf" && n >= len(c.data)-20 {
				break // the padding at the end may be missing
			}
			if src, err := c.parse(name, c.data[:n]); err == nil {
				t.Errorf("%s: %d of %d bytes are taken, with %d tensors", name, n, len(c.data), len(src.Names()))
			}
		}
	}
}
