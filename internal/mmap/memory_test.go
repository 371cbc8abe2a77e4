package mmap

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestMemory(t *testing.T) {
	for _, n := range []int{0, 1, 5000, hugePage, 3*hugePage + 7} {
		m := NewMemory(n)
		b := m.Bytes()
		if len(b) != n || cap(b) != n {
			t.Fatalf("%d bytes of %d, want %d", len(b), cap(b), n)
		}
		for i, v := range b {
			if v != 0 {
				t.Fatalf("byte %d of %d is %d", i, n, v)
			}
			b[i] = byte(i)
		}
		if runtime.GOOS == "linux" && n > 0 && address(b)%hugePage != 0 {
			t.Errorf("%d bytes begin at %#x", n, address(b))
		}
		for range 2 {
			if err := m.Close(); err != nil || m.Bytes() != nil {
				t.Errorf("after Close: %v, %d bytes", err, len(m.Bytes()))
			}
		}
	}
}

// What is discarded can be read again; what is no file's is never touched.
func TestDiscard(t *testing.T) {
	want := bytes.Repeat([]byte{1, 2, 3}, 1<<16)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b := f.Bytes()
	if done := Discard(b[100 : len(b)-100]); done != (runtime.GOOS == "linux") {
		t.Errorf("Discard of a file: %v", done)
	}
	if !bytes.Equal(b, want) {
		t.Error("the file's content differs after Discard")
	}
	if Discard(b[:10]) {
		t.Error("less than a page was discarded")
	}
	heap := bytes.Clone(want)
	if Discard(heap) || !bytes.Equal(heap, want) {
		t.Error("Discard touched the heap")
	}
	m := NewMemory(len(want))
	copy(m.Bytes(), want)
	if Discard(m.Bytes()) || !bytes.Equal(m.Bytes(), want) {
		t.Error("Discard touched a Memory")
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	mapped.Lock()
	defer mapped.Unlock()
	if len(mapped.files) != 0 {
		t.Errorf("%d files are left", len(mapped.files))
	}
}
