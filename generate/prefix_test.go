package generate

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/gpt"
	_ "github.com/nlp-zoo/zoo/models/llama"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// randomCache returns a cache whose rows have values at random.
func randomCache(r *rand.Rand, form tensor.DType, rows, length int) *nn.Cache {
	c := nn.NewCache(2, rows, 2, 40, 800)
	if err := c.SetForm(form); err != nil {
		panic(err)
	}
	fill(r, c, length)
	return c
}

// fill adds n positions to every row of a cache.
func fill(r *rand.Rand, c *nn.Cache, n int) {
	p := &nn.Pass{Cache: c}
	draw := func(heads int) *tensor.Tensor {
		x := tensor.Zeros(c.Rows(), n, heads, 40)
		for i := range x.Data() {
			x.Data()[i] = r.Float32() - 0.5
		}
		return x
	}
	for layer := range 2 {
		p.Attend(layer, draw(4), draw(2), draw(2), nil, 1, tensor.Mask{Causal: true})
	}
	p.Done(&nn.IDs{B: c.Rows(), T: n})
}

// look attends over a row, and so tells what is in it.
func look(c *nn.Cache, row int) []float32 {
	var all []float32
	for layer := range 2 {
		q := tensor.Zeros(1, 1, 4, 40)
		for i := range q.Data() {
			q.Data()[i] = float32(i%7) - 3
		}
		n := c.Len(row)
		zero := tensor.Zeros(1, 1, 2, 40)
		all = append(all, (&nn.Pass{Cache: c, Slots: []int{row}}).Attend(layer, q, zero, zero, nil, 1, tensor.Mask{Causal: true}).Data()...)
		if c.Len(row) != n {
			panic("a look changes the row")
		}
	}
	return all
}

// What a tree gives back must be what was in the row, for every form.
func TestPrefixTreeKeepsBytes(t *testing.T) {
	for _, form := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.Q8_0} {
		r := rand.New(rand.NewPCG(1, uint64(form)))
		c := randomCache(r, form, 2, 300)
		empty := func() *nn.Cache {
			c := nn.NewCache(2, 1, 2, 40, prefixBlock)
			if err := c.SetForm(form); err != nil {
				t.Fatal(err)
			}
			return c
		}
		tree := newPrefixTree(1<<20, empty)
		tokens := randomTokens(r, 300)
		if err := tree.save(c, 0, tokens); err != nil {
			t.Fatal(err)
		}
		if n := tree.has(tokens[:290]); n != 256 {
			t.Errorf("%v: the tree has %d tokens, want 256", form, n)
		}
		for _, n := range []int{0, 1, 63, 64, 100, 256} {
			into := randomCache(r, form, 1, 0)
			into.CopyRow(0, 0)
			if err := into.CopyFrom(0, 0, c, 0, 0, n); err != nil {
				t.Fatal(err)
			}
			got, err := tree.load(into, 0, n, tokens)
			if err != nil || got != 256 || into.Len(0) != 256 {
				t.Fatalf("%v: %d of %d positions loaded: %v", form, got, into.Len(0), err)
			}
			want := slices.Clone(look(truncated(t, c, 0, 256), 0))
			if !slices.Equal(look(into, 0), want) {
				t.Errorf("%v: after %d positions the tree gives other bytes", form, n)
			}
			c = randomCache(rand.New(rand.NewPCG(1, uint64(form))), form, 2, 300)
		}
	}
}

func truncated(t *testing.T, c *nn.Cache, row, n int) *nn.Cache {
	t.Helper()
	if err := c.Truncate(row, n); err != nil {
		t.Fatal(err)
	}
	return c
}

func randomTokens(r *rand.Rand, n int) []int32 {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = r.Int32N(3)
	}
	return tokens
}

