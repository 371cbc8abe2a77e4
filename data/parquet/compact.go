package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kinds of values in Thrift's compact protocol.
const (
	kindTrue   = 1
	kindFalse  = 2
	kindByte   = 3
	kindInt16  = 4
	kindInt64  = 6
	kindDouble = 7
	kindBinary = 8
	kindList   = 9
	kindSet    = 10
	kindStruct = 12
)

const (
	maxNesting  = 32      // of structs and lists in a header or in the end of a file
	maxElements = 1 << 17 // of all its lists: the library takes some hundred bytes for one
)

// errShort tells of a structure that goes on after the bytes there are.
var errShort = errors.New("it is cut off")

// compact walks over a structure in Thrift's compact protocol, so that no length in it
// is believed that the bytes there are can't hold.
type compact struct {
	b        []byte
	elements int
}

// skipStruct returns how many bytes the structure at the start of b takes.
func skipStruct(b []byte) (int, error) {
	c := &compact{b: b}
	if err := c.structure(maxNesting); err != nil {
		return 0, err
	}
	return len(b) - len(c.b), nil
}

func (c *compact) skip(n uint64) error {
	if n > uint64(len(c.b)) {
		return errShort
	}
	c.b = c.b[n:]
	return nil
}

func (c *compact) byte() (byte, error) {
	if len(c.b) == 0 {
		return 0, errShort
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v, nil
}

func (c *compact) uvarint() (uint64, error) {
	v, n := binary.Uvarint(c.b)
	switch {
	case n == 0:
		return 0, errShort
	case n < 0:
		return 0, errors.New("a number of more than 64 bits")
	}
	c.b = c.b[n:]
	return v, nil
}

func (c *compact) structure(depth int) error {
	if depth == 0 {
		return fmt.Errorf("nested deeper than %d", maxNesting)
	}
	for {
		head, err := c.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the number of the field follows
			if _, err := c.uvarint(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind != kindTrue && kind != kindFalse { // which are their own values
			if err := c.value(kind, depth); err != nil {
				return err
			}
		}
	}
}

// value skips a value. Parquet has no maps and no lists of truth values in what is read
// here.
func (c *compact) value(kind byte, depth int) error {
	switch kind {
	case kindByte:
		return c.skip(1)
	case kindDouble:
		return c.skip(8)
	case kindBinary:
		n, err := c.uvarint()
		if err != nil {
			return err
		}
		return c.skip(n)
	case kindList, kindSet:
		return c.list(depth - 1)
	case kindStruct:
		return c.structure(depth - 1)
	}
	if kind >= kindInt16 && kind <= kindInt64 {
		_, err := c.uvarint()
		return err
	}
	return fmt.Errorf("a value of kind %d", kind)
}

func (c *compact) list(depth int) error {
	if depth == 0 {
		return fmt.Errorf("nested deeper than %d", maxNesting)
	}
	head, err := c.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = c.uvarint(); err != nil {
			return err
		}
	}
	if n > uint64(len(c.b)) { // an element has a byte at least
		return errShort
	}
	if c.elements += int(n); c.elements > maxElements {
		return fmt.Errorf("more than %d elements in lists", maxElements)
	}
	for range n {
		if err := c.value(head&15, depth); err != nil {
			return err
		}
	}
	return nil
}
