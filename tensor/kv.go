package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// A KV holds the keys and values that one attention layer has seen, for a number
// of rows, in the layout that attention multiplies by. A row takes memory as it
// grows. One goroutine at a time may write to it.
type KV struct {
	form       DType
	heads, dim int // heads of a row
	capacity   int // most positions of a row: whole panels
	panels     []panelStore
}

// NewKV returns a cache of rows rows of up to capacity positions, for keys and
// values of heads heads of dim values, in float32.
func NewKV(rows, heads, dim, capacity int) *KV { return NewKVOf(F32, rows, heads, dim, capacity) }

// NewKVOf is [NewKV] for a cache that keeps its values in the given form, one of
// which [CacheForm] is true. What attention gives then is what it gives for keys and
// values rounded to that form.
func NewKVOf(form DType, rows, heads, dim, capacity int) *KV {
	if !CacheForm(form) {
		panic("tensor: NewKVOf: no cache is of the form " + form.String())
	}
	c := &KV{form: form, heads: heads, dim: dim, capacity: roundPanels(capacity), panels: make([]panelStore, rows)}
	for row := range c.panels {
		c.Release(row)
	}
	return c
}

// CacheForm reports whether a cache can be of the form d: F32, F16, BF16 or Q8_0.
func CacheForm(d DType) bool { return d == F32 || d == F16 || d == BF16 || d == Q8_0 }

// Empty returns a cache of c's size in another form, see [NewKVOf].
func (c *KV) Empty(form DType) *KV { return NewKVOf(form, len(c.panels), c.heads, c.dim, c.capacity) }

// Bytes returns how much memory the cache takes when all rows are full.
func (c *KV) Bytes() int {
	s := newPanelStore(c.form, c.heads, c.dim, c.capacity)
	return len(c.panels) * s.bytes()
}

// Held returns how much memory the cache takes now.
func (c *KV) Held() int {
	n := 0
	for i := range c.panels {
		n += c.panels[i].bytes()
	}
	return n
}

// Rows returns the number of rows.
func (c *KV) Rows() int { return len(c.panels) }

// Release gives the memory of a row back, and forgets what is in it.
func (c *KV) Release(row int) { c.panels[row] = newPanelStore(c.form, c.heads, c.dim, 0) }

// A row begins with room for so many positions, or for all if there are no more than
// twice as many. Each time that it is full it doubles.
const firstRoom = 256

// Reserve has a row take memory for n positions at once, or for all it may have,
// rather than as it grows. It keeps its first kept positions.
func (c *KV) Reserve(row, n, kept int) {
	old := &c.panels[row]
	if n = min(n, c.capacity); n <= old.capacity {
		return
	}
	room := max(n, firstRoom, 2*old.capacity)
	if room > c.capacity/2 {
		room = c.capacity
	}
	grown := newPanelStore(c.form, c.heads, c.dim, room)
	grown.allocate()
	grown.copy(0, old, 0, kept)
	*old = grown
}

// Append writes, for each row b of k and v [B,T,K,D], the first places[b].N
// positions to positions places[b].Past and on of row places[b].Row.
func (c *KV) Append(k, v *Tensor, places []Place) {
	if k.rank != 4 || !sameShape(k, v) || k.dims[2] != c.heads || k.dims[3] != c.dim || len(places) != k.dims[0] {
		fail("KV.Append", "want k, v [B,T,K,D] of the cache's heads, and B places", k, v)
	}
	T := k.dims[1]
	for _, p := range places {
		if p.N < 0 || p.N > T || p.Past < 0 || p.Past+p.N > c.capacity || p.Row < 0 || p.Row >= len(c.panels) {
			fail("KV.Append", "a place is outside of the cache", k)
		}
	}
	for _, p := range places {
		c.Reserve(p.Row, p.Past+p.N, p.Past)
	}
	t := appending{c: c, k: k.data, v: v.data, places: places, T: T, most: T/kernel.Panel + 2}
	values := min(T, kernel.Panel)*c.heads*c.dim + 1
	spread(&appends, len(places)*t.most, max(1, appendGrain/values), t)
}

// appendGrain is how many values one thread appends at a time.
const appendGrain = 1 << 13

var appends freeList[spreadTask[appending]]

// appending writes new positions panel by panel. A row's new positions lie in most
// panels, or fewer.
type appending struct {
	c       *KV
	k, v    []float32 // [B,T,K,D]
	places  []Place
	T, most int
}

func (t appending) span(lo, hi int) {
	for i := lo; i < hi; i++ {
		b := i / t.most
		p := t.places[b]
		panel := p.Past/kernel.Panel + i%t.most
		from, to := max(p.Past, panel*kernel.Panel), min(p.Past+p.N, (panel+1)*kernel.Panel)
		if from >= to {
			continue
		}
		for h := range t.c.heads {
			t.head(&t.c.panels[p.Row], h, from, to, ((b*t.T+from-p.Past)*t.c.heads+h)*t.c.dim)
		}
	}
}

// head writes positions [from,to) of a panel of a head of s, the first of which stands
// at at in k and v.
func (t appending) head(s *panelStore, head, from, to, at int) {
	ld := t.c.heads * t.c.dim
	if s.form == F32 && to-from == kernel.Panel {
		kernel.PackNK(s.k32.strip(s, head, 0)[from*s.dim:to*s.dim], t.k[at:], kernel.Panel, s.dim, ld)
		for d := 0; d < s.dim; d += kernel.Panel {
			rows := s.v32.strip(s, head, d/kernel.Panel)[from*kernel.Panel : to*kernel.Panel]
			kernel.PackKN(rows, t.v[at+d:], min(kernel.Panel, s.dim-d), kernel.Panel, ld)
		}
		return
	}
	for pos := from; pos < to; pos, at = pos+1, at+ld {
		s.put(head, pos, t.k[at:at+s.dim], t.v[at:at+s.dim])
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
		if p.Past < 0 || p.Past+n > c.capacity || p.Row < 0 || p.Row >= len(c.panels) || p.Past+n > c.panels[p.Row].capacity {
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
	t.kvRows, t.K, t.S = len(c.panels), c.heads, S
	t.cached, t.places, t.read = c.panels, places, read
	t.run()
	t.drop()
	return y
}

// CopyRow copies the first n positions of row src to row dst.
func (c *KV) CopyRow(dst, src, n int) {
	if dst != src {
		c.CopyFrom(dst, 0, c, src, 0, n)
	}
}

// CopyFrom copies n positions, from position from of row src of another cache of the
// same heads and form, to position at of row dst, the first at of which stay. Both
// are multiples of 32. What follows the positions is undefined.
func (c *KV) CopyFrom(dst, at int, other *KV, src, from, n int) {
	if c.form != other.form || c.heads != other.heads || c.dim != other.dim || at%kernel.Panel != 0 || from%kernel.Panel != 0 || at+n > c.capacity {
		panic("tensor: KV.CopyFrom: the caches or the positions do not fit together")
	}
	if n > 0 {
		c.Reserve(dst, at+n, at)
		c.panels[dst].copy(at, &other.panels[src], from, n)
	}
}

// SwapRows exchanges two rows.
func (c *KV) SwapRows(a, b int) { c.panels[a], c.panels[b] = c.panels[b], c.panels[a] }
