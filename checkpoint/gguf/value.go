package gguf

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"strings"
)

// kind is the type of a metadata value, by the number that the file has for it.
type kind uint32

const (
	kindU8 kind = iota
	kindI8
	kindU16
	kindI16
	kindU32
	kindI32
	kindF32
	kindBool
	kindString
	kindArray
	kindU64
	kindI64
	kindF64
	numKinds
)

// widths holds how many bytes a value takes; 0 where that varies.
var widths = [numKinds]int{
	kindU8: 1, kindI8: 1, kindU16: 2, kindI16: 2, kindU32: 4, kindI32: 4, kindF32: 4, kindBool: 1,
	kindU64: 8, kindI64: 8, kindF64: 8,
}

// value is one metadata value, whose bytes are part of the file.
type value struct {
	kind  kind // of the elements, for an array
	array bool
	count int    // elements of an array
	raw   []byte // without the length of a string, but with those of an array's strings
}

const maxString = 16 << 20 // bytes

// value reads a value: its type, and its content.
func (c *cursor) value() (value, error) {
	k, err := c.u32()
	if err != nil {
		return value{}, err
	}
	if kind(k) == kindArray {
		return c.array()
	}
	return c.scalar(kind(k))
}

func (c *cursor) scalar(k kind) (value, error) {
	if k >= numKinds {
		return value{}, fmt.Errorf("there is no type %d", k)
	}
	var raw []byte
	var err error
	if k == kindString {
		raw, err = c.text(maxString)
	} else {
		raw, err = c.take(uint64(widths[k]))
	}
	if err == nil && k == kindBool && raw[0] > 1 {
		err = fmt.Errorf("%d is no truth value", raw[0])
	}
	return value{kind: k, raw: raw}, err
}

func (c *cursor) array() (value, error) {
	k32, err := c.u32()
	if err != nil {
		return value{}, err
	}
	n, err := c.u64()
	if err != nil {
		return value{}, err
	}
	k := kind(k32)
	if k >= numKinds {
		return value{}, fmt.Errorf("an array of the type %d, which there is not", k)
	}
	if k == kindArray {
		return value{}, fmt.Errorf("an array of arrays is not supported")
	}
	width := uint64(widths[k])
	if k == kindString {
		width = 8 // at the least: its length
	}
	if n > c.left()/width {
		return value{}, fmt.Errorf("an array of %d values, but only %d bytes are left", n, c.left())
	}
	v := value{kind: k, array: true, count: int(n)}
	if k != kindString {
		v.raw, err = c.take(n * width)
		return v, err
	}
	start := c.at
	for range n {
		if _, err := c.text(maxString); err != nil {
			return value{}, err
		}
	}
	v.raw = c.data[start:c.at]
	return v, nil
}

// any returns the value as a Go value: of the type that matches, a string, or a
// slice of these.
func (v value) any() any {
	if v.kind == kindString {
		if v.array {
			return v.strings()
		}
		return string(v.raw)
	}
	switch v.kind {
	case kindU8:
		return decode(v, func(b []byte) uint8 { return b[0] })
	case kindI8:
		return decode(v, func(b []byte) int8 { return int8(b[0]) })
	case kindU16:
		return decode(v, binary.LittleEndian.Uint16)
	case kindI16:
		return decode(v, func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b)) })
	case kindU32:
		return decode(v, binary.LittleEndian.Uint32)
	case kindI32:
		return decode(v, func(b []byte) int32 { return int32(binary.LittleEndian.Uint32(b)) })
	case kindF32:
		return decode(v, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	case kindBool:
		return decode(v, func(b []byte) bool { return b[0] != 0 })
	case kindU64:
		return decode(v, binary.LittleEndian.Uint64)
	case kindI64:
		return decode(v, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) })
	default:
		return decode(v, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
	}
}

// decode returns the value, or the slice of an array's values, that one turns
// bytes into.
func decode[T any](v value, one func([]byte) T) any {
	if !v.array {
		return one(v.raw)
	}
	width := widths[v.kind]
	values := make([]T, v.count)
	for i := range values {
		values[i] = one(v.raw[i*width:])
	}
	return values
}

// strings returns the texts of an array, which lie in one piece of memory.
func (v value) strings() []string {
	all := make([]string, v.count)
	var text strings.Builder
	text.Grow(len(v.raw) - 8*v.count)
	for _, b := range v.texts() {
		text.Write(b)
	}
	rest := text.String()
	for i, b := range v.texts() {
		all[i], rest = rest[:len(b)], rest[len(b):]
	}
	return all
}

// texts yields the texts of an array, parts of the file.
func (v value) texts() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		at := 0
		for i := range v.count {
			end := at + 8 + int(binary.LittleEndian.Uint64(v.raw[at:]))
			if !yield(i, v.raw[at+8:end:end]) {
				return
			}
			at = end
		}
	}
}
