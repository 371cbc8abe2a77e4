package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// What the hostile files are made of: small valid ones of each format, and the
// means to write their parts by hand.

// cat joins parts: bytes, text, or numbers in the order of a file.
func cat(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch x := p.(type) {
		case []byte:
			b = append(b, x...)
		case string:
			b = append(b, x...)
		default:
			var err error
			if b, err = binary.Append(b, binary.LittleEndian, x); err != nil {
				panic(err)
			}
		}
	}
	return b
}

// safe returns a safetensors file of that header and so many bytes of data.
func safe(header string, data int) []byte {
	return cat(uint64(len(header)), header, make([]byte, data))
}

// validSafe returns a safetensors file of two tensors.
func validSafe(t testing.TB) []byte {
	var b bytes.Buffer
	err := safetensors.Encode(&b, map[string]string{"format": "pt"}, []Tensor{
		entry.FromBytes("a", Info{DType: tensor.F32, Shape: []int{2, 2}}, make([]byte, 16)),
		entry.FromBytes("b", Info{DType: tensor.BF16, Shape: []int{3}}, make([]byte, 6)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// text is a GGUF string.
func text(s string) []byte { return cat(uint64(len(s)), s) }

// key is a GGUF key of that type, with the bytes of its value.
func key(name string, kind uint32, value ...any) []byte { return cat(text(name), kind, cat(value...)) }

// info is the description of a tensor in a GGUF file.
func info(name string, kind uint32, offset uint64, dims ...uint64) []byte {
	return cat(text(name), uint32(len(dims)), dims, kind, offset)
}

// ggufFile returns a GGUF file: keys, descriptions, and so many bytes of data
// after the padding.
func ggufFile(keys, infos [][]byte, data int) []byte {
	b := cat("GGUF", uint32(3), uint64(len(infos)), uint64(len(keys)), bytes.Join(keys, nil), bytes.Join(infos, nil))
	return cat(b, make([]byte, entry.Padding(len(b), 32)), make([]byte, data))
}

func list(parts ...[]byte) [][]byte { return parts }

func validGGUF(t testing.TB) []byte {
	var b bytes.Buffer
	err := gguf.Encode(&b, []gguf.KV{
		{Key: "general.architecture", Value: "llama"}, {Key: "n", Value: uint32(7)}, {Key: "flag", Value: true},
		{Key: "words", Value: []string{"x", "", "yz"}}, {Key: "scores", Value: []float32{1, 2.5}}, {Key: "ids", Value: []int32{-1, 3}},
	}, []Tensor{
		entry.FromBytes("a.weight", Info{DType: tensor.Q8_0, Shape: []int{2, 32}}, make([]byte, 68)),
		entry.FromBytes("b.weight", Info{DType: tensor.F32, Shape: []int{3}}, make([]byte, 12)),
	}, 32)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// word is a pickle's string.
func word(s string) []byte { return cat("X", uint32(len(s)), s) }

// number is a pickle's whole number.
func number(n int) []byte { return cat("\x8a\x08", int64(n)) }

func tuple(n ...int) []byte {
	b := []byte("(")
	for _, v := range n {
		b = append(b, number(v)...)
	}
	return append(b, 't')
}

// storageOf is a storage of a pickle.
func storageOf(class, key string, count int) []byte {
	return cat("(", word("storage"), "ctorch\n"+class+"\n", word(key), word("cpu"), number(count), "tQ")
}

// tensorOf is a tensor of a pickle, made of a storage.
func tensorOf(storage []byte, offset int, shape, stride []byte) []byte {
	return cat("ctorch._utils\n_rebuild_tensor_v2\n(", storage, number(offset), shape, stride, "\x89ccollections\nOrderedDict\n)RtR")
}

// dict is a whole pickle of a dict: keys and values in turn.
func dict(items ...[]byte) []byte { return cat("\x80\x02}(", bytes.Join(items, nil), "u.") }

// record is a part of an archive.
type record struct {
	name string
	data []byte
}

func zipOf(t testing.TB, method uint16, records ...record) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, r := range records {
		f, err := w.CreateHeader(&zip.FileHeader{Name: r.name, Method: method})
		if err == nil {
			_, err = f.Write(r.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// torchFile is an archive as torch.save writes it, with a storage "0" of that size.
func torchFile(t testing.TB, pickle []byte, storage int) []byte {
	return zipOf(t, zip.Store, record{"archive/data.pkl", pickle}, record{"archive/byteorder", []byte("little")},
		record{"archive/data/0", make([]byte, storage)}, record{"archive/version", []byte("3\n")})
}

// validPickle is a state dict of a tensor of 2 x 3 and its transpose.
func validPickle() []byte {
	storage := storageOf("FloatStorage", "0", 6)
	return dict(word("w"), tensorOf(storage, 0, tuple(2, 3), tuple(3, 1)), word("t"), tensorOf(storage, 0, tuple(3, 2), tuple(1, 3)))
}

func validTorch(t testing.TB) []byte { return torchFile(t, validPickle(), 24) }

const (
	legacyHead = "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
	legacySys  = "\x80\x02}(X\r\x00\x00\x00little_endian\x88u."
)

// legacyFile is a file of torch.save's older form.
func legacyFile(pickle, keys []byte, storages ...any) []byte {
	return cat(legacyHead, legacySys, pickle, keys, cat(storages...))
}

func validLegacy() []byte {
	return legacyFile(validPickle(), cat("\x80\x02](", word("0"), "e."), uint64(6), make([]byte, 24))
}

// llama2cFile is a file of llama2.c with that header; its size is for dim 8,
// hidden 16, 1 layer, 2 heads, 1 of keys, 10 tokens, 4 positions.
func llama2cFile(header ...int32) []byte {
	const dim, hidden, kv, vocab = 8, 16, 4, 10
	n := vocab*dim + dim + 4*4 + 2*dim + 2*dim*dim + 2*kv*dim + 3*hidden*dim
	return cat(header, make([]byte, 4*n))
}

func validLlama2C() []byte { return llama2cFile(8, 16, 1, 2, 1, 10, 4) }

// patch returns a copy of data with other bytes at a place.
func patch(data []byte, at int, by ...any) []byte {
	out := bytes.Clone(data)
	copy(out[at:], cat(by...))
	return out
}

// failing is a writer that takes n bytes and then fails.
type failing struct{ n int }

func (f *failing) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}
