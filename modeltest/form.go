package modeltest

import (
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/tensor"
)

// stored returns src with its matrices in another form: those whose rows are a
// whole number of its blocks.
func stored(t testing.TB, src Map, form tensor.DType) Map {
	out := Map{}
	values, _ := form.Block()
	for name, w := range src {
		out[name] = w
		if shape := w.Shape(); len(shape) == 2 && shape[1]%values == 0 {
			n, err := tensor.StoredSize(form, shape...)
			if err != nil {
				t.Fatal(err)
			}
			raw := make([]byte, n)
			kernel.Quantize(kernel.Format(form), raw, w.Dense().Data())
			if out[name], err = tensor.Stored(form, raw, shape...); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Tensors that were tied stay one.
	for name, w := range src {
		for other, v := range src {
			if w == v && name < other {
				out[other] = out[name]
			}
		}
	}
	return out
}
