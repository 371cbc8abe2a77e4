package nn

import (
	"fmt"

	"github.com/nlp-zoo/zoo/tensor"
)

// A Cache holds the keys and values that the attention layers of a model have
// seen, for a number of rows, each with its own length. A row takes memory as it
// grows. One goroutine at a time may use it.
type Cache struct {
	layers   []*tensor.KV
	lens     []int
	capacity int
	form     tensor.DType

	memory *Memory // whose keys and values cross holds
	cross  []*tensor.KV
}

// NewCache returns a cache with no past, of rows rows of up to capacity
// positions, for layers layers of heads key/value heads of dim values.
func NewCache(layers, rows, heads, dim, capacity int) *Cache {
	c := &Cache{lens: make([]int, rows), capacity: capacity}
	for range layers {
		c.layers = append(c.layers, tensor.NewKV(rows, heads, dim, capacity))
	}
	return c
}

// SetForm has a cache that nothing has been written to keep its values as float32,
// as it does of itself, or as F16, BF16 or Q8_0: what attention gives is then what it
// gives for keys and values rounded so, for a half or about a quarter of the memory. It
// fails on any other form, and on a cache with a past.
func (c *Cache) SetForm(form tensor.DType) error {
	if !tensor.CacheForm(form) {
		return fmt.Errorf("nn: cache: form %v: want F32, F16, BF16 or Q8_0", form)
	}
	for row, n := range c.lens {
		if n > 0 {
			return fmt.Errorf("nn: cache: form %v: row %d has a past in another form", form, row)
		}
	}
	for i, l := range c.layers {
		c.layers[i] = l.Empty(form)
	}
	c.form, c.memory, c.cross = form, nil, nil
	return nil
}

// Form returns the form that the cache keeps its values in.
func (c *Cache) Form() tensor.DType { return c.form }

// Rows returns the number of rows.
func (c *Cache) Rows() int { return len(c.lens) }

// Capacity returns how many positions a row may have.
func (c *Cache) Capacity() int { return c.capacity }

// Len returns how many positions row has.
func (c *Cache) Len(row int) int { return c.lens[row] }

// Bytes returns how much memory the cache takes when all rows are full.
func (c *Cache) Bytes() int {
	n := 0
	for _, l := range c.layers {
		n += l.Bytes()
	}
	for _, l := range c.cross {
		if l != nil {
			n += l.Bytes()
		}
	}
	return n
}

// Held returns how much memory the rows take now.
func (c *Cache) Held() int {
	n := 0
	for _, l := range c.layers {
		n += l.Held()
	}
	return n
}

// Release forgets what row has, and gives its memory back.
func (c *Cache) Release(row int) {
	for _, l := range c.layers {
		l.Release(row)
	}
	c.lens[row] = 0
}

// Reserve has row take memory for n positions at once, or for all it may have,
// rather than as it grows.
func (c *Cache) Reserve(row, n int) {
	for _, l := range c.layers {
		l.Reserve(row, n, c.lens[row])
	}
}

// Truncate forgets the positions of row from n on. It fails if row has fewer.
func (c *Cache) Truncate(row, n int) error {
	if n < 0 || n > c.lens[row] {
		return fmt.Errorf("nn: cache: row %d has %d positions, cannot keep %d", row, c.lens[row], n)
	}
	c.lens[row] = n
	return nil
}

// CopyRow makes row dst begin with the positions of row src, all it has.
func (c *Cache) CopyRow(dst, src int) {
	for _, l := range c.layers {
		l.CopyRow(dst, src, c.lens[src])
	}
	c.lens[dst] = c.lens[src]
}

// CopyFrom makes row dst have, from position at on, n positions of row src of another
// cache of the same layers and form, those from position from on. Both are multiples
// of 32, and dst has no fewer than at positions.
func (c *Cache) CopyFrom(dst, at int, other *Cache, src, from, n int) error {
	switch {
	case at < 0 || at%32 != 0 || from < 0 || from%32 != 0:
		return fmt.Errorf("nn: cache: copy: positions %d and %d are no multiples of 32", at, from)
	case n < 0 || at > c.lens[dst] || at+n > c.capacity || from+n > other.lens[src]:
		return fmt.Errorf("nn: cache: copy: %d positions from %d of %d, to %d of %d", n, from, other.lens[src], at, c.lens[dst])
	case len(c.layers) != len(other.layers) || c.form != other.form:
		return fmt.Errorf("nn: cache: copy: from %d layers of %v to %d of %v", len(other.layers), other.form, len(c.layers), c.form)
	}
	for i, l := range c.layers {
		l.CopyFrom(dst, at, other.layers[i], src, from, n)
	}
	c.lens[dst] = at + n
	return nil
}

// Reorder makes each row i what row from[i] was, as beam search needs.
func (c *Cache) Reorder(from []int) {
	readers := make([]int, len(c.lens)) // rows that have yet to be copied from here
	for i, f := range from {
		if f != i {
			readers[f]++
		}
	}
	done := make([]bool, len(from))
	for progress := true; progress; {
		progress = false
		for i, f := range from {
			if !done[i] && (f == i || readers[i] == 0) {
				if f != i {
					c.CopyRow(i, f)
					readers[f]--
				}
				done[i], progress = true, true
			}
		}
	}
	for i := range from { // what is left are rings, each row read once
		for j := i; !done[j] && !done[from[j]] && from[j] != i; j = from[j] {
			c.swap(j, from[j])
			done[j] = true
		}
		done[i] = true
	}
}

// swap exchanges two rows.
func (c *Cache) swap(a, b int) {
	for _, l := range c.layers {
		l.SwapRows(a, b)
	}
	c.lens[a], c.lens[b] = c.lens[b], c.lens[a]
}

// Memory is what an encoder made of a source, for a decoder to read.
type Memory struct {
	States *tensor.Tensor // [B,S,E]
	Keys   []bool         // [B,S], false for padding; nil: none
}

// Cross is attention of q [B,T,H,D] over a memory of B rows, or of a number that
// divides B: [B,T,H,D]. Project returns the memory's keys and values for this
// layer, [Bk,S,K,D]; with a cache it is called once a memory.
func (p *Pass) Cross(layer int, q *tensor.Tensor, m *Memory, scale float32, drop tensor.Drop, project func() (k, v *tensor.Tensor)) *tensor.Tensor {
	rows, S, B := m.States.Dim(0), m.States.Dim(1), q.Dim(0)
	mask := tensor.Mask{Keys: m.Keys, Drop: drop}
	if m.Keys != nil && B != rows {
		p.keys = p.keys[:0]
		for b := range B {
			at := b * rows / B * S
			p.keys = append(p.keys, m.Keys[at:at+S]...)
		}
		mask.Keys = p.keys
	}
	if p.Cache == nil {
		k, v := project()
		return tensor.Attention(q, k, v, nil, scale, mask)
	}
	c := p.Cache
	if c.memory != m {
		c.memory, c.cross = m, make([]*tensor.KV, len(c.layers))
	}
	if c.cross[layer] == nil {
		k, v := project()
		c.cross[layer] = tensor.NewKVOf(c.form, rows, k.Dim(2), k.Dim(3), S)
		p.places = p.places[:0]
		for b := range rows {
			p.places = append(p.places, tensor.Place{Row: b, N: S})
		}
		c.cross[layer].Append(k, v, p.places)
	}
	p.places = p.places[:0]
	for b := range B {
		p.places = append(p.places, tensor.Place{Row: b * rows / B, Past: S})
	}
	return c.cross[layer].Read(q, nil, scale, p.places, mask)
}
