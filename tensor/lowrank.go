package tensor

import (
	"math"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// A LowRank change of a matrix W [out,in] is Scale·B·A, for A [r,in] and B [out,r]
// (arXiv:2106.09685).
type LowRank struct {
	A, B  *Tensor
	Scale float32
}

var changes freeList[spreadTask[change]]

// change computes the rows of w + Scale·B·A, and their lengths where norms is not nil.
type change struct {
	w          *Tensor
	l          LowRank
	a, b       []float32
	dst, norms []float32
}

func (l LowRank) change(w *Tensor, dst, norms []float32) {
	n, k := w.dims[0], w.dims[1]
	if w.rank != 2 || l.A.rank != 2 || l.B.rank != 2 || l.A.dims[1] != k || l.B.dims[0] != n || l.A.dims[0] != l.B.dims[1] {
		fail("LowRank", "B·A has not w's shape", w, l.A, l.B)
	}
	c := change{w: w, l: l, a: l.A.Dense().data, b: l.B.Dense().data, dst: dst, norms: norms}
	spread(&changes, n, max(1, additionGrain/(k+1)), c)
}

func (c change) span(lo, hi int) {
	k, r := c.w.dims[1], c.l.A.dims[0]
	room := borrow(k)
	defer giveBack(room)
	for i := lo; i < hi; i++ {
		row := room
		if c.dst != nil {
			row = c.dst[i*k : (i+1)*k]
		}
		c.w.Float32s(row, i*k)
		for j, b := range c.b[i*r : (i+1)*r] {
			kernel.Axpy(b*c.l.Scale, c.a[j*k:(j+1)*k], row)
		}
		if c.norms != nil {
			c.norms[i] = float32(math.Sqrt(float64(kernel.Dot(row, row))))
		}
	}
}

// Applied returns w + Scale·B·A as a plain array; w may be stored or packed.
func (l LowRank) Applied(w *Tensor) *Tensor {
	y := Zeros(w.Shape()...)
	l.change(w, y.data, nil)
	return y
}

// Norms returns the length of each row of w + Scale·B·A. No gradient flows through it.
func (l LowRank) Norms(w *Tensor) []float32 {
	norms := make([]float32, w.dims[0])
	l.change(w, nil, norms)
	return norms
}

// Rescale returns x [...,E] times m [E] over norms: DoRA's magnitudes of unit
// directions (arXiv:2402.09353). No gradient flows into norms.
func Rescale(x, m *Tensor, norms []float32) *Tensor {
	e := x.Dim(-1)
	if m.Len() != e || len(norms) != e {
		fail("Rescale", "as many magnitudes and norms as columns are needed", x, m)
	}
	y := like(x)
	gain := make([]float32, e)
	for i, v := range m.data {
		gain[i] = v / norms[i]
	}
	for i := 0; i < len(x.data); i += e {
		kernel.Mul(y.data[i:i+e], x.data[i:i+e], gain)
	}
	if !x.needsGrad() && !m.needsGrad() {
		return y
	}
	return y.record(func(dy []float32) {
		if m.needsGrad() {
			dm := make([]float32, e)
			for i := 0; i < len(dy); i += e {
				kernel.MulAdd(dm, dy[i:i+e], x.data[i:i+e])
			}
			g := m.summed()
			for i, n := range norms {
				g[i] += dm[i] / n
			}
		}
		if x.needsGrad() {
			g := x.summed()
			for i := 0; i < len(dy); i += e {
				kernel.MulAdd(g[i:i+e], dy[i:i+e], gain)
			}
		}
	}, x, m)
}
