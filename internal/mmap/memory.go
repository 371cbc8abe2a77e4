package mmap

import (
	"sync"
	"unsafe"
)

// hugePage is the size of the pages that large blocks of memory are asked to have:
// with them a processor reads faster, as it has fewer addresses to translate.
const hugePage = 2 << 20

// A Memory is a block of zeroed memory outside of the Go heap, which the garbage
// collector neither scans nor counts. It begins at a multiple of 2 MiB and lies in
// huge pages where the system has them. Pages take up memory once they are
// written to.
type Memory struct {
	data []byte
	free func() error
	once sync.Once
	err  error
}

// NewMemory returns n bytes. Where the system has no such memory left, or no way to
// ask for it, they lie in the Go heap.
func NewMemory(n int) *Memory {
	if whole, free, err := anonymous(n + hugePage); err == nil {
		skip := -uintptr(unsafe.Pointer(unsafe.SliceData(whole))) % hugePage
		data := whole[skip : int(skip)+n : int(skip)+n]
		huge(data)
		return &Memory{data: data, free: free}
	}
	return &Memory{data: make([]byte, n), free: func() error { return nil }}
}

// Bytes returns the memory. It is valid until Close.
func (m *Memory) Bytes() []byte { return m.data }

// Close gives the memory back. No slice of Bytes may be used afterwards. Further
// calls do nothing and return what the first one did.
func (m *Memory) Close() error {
	m.once.Do(func() {
		m.data = nil
		m.err = m.free()
	})
	return m.err
}

// mapped holds the files that are mapped, by their first byte.
var mapped struct {
	sync.Mutex
	files map[uintptr]int
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

func enter(data []byte) {
	mapped.Lock()
	defer mapped.Unlock()
	if mapped.files == nil {
		mapped.files = map[uintptr]int{}
	}
	mapped.files[address(data)] = len(data)
}

func leave(data []byte) {
	mapped.Lock()
	defer mapped.Unlock()
	delete(mapped.files, address(data))
}

// Populate reads b, a part of a [File], ahead of its use, where the system has a way to
// do that faster than page by page.
func Populate(b []byte) { populate(b) }

// Discard has the process hold the pages of b no longer, a part of a [File]: they
// are read again if they are needed again. It reports whether it did so; memory of
// any other kind it leaves alone.
func Discard(b []byte) bool {
	mapped.Lock()
	defer mapped.Unlock()
	at := address(b)
	for start, size := range mapped.files {
		if at >= start && at+uintptr(len(b)) <= start+uintptr(size) {
			return discard(b)
		}
	}
	return false
}
