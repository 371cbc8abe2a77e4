package tokenizer

import (
	"encoding/binary"
	"iter"
	"math"
	"os"
	"slices"
	"testing"
)

// metadata is the key-value part of a GGUF file, read without checks: the tests'
// files are known.
type metadata map[string]any

func readMetadata(t testing.TB, path string) metadata {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &metaReader{b: data[4:]}
	r.u32()
	r.u64()
	m := metadata{}
	for range r.u64() {
		key := r.str()
		m[key] = r.value(r.u32())
	}
	return m
}

type metaReader struct{ b []byte }

func (r *metaReader) take(n int) []byte {
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}
func (r *metaReader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *metaReader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *metaReader) str() string { return string(r.take(int(r.u64()))) }

func (r *metaReader) value(kind uint32) any {
	switch kind {
	case 0, 1:
		return int(r.take(1)[0])
	case 2, 3:
		return int(binary.LittleEndian.Uint16(r.take(2)))
	case 4:
		return int(r.u32())
	case 5:
		return int(int32(r.u32()))
	case 6:
		return math.Float32frombits(r.u32())
	case 7:
		return r.take(1)[0] != 0
	case 8:
		return r.str()
	case 9:
		of, n := r.u32(), int(r.u64())
		all := make([]any, n)
		for i := range all {
			all[i] = r.value(of)
		}
		return all
	}
	return r.u64()
}

func (m metadata) String(key string) (v string, ok bool) { v, ok = m[key].(string); return }
func (m metadata) Int(key string) (v int, ok bool)       { v, ok = m[key].(int); return }
func (m metadata) Bool(key string) (v, ok bool)          { v, ok = m[key].(bool); return }

func list[T, F any](m metadata, key string, f func(F) T) ([]T, bool) {
	all, ok := m[key].([]any)
	var out []T
	for _, v := range all {
		one, is := v.(F)
		if !is {
			return nil, false
		}
		out = append(out, f(one))
	}
	return out, ok
}

func (m metadata) Strings(key string) ([]string, bool) {
	return list(m, key, func(s string) string { return s })
}
func (m metadata) Texts(key string) (int, iter.Seq2[int, []byte], bool) {
	all, ok := list(m, key, func(s string) []byte { return []byte(s) })
	return len(all), slices.All(all), ok
}
func (m metadata) Floats(key string) ([]float32, bool) {
	return list(m, key, func(f float32) float32 { return f })
}
func (m metadata) Ints(key string) ([]int32, bool) {
	return list(m, key, func(i int) int32 { return int32(i) })
}
func (m metadata) Bytes(key string) ([]byte, bool) {
	return list(m, key, func(i int) byte { return byte(i) })
}