// A tree that is full drops what was used the longest ago, and never a block that
// others follow.
func TestPrefixTreeIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	c := randomCache(r, tensor.F32, 1, 700)
	empty := func() *nn.Cache { return nn.NewCache(2, 1, 2, 40, prefixBlock) }
	tree := newPrefixTree(6*int64(empty().Bytes()), empty)
	a, b := randomTokens(r, 200), randomTokens(r, 200)
	save := func(tokens []int32) {
		t.Helper()
		if err := tree.save(c, 0, tokens); err != nil {
			t.Fatal(err)
		}
	}
	save(a) // 3 blocks
	save(b) // 3 more
	if tree.has(a) != 192 || tree.has(b) != 192 {
		t.Fatalf("the tree has %d and %d tokens", tree.has(a), tree.has(b))
	}
	tree.has(a)
	save(append(slices.Clone(a[:128]), randomTokens(r, 64)...))
	if tree.has(b) != 128 || tree.has(a) != 192 {
		t.Errorf("after one block more: %d and %d tokens", tree.has(a), tree.has(b))
	}
	save(randomTokens(r, 700)) // more than there is room for
	if n := tree.order.Len(); n != 6 {
		t.Errorf("%d blocks, want 6", n)
	}
	if tree.has(a) != 0 {
		t.Errorf("%d tokens of an old text", tree.has(a))
	}
	for range 300 {
		save(randomTokens(r, r.IntN(300)))
		for e := tree.order.Front(); e != nil; e = e.Next() {
			n := e.Value.(*prefixNode)
			if n.parent != &tree.root && n.parent.place == nil || n.parent.children[n.tokens] != n {
				t.Fatal("a block without the one before it")
			}
		}
		if tree.order.Len() > 6 || tree.bytes() > 6*int64(empty().Bytes()) {
			t.Fatalf("%d blocks", tree.order.Len())
		}
	}
}

// Texts that begin as others did, live and ended, are what they are alone, and are
// not read anew.
func TestBatchPrefixes(t *testing.T) {
	config := `{"model_type":"llama","vocab_size":97,"hidden_size":64,"intermediate_size":96,"num_hidden_layers":3,"num_attention_heads":4,
		"num_key_value_heads":2,"max_position_embeddings":700,"initializer_range":0.3}`
	net, err := model.New([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	nn.Init(net, nn.Rand(4))
	d := net.(model.Decoder)
	for _, form := range []tensor.DType{tensor.F32, tensor.F16, tensor.Q8_0} {
		r := rand.New(rand.NewPCG(3, uint64(form)))
		b, err := NewBatch(d, nil, 3, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.SetCacheForm(form); err != nil {
			t.Fatal(err)
		}
		b.keepPrefixes(d, 1<<30)
		shared := make([]int32, d.Context()*3/4)
		for i := range shared {
			shared[i] = r.Int32N(int32(d.Vocab()))
		}
		reused := 0
		for i := range 30 {
			b.chunk = 1 + r.IntN(70)
			prompt := append(slices.Clone(shared[:1+r.IntN(len(shared)-1)]), int32(i))
			o := Options{MaxTokens: 1 + r.IntN(8), CacheForm: form}
			got, n := inBatch(t, b, prompt, o)
			reused += n
			var want []int32
			for tok, err := range Generate(context.Background(), d, nil, prompt, o) {
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, tok.ID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v: text %d of %d tokens: got %v, want %v", form, i, len(prompt), got, want)
			}
			for at := range b.rows { // so that only the tree remembers
				b.kept[at] = b.kept[at][:0]
				b.step.pass.Cache.Release(at)
			}
		}
		if reused < 2000 {
			t.Errorf("%v: no more than %d tokens were used again", form, reused)
		}
	}
}

// inBatch writes one text in a batch.
func inBatch(t *testing.T, b *Batch, prompt []int32, o Options) (got []int32, reused int) {
	t.Helper()
	row, err := b.Add(prompt, o)
	if err != nil {
		t.Fatal(err)
	}
	for b.Len() > 0 {
		made, err := b.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made {
			got = append(got, m.Token.ID)
		}
	}
	return got, row.Reused()
}
