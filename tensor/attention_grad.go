package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// attentionGrad adds the gradients of Attention, whose probabilities are
// computed again rather than kept.
func attentionGrad(q, k, v, bias *Tensor, dy []float32, scale float32, mask Mask) {
	if len(dy) == 0 || k.Len() == 0 {
		return
	}
	t := attentions.get()
	*t = newAttend("Attention", q, q, bias, scale, mask)
	t.giveKeys(k, v)
	t.pack()
	g := &attendGrad{attend: t, dy: dy, kx: k.data, vx: v.data}
	for _, x := range []struct {
		of *Tensor
		to *[]float32
	}{{q, &g.dq}, {k, &g.dk}, {v, &g.dv}} {
		if x.of.needsGrad() {
			*x.to = x.of.summed()
		}
	}
	n := t.K
	if bias.needsGrad() {
		g.dbias = bias.summed()
	}
	if g.dbias == nil || t.biasRow > 0 { // rows share no gradient
		g.split, n = true, t.K*t.kvRows
	}
	parallel.Default().Do(n, 1, g)
	t.drop()
}

// attendGrad works on key/value heads: of one row of keys where split, else of all.
type attendGrad struct {
	*attend
	dy, dq, dk, dv, dbias []float32
	kx, vx                []float32 // k and v as they were given
	split                 bool
}

func (g *attendGrad) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		rows, head := [2]int{0, g.B}, i
		if g.split {
			each := g.B / g.kvRows
			row := i / g.K
			rows, head = [2]int{row * each, (row + 1) * each}, i%g.K
		}
		for b := rows[0]; b < rows[1]; b++ {
			g.heads(b, head)
		}
	}
}

// heads works on the query heads of row b that read key/value head kv.
func (g *attendGrad) heads(b, kv int) {
	group, ld := g.H/g.K, g.K*g.D
	at := b*g.kvRows/g.B*g.S*ld + kv*g.D
	packed, step := kernel.PackedLen(g.D, g.S), g.tileRows()
	rows := step * rowRoom(g.S)
	w := gradRoom{
		tile: tile{panels: &g.panels, b: b}, dp: borrow(rows), turned: borrow(rows),
		keys: borrow(packed), values: borrow(kernel.PackedLen(g.S, g.D)), side: borrow(kernel.PackedLen(g.D, step)),
		at: at,
	}
	w.scores = borrow(rows)
	kernel.PackKN(w.keys, g.kx[at:], g.D, g.S, ld)
	kernel.PackNK(w.values, g.vx[at:], g.S, g.D, ld)
	for h := kv * group; h < (kv+1)*group; h++ {
		w.h, w.head = h, g.head(b, h)
		for i := 0; i < g.T; i += step {
			g.aim(&w.tile, i, min(step, g.T-i), false)
			g.tile(&w)
		}
	}
	for _, s := range [][]float32{w.scores, w.dp, w.turned, w.keys, w.values, w.side} {
		giveBack(s)
	}
}

// gradRoom is what a head's backward pass works in.
type gradRoom struct {
	tile
	dp, turned   []float32 // [queries,keys], and turned around
	keys, values []float32 // packed the other way round than for the forward pass
	side         []float32 // a tile of dy or q, packed
	at           int       // where the head begins in k
}

// tile works on the queries of a tile.
func (g *attendGrad) tile(r *gradRoom) {
	g.probabilities(&r.tile)
	lo, n := r.lo, r.n
	w, ld, ldk := r.hi-lo, g.H*g.D, g.K*g.D
	if w == 0 {
		return
	}
	at := (r.b*g.T+r.i)*ld + r.h*g.D
	p := r.scores
	for j := range n { // without the room between the rows
		copy(p[j*w:(j+1)*w], p[j*r.ld:])
	}
	if g.dv != nil { // pᵀ dy
		if g.mask.Drop.Rate > 0 {
			copy(r.dp, p[:n*w])
			g.dropOut(&r.tile, r.dp, w)
			transpose(r.turned, r.dp, n, w)
		} else {
			transpose(r.turned, p[:n*w], n, w)
		}
		kernel.PackKN(r.side, g.dy[at:], g.D, n, ld)
		kernel.Gemm(g.dv[r.at+lo*ldk:], ldk, r.turned, n, r.side, n*kernel.Panel, w, g.D, n, true)
	}
	kernel.Gemm(r.dp, w, g.dy[at:], ld, r.values[lo*g.D:], g.D*kernel.Panel, n, w, g.D, false)
	g.dropOut(&r.tile, r.dp, w)
	for j := range n {
		p, dp := p[j*w:(j+1)*w], r.dp[j*w:(j+1)*w]
		sum := kernel.Dot(p, dp)
		for s, v := range p {
			dp[s] = v * (dp[s] - sum)
		}
		if g.dbias != nil {
			row := r.b*g.biasRow + (r.h*g.T+r.i+j)*g.biasS + lo
			kernel.Axpy(1, dp, g.dbias[row:row+w])
		}
		kernel.Scale(dp, g.scale, dp)
	}
	if g.dq != nil {
		kernel.Gemm(g.dq[at:], ld, r.dp, w, r.keys[lo*kernel.Panel:], g.S*kernel.Panel, n, g.D, w, true)
	}
	if g.dk != nil {
		transpose(r.turned, r.dp[:n*w], n, w)
		kernel.PackKN(r.side, g.q[at:], g.D, n, ld)
		kernel.Gemm(g.dk[r.at+lo*ldk:], ldk, r.turned, n, r.side, n*kernel.Panel, w, g.D, n, true)
	}
}
