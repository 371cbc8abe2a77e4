package measure

import (
	"fmt"

	"github.com/nlp-zoo/zoo/nn"
)

// first reads a prompt of 32 tokens, as whoever waits for the first token does.
func (b *bench) first() {
	n := min(32, b.decoder.Context())
	b.decoder.Logits(&nn.Pass{Arena: &b.arena, Cache: b.cache(1, n), Last: true}, b.text(1, n))
	b.arena.Reset()
}

// cache returns an empty cache of the form that is asked for.
func (b *bench) cache(rows, capacity int) *nn.Cache {
	c := b.decoder.NewCache(rows, capacity)
	if err := c.SetForm(b.o.Cache); err != nil {
		panic(err) // Check has seen the form, and the cache is new
	}
	return c
}

// decoding are the trials of a decoder: to read each prompt, and to write with each
// number of rows.
func (b *bench) decoding() (all []*trial) {
	for _, n := range b.o.Prompt {
		if n > 0 {
			all = append(all, b.reading(n))
		}
	}
	if b.o.Generate > 0 {
		for _, rows := range b.o.Batch {
			all = append(all, b.continuing(rows))
		}
	}
	return all
}

// reading is the trial of a prompt of n tokens.
func (b *bench) reading(n int) *trial {
	ids, cache := b.text(1, n), b.cache(1, n)
	return &trial{
		Test: Test{Name: fmt.Sprint("pp", n), Batch: 1, Tokens: n}, passes: 1, bytes: b.cost.bytes,
		flops: n*(b.cost.flops-b.cost.headFLOPs) + b.cost.headFLOPs, cost: b.cost,
		run: func() {
			clearCache(cache, 0)
			b.decoder.Logits(&nn.Pass{Arena: &b.arena, Cache: cache, Last: true}, ids)
			b.arena.Reset()
		},
	}
}

// continuing is the trial of writing n tokens in each of rows at once, after depth
// tokens that are there.
func (b *bench) continuing(rows int) *trial {
	n, depth := b.o.Generate, b.o.Depth
	cache := b.cache(rows, depth+n)
	if depth > 0 {
		b.decoder.Logits(&nn.Pass{Arena: &b.arena, Cache: cache, Last: true}, b.text(rows, depth))
		b.arena.Reset()
	}
	text := b.text(rows, n)
	step := &nn.IDs{Data: make([]int32, rows), B: rows, T: 1}
	past := cache.Bytes() / (depth + n) * (depth + (n+1)/2) // of keys and values, read in a step on average
	return &trial{
		Test: Test{Name: fmt.Sprint("tg", n), Batch: rows, Tokens: rows * n}, passes: n, bytes: n * (b.cost.bytes + past), flops: n * rows * b.cost.flops, cost: b.cost,
		run: func() {
			clearCache(cache, depth)
			for i := range n {
				copy(step.Data, text.Data[i*rows:])
				b.decoder.Logits(&nn.Pass{Arena: &b.arena, Cache: cache, Last: true}, step)
				b.arena.Reset()
			}
		},
	}
}
