package tensor

import (
	"errors"
	"runtime"
	"unsafe"

	"github.com/nlp-zoo/zoo/internal/mmap"
)

// A Room is memory for packed weights, outside of the Go heap and in huge pages
// where the system has them. Weights that are packed one after the other lie one
// after the other. It grows as needed, and goes when nothing refers to it or to a
// weight in it any more; Close gives it back at once. One goroutine at a time may
// pack into it.
type Room struct {
	blocks []*mmap.Memory
	free   []byte // of the last block
	used   int
	given  []byte // all there is, if not nil: memory of the caller's
}

// roomBlock is how much a Room grows by: pages that are not used take no memory.
const roomBlock = 256 << 20

// roomAligned is where weights begin: at a cache line.
const roomAligned = 64

// Close gives the memory back. The weights that lie in it must not be used
// afterwards. A nil Room has nothing to give back.
func (r *Room) Close() error {
	if r == nil {
		return nil
	}
	var err error
	for _, b := range r.blocks {
		err = errors.Join(err, b.Close())
	}
	r.blocks, r.free = nil, nil
	return err
}

// Bytes returns how much memory the weights take.
func (r *Room) Bytes() int { return r.used }

// take returns n zeroed bytes. Those of a nil Room lie in the Go heap.
func (r *Room) take(n int) []byte {
	if r == nil {
		return bytesOf(make([]uint64, (n+7)/8))[:n]
	}
	if r.given != nil {
		return r.given[:n:n]
	}
	n64 := (n + roomAligned - 1) &^ (roomAligned - 1)
	if n64 > len(r.free) {
		b := mmap.NewMemory(max(n64, roomBlock))
		runtime.AddCleanup(r, func(b *mmap.Memory) { _ = b.Close() }, b)
		r.blocks = append(r.blocks, b)
		r.free = b.Bytes()
	}
	s := r.free[:n:n]
	r.free = r.free[n64:]
	r.used += n64
	return s
}

// number is what packed weights consist of.
type number interface {
	~uint8 | ~int8 | ~uint16 | ~uint64 | ~float32
}

// bytesOf returns the memory of x.
func bytesOf[T number](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(*new(T))))
}

// sliceOf returns the memory of b, which begins at a multiple of a value's size.
func sliceOf[T number](b []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(*new(T))))
}
