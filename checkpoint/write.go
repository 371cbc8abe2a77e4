package checkpoint

import (
	"io"

	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/tensor"
)

// A Tensor is one that is to be written, see safetensors.Write and gguf.Write.
type Tensor = entry.Tensor

// NewTensor returns t, to be written under that name in the form that it has.
func NewTensor(name string, t *tensor.Tensor) Tensor { return entry.Of(name, t) }

// Tensors returns all tensors of src, to be written as they are. Each is read
// when it is written.
func Tensors(src Source) []Tensor {
	var all []Tensor
	for _, name := range src.Names() {
		info, _ := src.Info(name)
		all = append(all, Tensor{Name: name, Info: info, Write: func(w io.Writer) error {
			t, err := src.Tensor(name)
			if err != nil {
				return err
			}
			_, err = w.Write(rawOf(t))
			return err
		}})
	}
	return all
}
