package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// A KV holds the keys and values that one attention layer has seen, for a number
// of rows, in the layout that attention multiplies by. It has all its room from
// the start. One goroutine at a time may write to it.
type KV struct {
	rows, heads, dim, capacity int // capacity: a whole number of panels
	keys, values               []float32
}

// NewKV returns a cache of rows rows of up to capacity positions, for keys and
// values of heads heads of dim values.
func NewKV(rows, heads, dim, capacity int) *KV {
	capacity = (capacity + kernel.Panel - 1) / kernel.Panel * kernel.Panel
	c := &KV{rows: rows, heads: heads, dim: dim, capacity: capacity}
	c.keys = make([]float32, rows*heads*c.keyLen())
	c.values = make([]float32, rows*heads*c.valueLen())
	return c
}

func (c *KV) keyLen() int   { return c.capacity * c.dim }
func (c *KV) valueLen() int { return kernel.PackedLen(c.dim, c.capacity) }

// Bytes returns how much memory the cache takes.
func (c *KV) Bytes() int { return 4 * (len(c.keys) + len(c.values)) }

// Rows returns the number of rows.
func (c *KV) Rows() int { return c.rows }

// Append writes, for each row b of k and v [B,T,K,D], the first places[b].N
// positions to positions places[b].Past and on of row places[b].Row.
func (c *KV) Append(k, v *Tensor, places []Place) {
	if k.rank != 4 || !sameShape(k, v) || k.dims[2] != c.heads || k.dims[3] != c.dim || len(places) != k.dims[0] {
		fail("KV.Append", "want k, v [B,T,K,D] of the cache's heads, and B places", k, v)
	}
	T, K, D := k.dims[1], c.heads, c.dim
	for b, p := range places {
		if p.N < 0 || p.N > T || p.Past < 0 || p.Past+p.N > c.capacity || p.Row < 0 || p.Row >= c.rows {
			fail("KV.Append", "a place is outside of the cache", k)
		}
		for h := range K {
			keys, values := c.head(p.Row, h)
			for i := range p.N {
				at := ((b*T+i)*K + h) * D
				c.put(keys, values, p.Past+i, k.data[at:at+D], v.data[at:at+D])
			}
		}
	}
}

func (c *KV) head(row, h int) (keys, values []float32) {
	i, kl, vl := row*c.heads+h, c.keyLen(), c.valueLen()
	return c.keys[i*kl : (i+1)*kl], c.values[i*vl : (i+1)*vl]
}

// put writes one position of a head.
func (c *KV) put(keys, values []float32, pos int, k, v []float32) {
	at := pos/kernel.Panel*kernel.Panel*c.dim + pos%kernel.Panel
	for i, x := range k {
		keys[at+i*kernel.Panel] = x
	}
	for i := 0; i < c.dim; i += kernel.Panel {
		copy(values[i*c.capacity+pos*kernel.Panel:], v[i:min(i+kernel.Panel, c.dim)])
	}
}

// Attend is [Attention] of q [B,T,H,D] over the cache, to which this call's keys
// have been appended: query t of row b stands at places[b].Past+t. Mask is as for
// Attention, with the keys of a row counted from its first position on; queries
// that are padding give 0. It keeps no gradient.
func (c *KV) Attend(q, bias *Tensor, scale float32, places []Place, mask Mask) *Tensor {
	return c.attend(q, bias, scale, places, mask, false)
}

// Read is Attend for cross-attention: every query of row b sees the first
// places[b].Past positions of its row, but for those that mask.Keys hides.
func (c *KV) Read(q, bias *Tensor, scale float32, places []Place, mask Mask) *Tensor {
	mask.Causal, mask.Window, mask.Lens = false, 0, nil
	return c.attend(q, bias, scale, places, mask, true)
}

func (c *KV) attend(q, bias *Tensor, scale float32, places []Place, mask Mask, read bool) *Tensor {
	if q.rank != 4 || q.dims[2]%c.heads != 0 || q.dims[3] != c.dim || len(places) != q.dims[0] {
		fail("KV.Attend", "want q [B,T,H,D] of the cache's heads, and B places", q)
	}
	S := 0
	for _, p := range places {
		n := p.N
		if read {
			n = 0
		}
		if p.Past < 0 || p.Past+n > c.capacity || p.Row < 0 || p.Row >= c.rows {
			fail("KV.Attend", "a place is outside of the cache", q)
		}
		S = max(S, p.Past+n)
	}
	if bias != nil && bias.Dim(-1) < S || mask.Keys != nil && len(mask.Keys) < S*q.dims[0] {
		fail("KV.Attend", "the bias or the mask has fewer keys than the cache", q, bias)
	}
	y := like(q)
	t := attentions.get()
	*t = newAttend("KV.Attend", y, q, bias, scale, mask)
	t.kvRows, t.K, t.S, t.cap = c.rows, c.heads, S, c.capacity
	t.k, t.v, t.places, t.read = c.keys, c.values, places, read
	t.run()
	t.drop()
	return y
}

// CopyRow copies the first n positions of row src to row dst.
func (c *KV) CopyRow(dst, src, n int) {
	if dst == src {
		return
	}
	for h := range c.heads {
		toK, toV := c.head(dst, h)
		fromK, fromV := c.head(src, h)
		copyHead(c, toK, toV, fromK, fromV, n)
	}
}

func copyHead(c *KV, toK, toV, fromK, fromV []float32, n int) {
	n = min((n+kernel.Panel-1)/kernel.Panel*kernel.Panel, c.capacity)
	copy(toK[:n*c.dim], fromK[:n*c.dim])
	for at := 0; at < len(toV); at += c.capacity * kernel.Panel {
		copy(toV[at:at+n*kernel.Panel], fromV[at:at+n*kernel.Panel])
	}
}

// SwapRows exchanges the first n positions of rows a and b.
func (c *KV) SwapRows(a, b, n int) {
	n = min((n+kernel.Panel-1)/kernel.Panel*kernel.Panel, c.capacity)
	room := borrow(n * max(c.dim, kernel.Panel))
	for h := range c.heads {
		ka, va := c.head(a, h)
		kb, vb := c.head(b, h)
		swap(ka[:n*c.dim], kb[:n*c.dim], room)
		for at := 0; at < len(va); at += c.capacity * kernel.Panel {
			swap(va[at:at+n*kernel.Panel], vb[at:at+n*kernel.Panel], room)
		}
	}
	giveBack(room)
}

func swap(a, b, room []float32) {
	room = room[:len(a)]
	copy(room, a)
	copy(a, b)
	copy(b, room)
}
