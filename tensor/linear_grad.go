package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// linearGrad adds the gradients of Linear, of m rows.
func linearGrad(x, w, b *Tensor, dy []float32, m int) {
	in, out := w.dims[1], w.dims[0]
	if m == 0 {
		return
	}
	if x.needsGrad() { // dx += dy w
		g, fresh := x.sink()
		if w.data == nil && !w.singles() || out <= deepBlock {
			addProduct(g, dy, m, in, out, w, !fresh)
		} else {
			deepProduct{c: g, a: dy, b: w, m: m, n: in, k: out, add: !fresh}.run()
		}
	}
	if w.needsGrad() || b.needsGrad() {
		t := weightGrad{dy: dy, x: x.data, m: m, in: in, out: out}
		if w.needsGrad() {
			t.dw, t.fresh = w.sink()
		}
		if b.needsGrad() {
			t.db = b.summed()
		}
		t.run()
	}
}

// addProduct sets c to a [m,k] times w [k,n], or adds that.
func addProduct(c, a []float32, m, n, k int, w *Tensor, add bool) {
	p := product{a: a, lda: k, m: m, k: k, add: add, count: 1}
	p.parts[0] = term{c: c, ldc: n, n: n}
	if w.singles() {
		p.parts[0].weight = (*storedColumns)(w)
	} else {
		p.parts[0].weight = &columnMatrix{w.Dense().data, n}
	}
	p.run()
}

// deepBlock is how many products of an element are taken at a time where there are very
// many: as of the gradient of hidden states, which sums over the vocabulary.
const deepBlock = 2048

// deepProduct is the product of a [m,k] and b [k,n], each passed over once: a part of
// b is packed, then blocks of rows of a that stay in the cache pass over it.
type deepProduct struct {
	c, a    []float32
	b       *Tensor
	m, n, k int
	add     bool

	packed   []float32
	from, to int // of k
	packing  bool
}

var deepProducts freeList[deepProduct]

func (p deepProduct) run() {
	t := deepProducts.get()
	*t = p
	panels := (t.n + kernel.Panel - 1) / kernel.Panel
	t.packed = borrow(kernel.PackedLen(t.n, min(deepBlock, t.k)))
	for ; t.from < t.k; t.from = t.to {
		t.to, t.packing = min(t.from+deepBlock, t.k), true
		parallel.Default().Do(panels, 1, t)
		t.packing = false
		parallel.Default().Do((t.m+rowBlock-1)/rowBlock, 1, t)
		t.add = true
	}
	giveBack(t.packed)
	*t = deepProduct{}
	deepProducts.put(t)
}

// Run packs the panels [lo,hi), or multiplies so many blocks of rows.
func (p *deepProduct) Run(lo, hi int) {
	depth := p.to - p.from
	if !p.packing {
		lo, hi = lo*rowBlock, min(hi*rowBlock, p.m)
		kernel.Gemm(p.c[lo*p.n:], p.n, p.a[lo*p.k+p.from:], p.k, p.packed, depth*kernel.Panel, hi-lo, p.n, depth, p.add)
		return
	}
	for i := lo; i < hi; i++ {
		at := i * kernel.Panel
		panel, n := p.packed[at*depth:(at+kernel.Panel)*depth], min(kernel.Panel, p.n-at)
		if p.b.data == nil {
			(*storedColumns)(p.b).pack(panel, at, n, p.from, p.to)
			continue
		}
		kernel.PackKN(panel, p.b.data[p.from*p.n+at:], n, depth, p.n)
	}
}

// weightGrad is the gradient of a matrix [out,in] and its bias: dyᵀ x, summed over m
// rows in their order, and the sums of the columns of dy.
type weightGrad struct {
	dw, db, dy, x []float32
	m, in, out    int
	fresh         bool // dw is to be set

	packed []float32 // x
	rows   int       // of dw in a task at most, which turns as many columns of dy around
	tasks  int
}

var weightGrads freeList[spreadTask[weightGrad]]

// turned is how many columns of dy a task turns around at most: so that they stay in
// the cache, and are a multiple of the rows of a tile of every kernel.
const turned = 84

func (t weightGrad) run() {
	if t.dw != nil {
		t.packed = borrow(kernel.PackedLen(t.in, t.m))
		spread(&packings, (t.in+kernel.Panel-1)/kernel.Panel, 1, packing{t.packed, t.x, t.m, t.in})
	}
	t.rows = turned
	for t.rows > turned/4 && t.out < 4*parallel.Threads()*t.rows {
		t.rows /= 2
	}
	t.tasks = (t.out + t.rows - 1) / t.rows
	spread(&weightGrads, t.tasks, 1, t)
	if t.dw != nil {
		giveBack(t.packed)
	}
}

func (t weightGrad) span(lo, hi int) {
	ld := t.m + 16 // rows that are not a power of two apart
	side := borrow(t.rows * ld)
	for i := lo; i < hi; i++ {
		first := i * t.out / t.tasks
		n := (i+1)*t.out/t.tasks - first
		kernel.Transpose(side, ld, t.dy[first:], t.out, t.m, n)
		if t.dw != nil {
			kernel.Gemm(t.dw[first*t.in:], t.in, side, ld, t.packed, t.m*kernel.Panel, n, t.in, t.m, !t.fresh)
		}
		for j := range n {
			if t.db != nil {
				t.db[first+j] += kernel.Sum(side[j*ld : j*ld+t.m])
			}
		}
	}
	giveBack(side)
}

var packings freeList[spreadTask[packing]]

// packing packs panels of a matrix [k,n].
type packing struct {
	dst, src []float32
	k, n     int
}

func (t packing) span(lo, hi int) {
	for i := lo; i < hi; i++ {
		at := i * kernel.Panel
		kernel.PackKN(t.dst[at*t.k:(at+kernel.Panel)*t.k], t.src[at:], min(kernel.Panel, t.n-at), t.k, t.n)
	}
}
