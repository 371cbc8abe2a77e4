package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

// matmul is C[m,n] (+)= A[m,k] Bᵀ for a matrix B [n,k], the work split over
// panels of 32 rows of B.
type matmul struct {
	c          []float32
	ldc        int
	a          []float32
	lda        int
	m, n, k    int
	accumulate bool
	bias       []float32 // added to every row of c, if not nil

	weight  *Tensor   // B in whatever form, or
	columns []float32 // Bᵀ, a plain array [k,n]
}

var matmuls freeList[matmul]

// run splits the work over the threads. It allocates nothing in a steady state.
func (t matmul) run() {
	task := matmuls.get()
	*task = t
	grain := 1
	if t.m == 1 { // a panel is read in microseconds: take several at a time
		grain = max(1, 1<<16/(t.k*kernel.Panel+1))
	}
	parallel.Default().Do((t.n+kernel.Panel-1)/kernel.Panel, grain, task)
	*task = matmul{}
	matmuls.put(task)
}

// Run computes the outputs of panels [lo,hi).
func (t *matmul) Run(lo, hi int) {
	stride := t.k * kernel.Panel
	if w := t.weight; w != nil && w.panels != nil && w.panels.f32 != nil {
		t.gemm(w.panels.f32[lo*stride:hi*stride], lo*kernel.Panel, min(hi*kernel.Panel, t.n))
		return
	}
	buf, rows := borrow(stride), []float32(nil)
	if t.weight != nil && t.weight.stored != nil {
		rows = borrow(stride)
	}
	for i := lo; i < hi; i++ {
		t.gemm(t.panel(i, buf, rows), i*kernel.Panel, min((i+1)*kernel.Panel, t.n))
	}
	giveBack(buf)
	if rows != nil {
		giveBack(rows)
	}
}

// panel returns panel i of B as float32, made in buf; rows is room for the same
// number of values.
func (t *matmul) panel(i int, buf, rows []float32) []float32 {
	first := i * kernel.Panel
	n := min(kernel.Panel, t.n-first)
	switch w := t.weight; {
	case w == nil:
		kernel.PackKN(buf, t.columns[first:], n, t.k, t.n)
	case w.panels != nil:
		return w.panels.panel(i, buf)
	case w.stored != nil:
		w.Float32s(rows[:n*t.k], first*t.k)
		kernel.PackNK(buf, rows[:n*t.k], n, t.k, t.k)
	default:
		kernel.PackNK(buf, w.data[first*t.k:(first+n)*t.k], n, t.k, t.k)
	}
	return buf
}

func (t *matmul) gemm(b []float32, first, last int) {
	kernel.Gemm(t.c[first:], t.ldc, t.a, t.lda, b, t.k*kernel.Panel, t.m, last-first, t.k, t.accumulate)
	if t.bias == nil {
		return
	}
	for i := range t.m {
		row := t.c[i*t.ldc+first : i*t.ldc+last]
		kernel.Add(row, row, t.bias[first:last])
	}
}
