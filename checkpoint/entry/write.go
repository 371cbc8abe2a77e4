package entry

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/nlp-zoo/zoo/tensor"
)

// A Tensor is one that is to be written. Write gives its bytes, in the stored
// form of DType, little-endian and row-major.
type Tensor struct {
	Name string
	Info
	Write func(w io.Writer) error
}

// Of returns t, to be written under that name in the form that it has.
func Of(name string, t *tensor.Tensor) Tensor {
	info := Info{t.DType(), t.Shape()}
	if raw := t.Raw(); raw != nil {
		return FromBytes(name, info, raw)
	}
	return Tensor{name, info, func(w io.Writer) error { return writeFloats(w, t) }}
}

// FromBytes returns a tensor whose bytes are raw.
func FromBytes(name string, info Info, raw []byte) Tensor {
	return Tensor{name, info, func(w io.Writer) error {
		_, err := w.Write(raw)
		return err
	}}
}

// Floats returns the values of t as float32, in the order and form of a file.
func Floats(t *tensor.Tensor) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 4*t.Len()))
	_ = writeFloats(b, t) // a Buffer takes everything
	return b.Bytes()
}

func writeFloats(w io.Writer, t *tensor.Tensor) error {
	values := make([]float32, min(t.Len(), 1<<16))
	buf := make([]byte, 4*len(values))
	for lo, n := 0, t.Len(); lo < n; lo += len(values) {
		part := values[:min(len(values), n-lo)]
		t.Float32s(part, lo)
		for i, v := range part {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buf[:4*len(part)]); err != nil {
			return err
		}
	}
	return nil
}

// WriteAll writes the tensors one after the other, each followed by zeros up to a
// multiple of align. It fails if one gives more or fewer bytes than its shape needs.
func WriteAll(w io.Writer, tensors []Tensor, align int) error {
	for _, t := range tensors {
		need, err := tensor.StoredSize(t.DType, t.Shape...)
		if err != nil {
			return err
		}
		c := &counter{w: w}
		if err := t.Write(c); err != nil {
			return err
		}
		if c.n != need {
			return fmt.Errorf("tensor %s: %d bytes were given, its shape needs %d", Quote(t.Name), c.n, need)
		}
		if _, err := w.Write(make([]byte, Padding(need, align))); err != nil {
			return err
		}
	}
	return nil
}

// Padding returns how many bytes are missing from n to a multiple of align.
func Padding(n, align int) int { return (align - n%align) % align }

// counter counts what goes through it.
type counter struct {
	w io.Writer
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}
