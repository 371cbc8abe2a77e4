package modeltest

import (
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Decoder runs the tests of a causal language model on a tiny config of at least
// 10 ids and 16 positions.
func Decoder(t *testing.T, config string) {
	build := func(t testing.TB) model.Decoder { return as[model.Decoder](t, Build(t, config)) }
	common(t, config, func(m any, p *nn.Pass, rows ...[]int32) *tensor.Tensor {
		ids, lens := nn.Rows(0, rows...)
		p.Lens = lens
		return m.(model.Decoder).Logits(p, ids)
	})
	t.Run("Causal", func(t *testing.T) { // the future changes nothing
		m, text := build(t), Text(8)
		a := logits(m, &nn.Pass{}, text)
		b := logits(m, &nn.Pass{}, append(slices.Clone(text[:4]), 7, 7, 7, 7))
		Same(t, RowsOf(a, 0, 4), RowsOf(b, 0, 4), 0)
	})
	t.Run("Documents", func(t *testing.T) { documents(t, build(t)) })
	t.Run("Cache", func(t *testing.T) {
		for _, chunks := range [][]int{{3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {5, 7}, {1, 10, 1}, {12}} {
			cached(t, build(t), chunks)
		}
	})
	t.Run("CacheForms", func(t *testing.T) { cacheForms(t, build(t)) })
	t.Run("CacheRows", func(t *testing.T) { cachedRows(t, build(t)) })
	t.Run("Last", func(t *testing.T) { // the last token's logits alone
		m := build(t)
		ids, lens := nn.Rows(0, Text(8), Text(5))
		all := m.Logits(&nn.Pass{Lens: lens}, ids)
		last := m.Logits(&nn.Pass{Lens: lens, Last: true}, ids)
		v := m.Vocab()
		want := append(slices.Clone(all.Data()[7*v:8*v]), all.Data()[12*v:13*v]...)
		Same(t, last, tensor.New(want, 2, 1, v), 0)
	})
	t.Run("Learn", func(t *testing.T) {
		m, text := build(t), Text(8)
		Learns(t, m, func() *tensor.Tensor {
			return tensor.CrossEntropy(logits(m, &nn.Pass{}, text[:7]), text[1:])
		})
	})
	t.Run("Steady", func(t *testing.T) { steady(t, build(t)) })
}

// documents holds a row packed of documents to give what each gives alone.
func documents(t *testing.T, m model.Decoder) {
	var row, positions, from, until []int32
	for _, n := range []int{3, 1, 7, 5} {
		start := int32(len(row))
		for i, id := range Text(n) {
			row, positions = append(row, id), append(positions, int32(i))
			from, until = append(from, start), append(until, start+int32(i)+1)
		}
	}
	all := logits(m, &nn.Pass{Positions: positions, From: from, Until: until}, row)
	for i := 0; i < len(row); {
		last := i + 1
		for last < len(row) && positions[last] > 0 {
			last++
		}
		v := m.Vocab()
		part := tensor.New(all.Data()[i*v:last*v], 1, last-i, v)
		Same(t, part, logits(m, &nn.Pass{}, row[i:last]), 0)
		i = last
	}
}

func logits(m model.Decoder, p *nn.Pass, row []int32) *tensor.Tensor {
	ids, _ := nn.Rows(0, row)
	return m.Logits(p, ids)
}

// cached holds a row read in chunks to give the bytes of the whole.
func cached(t *testing.T, m model.Decoder, chunks []int) {
	t.Helper()
	text := Text(12)
	whole := logits(m, &nn.Pass{}, text)
	cache, arena := m.NewCache(1, 12), &tensor.Arena{}
	var got []float32
	for at, i := 0, 0; i < len(chunks); i++ {
		part := logits(m, &nn.Pass{Cache: cache, Arena: arena}, text[at:at+chunks[i]])
		got = append(got, part.Data()...)
		at += chunks[i]
		arena.Reset()
	}
	Same(t, tensor.New(got, whole.Shape()...), whole, 0)
}

// cacheForms holds caches of 16 and 8 bits to give the same bytes for any parts of a
// row, near to those of float32 but not them, and to take less memory.
func cacheForms(t *testing.T, m model.Decoder) {
	text := Text(12)
	read := func(form tensor.DType, chunks ...int) (*tensor.Tensor, int) {
		cache := m.NewCache(1, 12)
		if err := cache.SetForm(form); err != nil {
			t.Fatal(err)
		}
		var got []float32
		for at, i := 0, 0; i < len(chunks); i++ {
			got = append(got, logits(m, &nn.Pass{Cache: cache}, text[at:at+chunks[i]]).Data()...)
			at += chunks[i]
		}
		if err := cache.SetForm(form); err == nil {
			t.Errorf("%v: a cache with a past changed its form", form)
		}
		return tensor.New(got, 1, 12, len(got)/12), cache.Bytes()
	}
	exact, bytes := read(tensor.F32, 12)
	for _, form := range []tensor.DType{tensor.F16, tensor.BF16, tensor.Q8_0} {
		whole, size := read(form, 12)
		for _, chunks := range [][]int{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {5, 7}, {1, 10, 1}} {
			parts, _ := read(form, chunks...)
			Same(t, parts, whole, 0)
		}
		if d := Distance(whole, exact); d == 0 || !(d < 0.1) || size >= bytes {
			t.Errorf("%v: %v from float32, %d bytes of %d", form, d, size, bytes)
		}
	}
	if err := m.NewCache(1, 12).SetForm(tensor.Q4_0); err == nil {
		t.Error("a cache took the form Q4_0")
	}
}

// cachedRows holds rows of different lengths, decoded together, to give the
// bytes of each alone, also after a row has been cut short and continued.
func cachedRows(t *testing.T, m model.Decoder) {
	text, other := Text(12), []int32{9, 8, 7, 6, 5, 4, 3, 2}
	cache := m.NewCache(2, 16)
	ids, lens := nn.Rows(0, text[:6], other[:3])
	m.Logits(&nn.Pass{Cache: cache, Lens: lens}, ids)
	for i := range 4 {
		ids, _ := nn.Rows(0, text[6+i:7+i], other[3+i:4+i])
		got := m.Logits(&nn.Pass{Cache: cache}, ids)
		Same(t, RowsOf(got, 0, 1), lastOf(logits(m, &nn.Pass{}, text[:7+i])), 0)
		Same(t, RowsOf(got, 1, 1), lastOf(logits(m, &nn.Pass{}, other[:4+i])), 0)
	}
	if err := cache.Truncate(1, 2); err != nil {
		t.Fatal(err)
	}
	ids, lens = nn.Rows(0, text[10:11], other[2:6])
	got := m.Logits(&nn.Pass{Cache: cache, Lens: lens, Last: true}, ids)
	Same(t, RowsOf(got, 0, 1), lastOf(logits(m, &nn.Pass{}, text[:11])), 0)
	Same(t, RowsOf(got, 1, 1), lastOf(logits(m, &nn.Pass{}, other[:6])), 0)
}

// lastOf returns the last place of x [1,T,V]: [1,1,V].
func lastOf(x *tensor.Tensor) *tensor.Tensor {
	v := x.Dim(2)
	return tensor.New(x.Data()[x.Len()-v:], 1, 1, v)
}

// Learns holds that some steps of Adam lower the loss to a tenth.
func Learns(t *testing.T, m any, loss func() *tensor.Tensor) {
	t.Helper()
	nn.Trainable(m)
	params := nn.Params(m)
	m1, m2 := make([][]float32, len(params)), make([][]float32, len(params))
	for i, p := range params {
		m1[i], m2[i] = make([]float32, p.Len()), make([]float32, p.Len())
	}
	var first, last float32
	for step := range 150 {
		l := loss()
		l.Backward()
		if last = l.Data()[0]; step == 0 {
			first = last
		}
		for i, p := range params {
			for j, g := range p.Grad() {
				m1[i][j] += 0.1 * (g - m1[i][j])
				m2[i][j] += 0.05 * (g*g - m2[i][j])
				p.Data()[j] -= 0.01 * m1[i][j] / (sqrt(m2[i][j]) + 1e-4)
			}
			clear(p.Grad())
		}
	}
	if !(last < first/10) {
		t.Errorf("loss went from %v to %v", first, last)
	}
}

// steady holds a decode step to allocate nothing.
func steady(t *testing.T, m model.Decoder) {
	nn.Pack(m)
	arena := &tensor.Arena{}
	cache := m.NewCache(1, 16)
	logits(m, &nn.Pass{Cache: cache}, Text(8))
	p := &nn.Pass{Cache: cache, Arena: arena, Last: true}
	ids, _ := nn.Rows(0, []int32{5})
	if n := testing.AllocsPerRun(20, func() {
		m.Logits(p, ids)
		if err := cache.Truncate(0, 8); err != nil {
			t.Fatal(err)
		}
		arena.Reset()
	}); n != 0 {
		t.Errorf("a decode step makes %v allocations", n)
	}
}
