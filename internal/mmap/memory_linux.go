package mmap

import (
	"os"

	"golang.org/x/sys/unix"
)

// anonymous returns n bytes of memory that belong to no file.
func anonymous(n int) ([]byte, func() error, error) {
	data, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	return data, func() error { return unix.Munmap(data) }, err
}

// huge asks for huge pages; a system without them does not grant the wish.
func huge(data []byte) { _ = unix.Madvise(data, unix.MADV_HUGEPAGE) }

// populate maps the pages of b at once, from its first whole page on.
func populate(b []byte) {
	if first := int(-address(b) % uintptr(os.Getpagesize())); first < len(b) {
		_ = unix.Madvise(b[first:], unix.MADV_POPULATE_READ)
	}
}

// discard drops the whole pages within b.
func discard(b []byte) bool {
	page := uintptr(os.Getpagesize())
	first := int(-address(b) % page)
	last := len(b) - int((address(b)+uintptr(len(b)))%page)
	return first < last && unix.Madvise(b[first:last], unix.MADV_DONTNEED) == nil
}
