package tensor

import (
	"math"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// A Mask says which keys a query may see. Query t of T stands at place S-T+t of
// S keys, so that the last query stands at the last key.
type Mask struct {
	Causal bool   // a query sees no key after its own place
	Window int    // if positive, only the last Window keys up to its own place, itself included
	Lens   []int  // if not nil, row b has Lens[b] keys and the rest is padding
	Keys   []bool // if not nil, [B,S], false for a key that is hidden
}

// Attention returns softmax(scale q kᵀ + bias) v for q [B,T,H,D] and k, v
// [Bk,S,K,D]: [B,T,H,D]. Bk divides B, row b of q reading row b*Bk/B of k, and K
// divides H, each key/value head serving H/K query heads in a row. The bias is
// [H,T,S], [B,H,T,S] or nil. The softmax runs over the keys that mask lets a
// query see; a query that sees none gets 0.
func Attention(q, k, v, bias *Tensor, scale float32, mask Mask) *Tensor {
	if q.rank != 4 || k.rank != 4 || !sameShape(k, v) || q.dims[3] != k.dims[3] ||
		k.dims[2] == 0 || q.dims[2]%k.dims[2] != 0 || k.dims[0] == 0 || q.dims[0]%k.dims[0] != 0 {
		fail("Attention", "want q [B,T,H,D] and k, v [Bk,S,K,D], Bk dividing B and K dividing H", q, k, v)
	}
	y := like(q, k)
	t := attentions.get()
	*t = newAttend("Attention", y, q, bias, scale, mask)
	t.kvRows, t.K, t.S, t.cap = k.dims[0], k.dims[2], k.dims[1], k.dims[1]
	t.packKeys(k, v)
	t.run()
	t.drop()
	if q.needsGrad() || k.needsGrad() || v.needsGrad() || bias.needsGrad() {
		return y.record(func(dy []float32) { attentionGrad(q, k, v, bias, dy, scale, mask) }, q, k, v, bias)
	}
	return y
}

// A Place says which positions of a cache a row of a batch is about.
type Place struct {
	Row  int // of the cache
	Past int // positions before the first of this call
	N    int // positions of this call; what follows in the batch is padding
}

// queryTile is how many queries of a head one task takes.
const queryTile = 32

// attend is one attention: the core that whole rows, cached rows and memories
// share. Each query's scores stand at their keys' own indices, whatever tile or
// call the query is in, so its sums never depend on that.
type attend struct {
	y, q       []float32 // [B,T,H,D]
	B, T, H, D int
	K          int // key/value heads

	k, v   []float32 // of each row and head: panels [S/32][D][32] and [D/32][cap][32]
	kvRows int
	S, cap int  // keys, and rows of a panel of values
	read   bool // every query sees all past keys, and none is its own

	places  []Place // nil: every row has S keys
	bias    []float32
	biasRow int // values from one row's bias to the next's
	biasS   int
	scale   float32
	mask    Mask
	owned   bool // k and v are borrowed
}

var attentions freeList[attend]

func newAttend(op string, y, q, bias *Tensor, scale float32, mask Mask) attend {
	t := attend{y: y.data, q: q.data, B: q.dims[0], T: q.dims[1], H: q.dims[2], D: q.dims[3], scale: scale, mask: mask}
	if len(mask.Lens) != 0 && len(mask.Lens) != t.B || t.B > 0 && len(mask.Keys)%t.B != 0 {
		fail(op, "the mask has another number of rows", q)
	}
	if bias == nil {
		return t
	}
	if bias.rank < 3 || bias.rank > 4 || bias.Dim(-3) != t.H || bias.Dim(-2) != t.T || bias.rank == 4 && bias.dims[0] != t.B {
		fail(op, "want a bias [H,T,S] or [B,H,T,S]", q, bias)
	}
	t.bias, t.biasS = bias.data, bias.Dim(-1)
	if bias.rank == 4 {
		t.biasRow = t.H * t.T * t.biasS
	}
	return t
}

func (t *attend) keyLen() int   { return kernel.PackedLen(t.cap, t.D) }
func (t *attend) valueLen() int { return kernel.PackedLen(t.D, t.cap) }

// packKeys brings k and v [Bk,S,K,D] into panels.
func (t *attend) packKeys(k, v *Tensor) {
	n := t.kvRows * t.K
	t.k, t.v, t.owned = borrow(n*t.keyLen()), borrow(n*t.valueLen()), true
	p := packs.get()
	*p = packTaskKV{t, k.data, v.data}
	parallel.Default().Do(n, max(1, 1<<13/(t.S*t.D+1)), p)
	*p = packTaskKV{}
	packs.put(p)
}

// packTaskKV packs the keys and values of heads.
type packTaskKV struct {
	t    *attend
	k, v []float32
}

var packs freeList[packTaskKV]

func (p *packTaskKV) Run(lo, hi int) {
	t := p.t
	kl, vl, ld := t.keyLen(), t.valueLen(), t.K*t.D
	for i := lo; i < hi; i++ {
		at := i/t.K*t.S*ld + i%t.K*t.D
		kernel.PackNK(t.k[i*kl:(i+1)*kl], p.k[min(at, len(p.k)):], t.S, t.D, ld)
		kernel.PackKN(t.v[i*vl:(i+1)*vl], p.v[min(at, len(p.v)):], t.D, t.S, ld)
	}
}

// drop gives back what t holds, and t itself.
func (t *attend) drop() {
	if t.owned {
		giveBack(t.k)
		giveBack(t.v)
	}
	*t = attend{}
	attentions.put(t)
}

// run works on all rows and heads. A single query is taken together with the
// heads that share its keys; more are taken in tiles of one head.
func (t *attend) run() {
	if len(t.y) == 0 {
		return
	}
	n := t.B * t.K
	if t.T > 1 {
		n = t.B * t.H * t.tiles()
	}
	work := max(1, min(t.T, queryTile)*t.S*t.D*2)
	parallel.Default().Do(n, max(1, 1<<16/work), t)
}

func (t *attend) tiles() int { return (t.T + queryTile - 1) / queryTile }

// Run works on the tasks [lo,hi), see run.
func (t *attend) Run(lo, hi int) {
	room := borrow(min(queryTile, max(t.T, t.H/t.K)) * t.rowRoom())
	group := t.H / t.K
	for i := lo; i < hi; i++ {
		if t.T > 1 {
			first := i % t.tiles() * queryTile
			t.tile(i/t.tiles()/t.H, i/t.tiles()%t.H, first, min(first+queryTile, t.T), room)
			continue
		}
		for g := 0; g < group; g += queryTile {
			t.single(i/t.K, i%t.K*group+g, min(queryTile, group-g), room)
		}
	}
	giveBack(room)
}

// rowRoom is how many scores a query may have, a whole number of panels.
func (t *attend) rowRoom() int { return (t.S + kernel.Panel - 1) / kernel.Panel * kernel.Panel }

// keys returns how many keys row b has, and the place of its first query.
func (t *attend) keys(b int) (seen, first int) {
	switch {
	case t.read:
		return t.places[b].Past, t.places[b].Past
	case t.places != nil:
		return t.places[b].Past + t.places[b].N, t.places[b].Past
	case t.mask.Lens != nil:
		return min(t.S, t.mask.Lens[b]), t.S - t.T
	}
	return t.S, t.S - t.T
}

// queries returns how many queries of row b are not padding.
func (t *attend) queries(b int) int {
	if t.places == nil || t.read {
		return t.T
	}
	return min(t.T, t.places[b].N)
}

// span returns the keys [lo,hi) that query i of row b may see.
func (t *attend) span(b, i int) (lo, hi int) {
	seen, first := t.keys(b)
	hi = seen
	if t.mask.Causal {
		hi = min(hi, first+i+1)
	}
	if t.mask.Window > 0 {
		lo = max(0, first+i+1-t.mask.Window)
	}
	return min(lo, max(hi, 0)), max(hi, 0)
}

// bounds returns the keys that queries [i0,i1) of row b see among them, lo at
// the start of a panel.
func (t *attend) bounds(b, i0, i1 int) (lo, hi int) {
	lo, _ = t.span(b, i0)
	_, hi = t.span(b, i1-1)
	return lo / kernel.Panel * kernel.Panel, hi
}

// head returns the panels of keys and values of row b for query head h.
func (t *attend) head(b, h int) (k, v []float32) {
	row := b * t.kvRows / t.B
	if t.places != nil {
		row = t.places[b].Row
	}
	i := row*t.K + h*t.K/t.H
	return t.k[i*t.keyLen() : (i+1)*t.keyLen()], t.v[i*t.valueLen() : (i+1)*t.valueLen()]
}

// tile computes queries [i0,i1) of row b and head h.
func (t *attend) tile(b, h, i0, i1 int, room []float32) {
	n := min(i1, t.queries(b)) - i0
	ld := t.H * t.D
	at := (b*t.T+i0)*ld + h*t.D
	for i := max(n, 0); i < i1-i0; i++ {
		clear(t.y[at+i*ld : at+i*ld+t.D])
	}
	if n <= 0 {
		return
	}
	lo, hi := t.bounds(b, i0, i0+n)
	k, v := t.head(b, h)
	t.scores(room, b, h, i0, n, lo, hi, k)
	t.weigh(t.y[at:], ld, room, n, lo, hi, v)
}

// single computes the one query of row b for n heads from h, which share keys.
func (t *attend) single(b, h, n int, room []float32) {
	at := (b*t.H + h) * t.D
	if t.queries(b) < 1 {
		clear(t.y[at : at+n*t.D])
		return
	}
	lo, hi := t.bounds(b, 0, 1)
	k, v := t.head(b, h)
	w := hi - lo
	if w > 0 {
		kernel.Gemm(room, w, t.q[at:], t.D, k[lo*t.D:], t.D*kernel.Panel, n, w, t.D, false)
	}
	for j := range n {
		t.soften(room[j*w:(j+1)*w], b, h+j, 0, lo)
	}
	t.weigh(t.y[at:], t.D, room, n, lo, hi, v)
}

// scores leaves in p the probabilities of n queries from i0 of row b and head h
// for the keys [lo,hi): [n,hi-lo].
func (t *attend) scores(p []float32, b, h, i0, n, lo, hi int, k []float32) {
	w, ld := hi-lo, t.H*t.D
	if w == 0 {
		return
	}
	kernel.Gemm(p, w, t.q[(b*t.T+i0)*ld+h*t.D:], ld, k[lo*t.D:], t.D*kernel.Panel, n, w, t.D, false)
	for j := range n {
		t.soften(p[j*w:(j+1)*w], b, h, i0+j, lo)
	}
}

var hidden = float32(math.Inf(-1))

// soften turns the products of query i of row b and head h with the keys from lo
// on into probabilities.
func (t *attend) soften(p []float32, b, h, i, lo int) {
	first, last := t.span(b, i)
	first, last = max(first, lo)-lo, max(last, lo)-lo
	scale := t.scale
	if t.bias != nil {
		kernel.Scale(p, scale, p)
		at := b*t.biasRow + (h*t.T+i)*t.biasS + lo
		kernel.Add(p, p, t.bias[at:at+len(p)])
		scale = 1
	}
	for j := range p[:first] {
		p[j] = hidden
	}
	for j := last; j < len(p); j++ {
		p[j] = hidden
	}
	if t.mask.Keys != nil {
		keys := t.mask.Keys[b*(len(t.mask.Keys)/t.B)+lo:]
		for j := first; j < last; j++ {
			if !keys[j] {
				p[j] = hidden
			}
		}
	}
	kernel.Softmax(p, p, scale)
}

// weigh writes to n rows of y, ld apart, the values of keys [lo,hi) weighed by p.
func (t *attend) weigh(y []float32, ld int, p []float32, n, lo, hi int, v []float32) {
	kernel.Gemm(y, ld, p, hi-lo, v[min(lo*kernel.Panel, len(v)):], t.cap*kernel.Panel, n, t.D, hi-lo, false)
}
