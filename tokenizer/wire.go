package tokenizer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// wire reads the fields of one protocol-buffer message.
type wire struct{ b []byte }

// field is one field: its number and its value, bytes for a string or a message
// and a number for all else.
type field struct {
	number int
	bytes  []byte
	value  uint64
	kind   byte // 0 varint, 1 64 bits, 2 bytes, 5 32 bits
}

var errWire = errors.New("protocol buffer cut short or malformed")

// next returns the next field. ok is false at the end.
func (w *wire) next() (f field, ok bool, err error) {
	if len(w.b) == 0 {
		return f, false, nil
	}
	tag, err := w.varint()
	if err != nil || tag>>3 == 0 || tag>>3 > 1<<29 {
		return f, false, errWire
	}
	f.number, f.kind = int(tag>>3), byte(tag&7)
	switch f.kind {
	case 0:
		f.value, err = w.varint()
	case 1:
		if f.bytes, err = w.take(8); err == nil {
			f.value = binary.LittleEndian.Uint64(f.bytes)
		}
	case 2:
		var n uint64
		if n, err = w.varint(); err == nil {
			f.bytes, err = w.take(n)
		}
	case 5:
		if f.bytes, err = w.take(4); err == nil {
			f.value = uint64(binary.LittleEndian.Uint32(f.bytes))
		}
	default:
		err = fmt.Errorf("field %d: wire type %d", f.number, f.kind)
	}
	return f, err == nil, err
}

func (w *wire) varint() (uint64, error) {
	v, n := binary.Uvarint(w.b)
	if n <= 0 {
		return 0, errWire
	}
	w.b = w.b[n:]
	return v, nil
}

func (w *wire) take(n uint64) ([]byte, error) {
	if n > uint64(len(w.b)) {
		return nil, errWire
	}
	b := w.b[:n]
	w.b = w.b[n:]
	return b, nil
}

// each calls f for every field of b.
func eachField(b []byte, f func(field) error) error {
	w := wire{b}
	for {
		one, ok, err := w.next()
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		if err := f(one); err != nil {
			return err
		}
	}
}

func (f field) float() float32 { return math.Float32frombits(uint32(f.value)) }
func (f field) bool() bool     { return f.value != 0 }
func (f field) int() int32     { return int32(f.value) }
