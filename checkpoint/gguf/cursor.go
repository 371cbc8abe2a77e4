package gguf

import (
	"encoding/binary"
	"fmt"
)

// cursor reads a file from its start. Every length is held against what is left
// of the file before it is used.
type cursor struct {
	data []byte
	at   int
}

func (c *cursor) left() uint64 { return uint64(len(c.data) - c.at) }

func (c *cursor) take(n uint64) ([]byte, error) {
	if n > c.left() {
		return nil, fmt.Errorf("%d bytes are needed at byte %d, %d are left", n, c.at, c.left())
	}
	b := c.data[c.at : c.at+int(n)]
	c.at += int(n)
	return b, nil
}

func (c *cursor) u32() (uint32, error) {
	b, err := c.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (c *cursor) u64() (uint64, error) {
	b, err := c.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// text reads a string of at most limit bytes. It is part of the file.
func (c *cursor) text(limit uint64) ([]byte, error) {
	n, err := c.u64()
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("a string of %d bytes is over %d", n, limit)
	}
	return c.take(n)
}
