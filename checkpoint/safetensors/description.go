package safetensors

import (
	"errors"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/internal/strict"
	"github.com/nlp-zoo/zoo/tensor"
)

// description is what a header says of one tensor, while it is read.
type description struct {
	*strict.Scanner
	dtype   tensor.DType
	shape   []int
	offsets [2]int64

	hasDType, hasShape, hasOffsets bool
}

// member reads one member of the tensor's object. Unknown ones are passed over,
// as in the reference.
func (d *description) member(key []byte) error {
	switch string(key) {
	case "dtype":
		return d.once("dtype", &d.hasDType, d.readDType)
	case "shape":
		return d.once("shape", &d.hasShape, d.readShape)
	case "data_offsets":
		return d.once("data_offsets", &d.hasOffsets, d.readOffsets)
	}
	return d.Skip()
}

func (d *description) once(field string, seen *bool, read func() error) error {
	if *seen {
		return d.Errorf("%s is there twice", field)
	}
	*seen = true
	return read()
}

func (d *description) readDType() error {
	name, err := d.String()
	if err != nil {
		return err
	}
	var ok bool
	if d.dtype, ok = dtypes[name]; !ok {
		return d.Errorf("dtype: %s is not supported", entry.Quote(name))
	}
	return nil
}

func (d *description) readShape() error {
	d.shape = make([]int, 0, 4)
	return d.Array(func() error {
		n, err := d.Uint()
		if err != nil {
			return err
		}
		if int64(int(n)) != n {
			return d.Errorf("shape: %d is too large", n)
		}
		if len(d.shape) == tensor.MaxDims {
			return d.Errorf("shape: there are more than %d axes", tensor.MaxDims)
		}
		d.shape = append(d.shape, int(n))
		return nil
	})
}

func (d *description) readOffsets() error {
	i := 0
	err := d.Array(func() error {
		if i == len(d.offsets) {
			return d.Errorf("data_offsets: there are more than two")
		}
		n, err := d.Uint()
		d.offsets[i] = n
		i++
		return err
	})
	if err == nil && i != len(d.offsets) {
		return d.Errorf("data_offsets: there are fewer than two")
	}
	return err
}

func (d *description) complete() error {
	switch {
	case !d.hasDType:
		return errors.New("dtype is missing")
	case !d.hasShape:
		return errors.New("shape is missing")
	case !d.hasOffsets:
		return errors.New("data_offsets is missing")
	}
	return nil
}
