package tensor

import (
	"fmt"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// stored is a tensor as a checkpoint has it: raw bytes, often a mapped file.
type stored struct {
	dtype DType
	raw   []byte
}

// Stored wraps the bytes of a tensor in form d, little-endian and row-major,
// without copying them. The caller keeps raw unchanged and mapped for as long as
// the tensor is used. It fails if the last axis is not a whole number of blocks,
// or raw has not just the bytes that the shape needs.
func Stored(d DType, raw []byte, shape ...int) (*Tensor, error) {
	if d >= numDTypes {
		return nil, fmt.Errorf("tensor: unknown form %v", d)
	}
	if len(shape) > MaxDims {
		return nil, fmt.Errorf("tensor: %d axes, at most %d are possible", len(shape), MaxDims)
	}
	need, err := StoredSize(d, shape...)
	if err != nil {
		return nil, err
	}
	if need != len(raw) {
		return nil, fmt.Errorf("tensor: %v of shape %v is %d bytes, not %d", d, shape, need, len(raw))
	}
	t := &Tensor{stored: &stored{d, raw}}
	t.setShape(shape)
	return t, nil
}

// StoredSize returns how many bytes a tensor of form d takes. It fails on a
// negative or overflowing size, or if the last axis is not a whole number of blocks.
func StoredSize(d DType, shape ...int) (int, error) {
	const limit = 1 << 56
	n := 1
	for _, v := range shape {
		if v < 0 || v != 0 && n > limit/v {
			return 0, fmt.Errorf("tensor: shape %v is too large", shape)
		}
		n *= v
	}
	values, bytes := d.Block()
	if values > 1 && (len(shape) == 0 || shape[len(shape)-1]%values != 0) {
		return 0, fmt.Errorf("tensor: last axis of %v is not a multiple of %v's block of %d", shape, d, values)
	}
	return n / values * bytes, nil
}

// DType returns the form of t's values: that of its file for a stored tensor, F32 for any other.
func (t *Tensor) DType() DType {
	if t.stored != nil {
		return t.stored.dtype
	}
	return F32
}

// Raw returns the bytes of a stored tensor, or nil.
func (t *Tensor) Raw() []byte {
	if t.stored == nil {
		return nil
	}
	return t.stored.raw
}

// Float32s writes the values from lo up to lo+len(dst), counted in row-major
// order, to dst, whatever form they are in. For block formats both ends must
// fall on blocks.
func (t *Tensor) Float32s(dst []float32, lo int) {
	switch {
	case t.stored != nil:
		values, bytes := t.stored.dtype.Block()
		if lo%values != 0 || len(dst)%values != 0 {
			fail("Float32s", "the range does not fall on blocks", t)
		}
		kernel.Dequantize(kernel.Format(t.stored.dtype), dst, t.stored.raw[lo/values*bytes:(lo+len(dst))/values*bytes])
	case t.packed != nil:
		t.readPacked(dst, lo)
	default:
		copy(dst, t.data[lo:lo+len(dst)])
	}
}

// Dense returns t as a plain float32 array in the Go heap: t itself if it is one.
func (t *Tensor) Dense() *Tensor {
	if t.data != nil {
		return t
	}
	d := Zeros(t.Shape()...)
	t.Float32s(d.data, 0)
	return d
}
