package checkpoint

import (
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/llama2c"
	"github.com/nlp-zoo/zoo/tensor"
)

// read reads all that a source has, as a model would.
func readAll(t *testing.T, src Source) {
	for _, name := range src.Names() {
		info, ok := src.Info(name)
		x, err := src.Tensor(name)
		if !ok || err != nil {
			t.Fatalf("tensor %q is listed, but: %v", name, err)
		}
		need, err := tensor.StoredSize(info.DType, info.Shape...)
		if err != nil || len(x.Raw()) != need {
			t.Fatalf("tensor %q has %d bytes, not %d: %v", name, len(x.Raw()), need, err)
		}
		x.Dense()
	}
}

func FuzzSafetensors(f *testing.F) {
	f.Add(validSafe(f))
	f.Add(safe(one, 4))
	f.Add(safe(`{"__metadata__":{"a":"b"}}`, 0))
	f.Add(safe(`{"é":{"shape":[],"dtype":"F64","data_offsets":[0,8],"x":[null,{"y":1e3}]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		if src, err := parseSafe("f", data); err == nil {
			readAll(t, src)
			rewrite(t, src, parseSafe, "safetensors")
		}
	})
}

func FuzzGGUF(f *testing.F) {
	f.Add(validGGUF(f))
	f.Add(ggufFile(list(key("general.alignment", 4, uint32(64))), list(info("a", 0, 0, 1)), 68))
	f.Add(ggufFile(list(key("a", 9, uint32(9), uint64(0))), nil, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		src, err := parseGGUF("f", data)
		if err != nil {
			return
		}
		readAll(t, src)
		meta := src.(Metadata)
		for _, k := range meta.Keys() {
			if _, ok := meta.KV(k); !ok {
				t.Errorf("key %q is listed, but not there", k)
			}
			meta.Int(k)
			meta.Ints(k)
			meta.Float(k)
			meta.Floats(k)
			meta.Strings(k)
			meta.Bytes(k)
		}
		rewrite(t, src, parseGGUF, "gguf")
	})
}

func FuzzTorch(f *testing.F) {
	f.Add(validTorch(f))
	f.Add(validLegacy())
	f.Add(legacyFile(dict(word("state_dict"), validPickle()[2:len(validPickle())-1]), cat("\x80\x02](", word("0"), "e."), uint64(6), make([]byte, 24)))
	f.Add(cat(legacyHead, "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94\x8c\x05torch\x94\x8c\x04Size\x94\x93u."))
	f.Fuzz(func(t *testing.T, data []byte) {
		if src, err := parseTorch("f", data); err == nil {
			readAll(t, src)
		}
	})
}

// FuzzPickle is [FuzzTorch] on the pickle alone, within a valid archive.
func FuzzPickle(f *testing.F) {
	f.Add(validPickle())
	f.Add([]byte("\x80\x02ccollections\nOrderedDict\n)R}X\x01\x00\x00\x00a]b."))
	f.Add([]byte("\x80\x04\x8c\x05torch\x94\x8c\x04Size\x94\x93K\x01M\x01\x02J\x01\x02\x03\x04\x87\x85R."))
	f.Fuzz(func(t *testing.T, data []byte) {
		if src, err := parseTorch("f", torchFile(t, data, 24)); err == nil {
			readAll(t, src)
		}
	})
}

func FuzzLlama2C(f *testing.F) {
	f.Add(validLlama2C())
	f.Add(llama2cFile(8, 16, 1, 2, 1, -10, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		if src, err := llama2c.Parse("f", data, nil); err == nil {
			readAll(t, src)
			if src.Config()["hidden_size"].(int) <= 0 {
				t.Error("a width of nothing")
			}
		}
	})
}

// FuzzIndex reads indexes of shards.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":1},"weight_map":{"a":"x.safetensors","b":"y"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := readIndex(data)
		if err == nil && len(files) == 0 {
			t.Error("an index of nothing is taken")
		}
	})
}

// FuzzRename renames three tensors by any line of a table. Where a line can be
// applied, its inverse gives back what there was.
func FuzzRename(f *testing.F) {
	f.Add("blk.{n}.q", "layers.{n}.q.weight", uint8(Permute), 2)
	f.Add("blk.{n}.q blk.{n}.k", "blk.{n}.qk", uint8(Concat), 1)
	f.Add("w", "a b", uint8(Split), 1)
	f.Add("blk.{e}.q", "q", uint8(Stack), 1)
	f.Add("w", "w", uint8(Transpose), 0)
	f.Fuzz(func(t *testing.T, from, to string, op uint8, heads int) {
		src := sourceOf("blk.0.q", []int{4, 2}, "blk.0.k", []int{4, 2}, "w", []int{4, 3})
		line := Rename{From: from, To: to, Op: Op(op), Heads: heads}
		there, err := Renamed(src, []Rename{line})
		if err != nil {
			return
		}
		readAll(t, there)
		back, err := Renamed(there, Invert([]Rename{line}))
		if err != nil {
			return // the new names may be such that the inverse takes more than it should
		}
		if line.Op != Drop && slices.Equal(back.Names(), src.Names()) {
			equal(t, back, src)
		}
	})
}
