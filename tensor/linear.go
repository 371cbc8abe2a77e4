package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// An Affine map is x Wᵀ + B, for W [out,in] and B [out] or nil. The weights may be
// stored or packed (see Pack); then no gradient flows into them.
type Affine struct{ W, B *Tensor }

// Linear returns x wᵀ + b, for x [...,in], w [out,in] and b [out] or nil:
// [...,out].
func Linear(x, w, b *Tensor) *Tensor { return linear(x, Affine{w, b}, nil) }

// LinearThen returns act of x Wᵀ + B: [...,out]. The activation is applied while
// the result is in the cache, and without a further wait of threads for each other.
func LinearThen(x *Tensor, l Affine, act *Activation) *Tensor {
	if l.needsGrad(x) { // the gradient needs what comes before the activation
		return act.Apply(Linear(x, l.W, l.B))
	}
	return linear(x, l, act)
}

// Linear2 returns Linear of x by each of two maps, as one loop over the threads.
func Linear2(x *Tensor, a, b Affine) (ya, yb *Tensor) {
	y := linears(x, [maxParts]Affine{a, b})
	return y[0], y[1]
}

// Linear3 returns Linear of x by each of three maps, as one loop over the threads.
func Linear3(x *Tensor, a, b, c Affine) (ya, yb, yc *Tensor) {
	y := linears(x, [maxParts]Affine{a, b, c})
	return y[0], y[1], y[2]
}

// Gated returns act of x by the map gate, times x by the map up: the first half of
// the feed-forward layers of "GLU Variants Improve Transformer", arXiv:2002.05202.
func Gated(x *Tensor, gate, up Affine, act *Activation) *Tensor {
	if gate.needsGrad(x) || up.needsGrad(x) {
		return Mul(LinearThen(x, gate, act), Linear(x, up.W, up.B))
	}
	up.check(x)
	if gate.W.dims[0] != up.W.dims[0] {
		fail("Gated", "the two maps have not as many rows", gate.W, up.W)
	}
	y, p := begin(x, gate)
	t := &p.parts[0]
	t.act, t.up = act, up.W.operand()
	if up.B != nil {
		t.upBias = up.B.data
	}
	p.run()
	return y
}

func (l Affine) needsGrad(x *Tensor) bool { return x.needsGrad() || l.W.needsGrad() || l.B.needsGrad() }

func (l Affine) check(x *Tensor) {
	if l.W.rank != 2 || x.Dim(-1) != l.W.dims[1] || l.B != nil && l.B.Len() != l.W.dims[0] {
		fail("Linear", "x's last axis is not w's, or b is not as long as w's first", x, l.W, l.B)
	}
}

// begin returns the result of a map of x, and the product that makes it.
func begin(x *Tensor, l Affine) (*Tensor, product) {
	l.check(x)
	k := x.Dim(-1)
	p := product{a: x.data, lda: k, m: len(x.data) / max(k, 1), k: k}
	return p.extend(x, l), p
}

// extend has the product make a map of x, too.
func (p *product) extend(x *Tensor, l Affine) *Tensor {
	n := l.W.dims[0]
	y := resized(x, n)
	t := &p.parts[p.count]
	*t = term{c: y.data, ldc: n, n: n, weight: l.W.operand()}
	if l.B != nil {
		t.bias = l.B.data
	}
	p.count++
	return y
}

func linear(x *Tensor, l Affine, act *Activation) *Tensor {
	y, p := begin(x, l)
	p.parts[0].act = act
	p.run()
	return l.recorded(x, y)
}

func linears(x *Tensor, maps [maxParts]Affine) (out [maxParts]*Tensor) {
	var p product
	out[0], p = begin(x, maps[0])
	for i, l := range maps[1:] {
		if l.W != nil {
			l.check(x)
			out[i+1] = p.extend(x, l)
		}
	}
	p.run()
	for i, y := range out {
		if y != nil {
			maps[i].recorded(x, y)
		}
	}
	return out
}

// recorded remembers that y is l of x, where a gradient is asked for.
func (l Affine) recorded(x, y *Tensor) *Tensor {
	if !l.needsGrad(x) {
		return y
	}
	return y.record(func(dy []float32) { linearGrad(x, l.W, l.B, dy, y.Len()/l.W.dims[0]) }, x, l.W, l.B)
}

// resized returns a result of x's shape but for its last axis, of length n.
func resized(x *Tensor, n int) *Tensor {
	var shape [MaxDims]int
	copy(shape[:], x.Shape())
	shape[x.rank-1] = n
	return x.arena.New(shape[:x.rank]...)
}

// transpose writes src [rows,cols] to dst [cols,rows].
func transpose(dst, src []float32, rows, cols int) {
	kernel.Transpose(dst, rows, src, cols, rows, cols)
}
