package tensor

import (
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

	// From and Until, if not nil, are [B,T]: a query sees no key before its From, and
	// none from its Until on. Until stands in the place of Causal. What a query gets
	// depends on no key outside of these, nor on where in the row they stand.
	From, Until []int32

	Drop Drop // which probabilities are left out
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
	t.giveKeys(k, v)
	if t.kvRows*t.K < 2*parallel.Threads() { // too few heads to give each a thread
		t.pack()
	}
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

// attend is one attention: the core that whole rows, cached rows and memories
// share. Each query's scores stand at their keys' own indices, whatever tile or
// call the query is in, so its sums never depend on that.
type attend struct {
	y, q       []float32 // [B,T,H,D]
	B, T, H, D int
	K          int // key/value heads

	panels panelStore   // keys and values of each row and head
	cached []panelStore // the same in a cache, of each row apart; panels is empty then
	kvRows int
	S      int  // keys
	read   bool // every query sees all past keys, and none is its own

	kx, vx []float32 // [kvRows,S,K,D], where each task packs what it needs itself
	owned  bool      // panels are borrowed

	places  []Place // nil: every row has S keys
	bias    []float32
	biasRow int // values from one row's bias to the next's
	biasS   int
	hide    []float32 // [B,S], -Inf for a key that is hidden, else 0; nil: none is
	scale   float32
	mask    Mask
}

var attentions freeList[attend]

func newAttend(op string, y, q, bias *Tensor, scale float32, mask Mask) attend {
	t := attend{y: y.data, q: q.data, B: q.dims[0], T: q.dims[1], H: q.dims[2], D: q.dims[3], scale: scale, mask: mask}
	if len(mask.Lens) != 0 && len(mask.Lens) != t.B || t.B > 0 && len(mask.Keys)%t.B != 0 {
		fail(op, "the mask has another number of rows", q)
	}
	if mask.From != nil && len(mask.From) != t.B*t.T || mask.Until != nil && len(mask.Until) != t.B*t.T {
		fail(op, "want From and Until for each query", q)
	}
	if mask.Keys != nil {
		t.hide = borrow(len(mask.Keys))
		for i, seen := range mask.Keys {
			t.hide[i] = 0
			if !seen {
				t.hide[i] = hidden
			}
		}
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

// giveKeys tells t of its keys and values, which are yet to be packed.
func (t *attend) giveKeys(k, v *Tensor) {
	t.kvRows, t.S, t.K = k.dims[0], k.dims[1], k.dims[2]
	t.kx, t.vx = k.data, v.data
}

// borrowPanels returns room for the keys and values of n heads.
func (t *attend) borrowPanels(n int) panelStore {
	s := newPanelStore(F32, n, t.D, t.S)
	s.k32.data, s.v32.data = borrow(s.k32.size(&s)), borrow(s.v32.size(&s))
	return s
}

func giveBackPanels(s panelStore) {
	giveBack(s.k32.data)
	giveBack(s.v32.data)
}

// pack brings all keys and values into panels.
func (t *attend) pack() {
	n := t.kvRows * t.K
	t.panels, t.owned = t.borrowPanels(n), true
	p := packs.get()
	p.t = t
	parallel.Default().Do(n, max(1, packGrain/(t.S*t.D+1)), p)
	p.t = nil
	packs.put(p)
	t.kx, t.vx = nil, nil
}

// packGrain is how many keys' values one thread packs at a time.
const packGrain = 1 << 14

// packHeads packs the keys and values of heads.
type packHeads struct{ t *attend }

var packs freeList[packHeads]

func (p *packHeads) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		p.t.packHead(&p.t.panels, i, i)
	}
}

// packHead packs the keys and values of head i, of those of all rows, into head at of s.
func (t *attend) packHead(s *panelStore, at, i int) {
	ld := t.K * t.D
	from := i/t.K*t.S*ld + i%t.K*t.D
	kernel.PackNK(s.k32.strip(s, at, 0), t.kx[min(from, len(t.kx)):], t.S, t.D, ld)
	for d := 0; d < t.D; d += kernel.Panel {
		kernel.PackKN(s.v32.strip(s, at, d/kernel.Panel), t.vx[min(from+d, len(t.vx)):], min(kernel.Panel, t.D-d), t.S, ld)
	}
}

// drop gives back what t holds, and t itself.
func (t *attend) drop() {
	if t.owned {
		giveBackPanels(t.panels)
	}
	if t.hide != nil {
		giveBack(t.hide)
	}
	*t = attend{}
	attentions.put(t)
}

// run works on all rows and heads. Where keys are yet to be packed, a task is all
// that reads one head of them. Else a single query is taken together with the heads
// that share its keys, and more are taken in tiles of one head.
func (t *attend) run() {
	if len(t.y) == 0 {
		return
	}
	if t.splits() {
		t.runSplit()
		return
	}
	n, work := t.B*t.K, t.H/t.K*t.T*t.S*t.D*2
	switch {
	case t.kx != nil:
		n = t.kvRows * t.K
		work *= t.B / t.kvRows
	case t.T > 1:
		n = t.B * t.H * t.tiles()
		work = t.tileRows() * t.S * t.D * 2
	}
	parallel.Default().Do(n, max(1, attentionGrain/max(work, 1)), t)
}

// attentionGrain is how many multiply-adds make a task.
const attentionGrain = 1 << 16

// tileRows is how many queries of a head are taken at a time: few enough that their
// scores stay in the second cache.
func (t *attend) tileRows() int { return min(max(1<<17/max(t.S, 1), 8), 32) }

func (t *attend) tiles() int { return (t.T + t.tileRows() - 1) / t.tileRows() }

// Run works on the tasks [lo,hi), see run.
func (t *attend) Run(lo, hi int) {
	rows := t.tileRows()
	if t.T == 1 {
		rows = min(t.H/t.K, rows)
	}
	w := tile{scores: borrow(rows * rowRoom(t.S))}
	switch {
	case t.kx != nil:
		own := t.borrowPanels(1)
		w.panels = &own
		for i := lo; i < hi; i++ {
			t.packHead(&own, 0, i)
			t.readers(&w, i)
		}
		giveBackPanels(own)
	default:
		w.wide = t.borrowWide()
		for i := lo; i < hi; i++ {
			t.task(&w, i)
		}
	}
	if w.wide != nil {
		giveBack(w.wide)
	}
	giveBack(w.scores)
}

// task works on one row's heads that share keys, if there is one query, and else on
// one tile of queries of one head.
func (t *attend) task(w *tile, i int) {
	group := t.H / t.K
	if t.T == 1 {
		t.look(w, i/t.K, i%t.K*group)
		t.heads(w, i%t.K*group)
		return
	}
	tiles := t.tiles()
	b, h, first := i/tiles/t.H, i/tiles%t.H, i%tiles*t.tileRows()
	t.look(w, b, h)
	t.queries(w, first, min(first+t.tileRows(), t.T))
}

// readers works on all that reads head i of the keys, whose panels are w's only ones.
func (t *attend) readers(w *tile, i int) {
	group, each := t.H/t.K, t.B/t.kvRows
	for b := i / t.K * each; b < (i/t.K+1)*each; b++ {
		w.b = b
		if t.T == 1 {
			t.heads(w, i%t.K*group)
			continue
		}
		for h := i % t.K * group; h < (i%t.K+1)*group; h++ {
			w.h = h
			for first := 0; first < t.T; first += t.tileRows() {
				t.queries(w, first, min(first+t.tileRows(), t.T))
			}
		}
	}
}

// look has w, of packed keys, take query head h of row b.
func (t *attend) look(w *tile, b, h int) {
	w.b, w.h, w.panels, w.head = b, h, &t.panels, t.head(b, h)
	if t.cached != nil {
		w.panels, w.head = &t.cached[w.head/t.K], w.head%t.K
	}
}

// head returns which head of the panels of all rows query head h of row b reads.
func (t *attend) head(b, h int) int {
	row := b * t.kvRows / t.B
	if t.places != nil {
		row = t.places[b].Row
	}
	return row*t.K + h*t.K/t.H
}

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

// real returns how many queries of row b are not padding.
func (t *attend) real(b int) int {
	if t.places == nil || t.read {
		return t.T
	}
	return min(t.T, t.places[b].N)
}

// span returns the keys [lo,hi) that query i of row b may see.
func (t *attend) span(b, i int) (lo, hi int) {
	seen, first := t.keys(b)
	hi = seen
	if t.mask.Until != nil {
		hi = min(hi, int(t.mask.Until[b*t.T+i]))
	} else if t.mask.Causal {
		hi = min(hi, first+i+1)
	}
	if t.mask.Window > 0 {
		lo = max(0, first+i+1-t.mask.Window)
	}
	if t.mask.From != nil {
		lo = max(lo, int(t.mask.From[b*t.T+i]))
	}
	return min(lo, max(hi, 0)), max(hi, 0)
}

// bounds returns the keys that queries [i0,i1) of row b see among them, lo at
// the start of a panel.
func (t *attend) bounds(b, i0, i1 int) (lo, hi int) {
	if !t.ranged() {
		lo, _ = t.span(b, i0)
		_, hi = t.span(b, i1-1)
		return lo / kernel.Panel * kernel.Panel, hi
	}
	lo = t.S
	for i := i0; i < i1; i++ {
		first, last := t.from(b, i)
		lo, hi = min(lo, first), max(hi, last)
	}
	return min(lo, hi) / kernel.Panel * kernel.Panel, hi
}

// ranged tells whether each query has bounds of its own.
func (t *attend) ranged() bool { return t.mask.From != nil || t.mask.Until != nil }

// from returns span, but for a window, which hides keys and moves no sum.
func (t *attend) from(b, i int) (lo, hi int) {
	_, hi = t.span(b, i)
	if t.mask.From != nil {
		lo = max(0, int(t.mask.From[b*t.T+i]))
	}
	return min(lo, hi), hi
}
