package modeltest

import (
	"math"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// Encoder runs the tests of a model that reads whole rows, on a tiny config of
// at least 10 ids and 8 places.
func Encoder(t *testing.T, config string) {
	run := func(m any, p *nn.Pass, rows ...[]int32) *tensor.Tensor {
		ids, lens := nn.Rows(0, rows...)
		p.Lens = lens
		return m.(model.Encoder).Hidden(p, ids)
	}
	as[model.Encoder](t, Build(t, config))
	common(t, config, run)
	t.Run("BothSides", func(t *testing.T) { // the last token reaches the first place
		m, text := Build(t, config), Text(8)
		a := run(m, &nn.Pass{}, text)
		b := run(m, &nn.Pass{}, append(slices.Clone(text[:7]), 7))
		if Distance(RowsOf(a, 0, 1), RowsOf(b, 0, 1)) == 0 {
			t.Error("the first place does not depend on the last token")
		}
	})
	t.Run("Learn", func(t *testing.T) {
		m, text := Build(t, config), Text(6)
		masked, ok := m.(model.MaskedLM)
		if !ok {
			t.Skip("no masked language model")
		}
		in := slices.Clone(text)
		in[2], in[4] = 0, 0
		ids, _ := nn.Rows(0, in)
		Learns(t, m, func() *tensor.Tensor { return tensor.CrossEntropy(masked.MaskLogits(&nn.Pass{}, ids), text) })
	})
}

// EncoderDecoder runs the tests of a model that turns a source into a target, on
// a tiny config of at least 10 ids.
func EncoderDecoder(t *testing.T, config string) {
	source, target := Text(7), []int32{0, 9, 8, 7, 6, 5}
	build := func(t testing.TB) model.EncoderDecoder { return as[model.EncoderDecoder](t, Build(t, config)) }
	decode := func(m model.EncoderDecoder, p, q *nn.Pass, source, target []int32) *tensor.Tensor {
		s, _ := nn.Rows(0, source)
		ids, _ := nn.Rows(0, target)
		return m.Decode(q, m.Encode(p, s), ids)
	}
	common(t, config, func(m any, p *nn.Pass, rows ...[]int32) *tensor.Tensor {
		ids, lens := nn.Rows(0, rows...)
		p.Lens = lens
		q := *p
		return m.(model.EncoderDecoder).Decode(&q, m.(model.EncoderDecoder).Encode(p, ids), ids)
	})
	t.Run("Causal", func(t *testing.T) { // the future of the target changes nothing, the source does
		m := build(t)
		a := decode(m, &nn.Pass{}, &nn.Pass{}, source, target)
		b := decode(m, &nn.Pass{}, &nn.Pass{}, source, append(slices.Clone(target[:3]), 1, 1, 1))
		Same(t, RowsOf(a, 0, 3), RowsOf(b, 0, 3), 0)
		c := decode(m, &nn.Pass{}, &nn.Pass{}, append(slices.Clone(source[:6]), 1), target)
		if Distance(RowsOf(a, 0, 1), RowsOf(c, 0, 1)) == 0 {
			t.Error("the target does not depend on the end of the source")
		}
	})
	t.Run("Cache", func(t *testing.T) { // a target in parts gives the bytes of the whole
		m := build(t)
		whole := decode(m, &nn.Pass{}, &nn.Pass{}, source, target)
		for _, chunks := range [][]int{{1, 1, 1, 1, 1, 1}, {2, 3, 1}} {
			s, _ := nn.Rows(0, source)
			memory, cache := m.Encode(&nn.Pass{}, s), m.NewCache(1, 6)
			var got []float32
			for at, i := 0, 0; i < len(chunks); i++ {
				ids, _ := nn.Rows(0, target[at:at+chunks[i]])
				got = append(got, m.Decode(&nn.Pass{Cache: cache}, memory, ids).Data()...)
				at += chunks[i]
			}
			Same(t, tensor.New(got, whole.Shape()...), whole, 0)
		}
	})
	t.Run("Beams", func(t *testing.T) { // several targets of one source
		m := build(t)
		s, _ := nn.Rows(0, source)
		other := []int32{0, 1, 2, 3, 4, 5}
		ids, _ := nn.Rows(0, target, other)
		both := m.Decode(&nn.Pass{}, m.Encode(&nn.Pass{}, s), ids)
		Same(t, RowsOf(both, 0, 6), decode(m, &nn.Pass{}, &nn.Pass{}, source, target), 0)
		Same(t, RowsOf(both, 1, 6), decode(m, &nn.Pass{}, &nn.Pass{}, source, other), 0)
	})
	t.Run("Learn", func(t *testing.T) {
		m := build(t)
		Learns(t, m, func() *tensor.Tensor {
			return tensor.CrossEntropy(decode(m, &nn.Pass{}, &nn.Pass{}, source, target[:5]), target[1:])
		})
	})
}
