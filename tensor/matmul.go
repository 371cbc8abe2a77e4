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
	blocks     int       // of rows, see run
	bias       []float32 // added to every row of c, if not nil

	weight  *Tensor   // B in whatever form, or
	columns []float32 // Bᵀ, a plain array [k,n]
}

var matmuls freeList[matmul]

// rowBlock is how many rows of A a task takes where there are too few panels for
// all threads.
const rowBlock = 64

// run splits the work over the threads. It allocates nothing in a steady state.
func (t matmul) run() {
	if t.m == 0 || t.n == 0 {
		return
	}
	task := matmuls.get()
	*task = t
	pool, grain, n := parallel.Default(), 1, (t.n+kernel.Panel-1)/kernel.Panel
	task.blocks = 1
	if n < 4*pool.Threads() {
		task.blocks = max(1, t.m/rowBlock)
	}
	if t.m == 1 { // a panel is read in microseconds: take several at a time
		grain = max(1, 1<<16/(t.k*kernel.Panel+1))
	}
	pool.Do(n*task.blocks, grain, task)
	*task = matmul{}
	matmuls.put(task)
}

// Run computes the tasks [lo,hi): all rows of a panel, or one block of them.
func (t *matmul) Run(lo, hi int) {
	stride := t.k * kernel.Panel
	packed := t.weight != nil && t.weight.panels != nil && t.weight.panels.f32 != nil
	if packed && t.blocks == 1 { // side by side: one call
		t.gemm(t.weight.panels.f32[lo*stride:hi*stride], lo*kernel.Panel, min(hi*kernel.Panel, t.n), 0, t.m)
		return
	}
	var buf, rows []float32
	if !packed {
		buf = borrow(stride)
	}
	if t.weight != nil && t.weight.stored != nil {
		rows = borrow(stride)
	}
	for i, last, b := lo, -1, []float32(nil); i < hi; i++ {
		p, block := i/t.blocks, i%t.blocks
		if p != last {
			b, last = t.panel(p, buf, rows), p
		}
		t.gemm(b, p*kernel.Panel, min((p+1)*kernel.Panel, t.n), block*t.m/t.blocks, (block+1)*t.m/t.blocks)
	}
	if buf != nil {
		giveBack(buf)
	}
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

// gemm computes rows [r0,r1) and columns [first,last) of C from panels b.
func (t *matmul) gemm(b []float32, first, last, r0, r1 int) {
	kernel.Gemm(t.c[r0*t.ldc+first:], t.ldc, t.a[r0*t.lda:], t.lda, b, t.k*kernel.Panel, r1-r0, last-first, t.k, t.accumulate)
	if t.bias == nil {
		return
	}
	for i := r0; i < r1; i++ {
		row := t.c[i*t.ldc+first : i*t.ldc+last]
		kernel.Add(row, row, t.bias[first:last])
	}
}
