package checkpoint

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// large writes a checkpoint of that many bytes in bfloat16, of 16 MiB a tensor.
func large(b *testing.B, size int) string {
	b.Helper()
	const rows, columns = 2048, 4096
	raw := make([]byte, 2*rows*columns)
	for i := range raw {
		raw[i] = byte(i * 37)
	}
	var tensors []Tensor
	for i := range size / len(raw) {
		tensors = append(tensors, entry.FromBytes(fmt.Sprint(i), Info{DType: tensor.BF16, Shape: []int{rows, columns}}, raw))
	}
	path := filepath.Join(b.TempDir(), "model.safetensors")
	if err := safetensors.Write(path, nil, tensors); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkOpen opens and closes a checkpoint of 500 MB.
func BenchmarkOpen(b *testing.B) {
	path := large(b, 500<<20)
	for b.Loop() {
		src, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := src.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead reads a checkpoint of 500 MB, from the system's cache, as float32.
// The rate is that of the file's bytes.
func BenchmarkRead(b *testing.B) {
	src, err := Open(large(b, 500<<20))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = src.Close() })
	buf, n := make([]float32, 1<<16), 0
	for b.Loop() {
		n = 0
		for _, name := range src.Names() {
			x, err := src.Tensor(name)
			if err != nil {
				b.Fatal(err)
			}
			n += len(x.Raw())
			for lo := 0; lo < x.Len(); lo += len(buf) {
				x.Float32s(buf[:min(len(buf), x.Len()-lo)], lo)
			}
		}
	}
	b.SetBytes(int64(n))
}

// BenchmarkWrite writes 64 MiB, to the disk.
func BenchmarkWrite(b *testing.B) {
	src, err := Open(large(b, 64<<20))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = src.Close() })
	path := filepath.Join(b.TempDir(), "copy.safetensors")
	b.SetBytes(64 << 20)
	for b.Loop() {
		if err := safetensors.Write(path, nil, Tensors(src)); err != nil {
			b.Fatal(err)
		}
	}
}
