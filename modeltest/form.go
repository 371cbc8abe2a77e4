package modeltest

import (
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// forms holds a model whose matrices are in any one form to give what the same values
// give as plain arrays: the same bytes where the arithmetic is that of float32, and
// else much the same.
func forms(t *testing.T, config string, run evaluation) {
	for f := tensor.FormF32; f.String() != "unknown"; f++ {
		m, plain := Build(t, config), declare(t, config)
		fitting := 0
		nn.PackAs(m, func(_ string, p *nn.Param) tensor.Form {
			if f.Fits(p.Want[1]) {
				fitting++
				return f
			}
			return tensor.Own
		})
		if fitting == 0 {
			continue
		}
		values := Map{}
		for name, w := range Weights(m) {
			values[name] = w.Dense()
		}
		if err := model.Load(plain, values); err != nil {
			t.Fatal(err)
		}
		got, want := run(m, &nn.Pass{}, Text(6)), run(plain, &nn.Pass{}, Text(6))
		if c := Cosine(got, want); !(c > 0.999) {
			t.Errorf("%v weights: the cosine of the results is %v", f, c)
		}
		switch f {
		case tensor.FormF32, tensor.FormF16, tensor.FormBF16:
			Same(t, got, want, 0)
		}
	}
}

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
