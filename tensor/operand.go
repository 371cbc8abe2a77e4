package tensor

import "github.com/nlp-zoo/zoo/internal/kernel"

// operand returns t, a matrix, as the right side of a product.
func (t *Tensor) operand() operand {
	switch {
	case t.packed != nil:
		return t.packed
	case t.stored != nil:
		return (*checkpointMatrix)(t)
	}
	return (*plainMatrix)(t)
}

// gemm is kernel.Gemm for the rows of t and panels b of float32.
func (p *product) gemm(t target, b []float32) {
	kernel.Gemm(t.c, t.ldc, p.a[t.r0*p.lda:], p.lda, b, p.k*kernel.Panel, t.r1-t.r0, t.hi-t.lo, p.k, p.add)
}

// eachPanel multiplies by the columns of t a panel at a time, which m makes as
// float32 of up to kernel.Panel rows of the matrix.
func (p *product) eachPanel(t target, m filler) {
	buf, c, last := borrow(p.k*kernel.Panel), t.c, t.hi
	for j := t.lo; j < last; j += kernel.Panel {
		part := t
		part.lo, part.hi, part.c = j, min(j+kernel.Panel, last), c[j-t.lo:]
		m.fill(buf, j, part.hi-j, p.k)
		p.gemm(part, buf)
	}
	giveBack(buf)
}

// A filler is a matrix whose panels are made when they are needed.
type filler interface {
	// fill makes a panel of the n rows of k values from first on.
	fill(panel []float32, first, n, k int)
}

// expanding are the traits of a filler.
func expanding(k int) traits {
	return traits{bytes: 4 * k * kernel.Panel, expands: true, speed: floatSpeed}
}

// plainMatrix is a matrix of float32, row by row.
type plainMatrix Tensor

func (w *plainMatrix) traits(k int) traits { return expanding(k) }

func (w *plainMatrix) fill(panel []float32, first, n, k int) {
	kernel.PackNK(panel, w.data[first*k:(first+n)*k], n, k, k)
}

func (w *plainMatrix) multiply(p *product, t target) {
	p.eachPanel(t, w)
}

// checkpointMatrix is a matrix in the form that a checkpoint has it in. The arithmetic
// is that of its values as float32.
type checkpointMatrix Tensor

func (w *checkpointMatrix) traits(k int) traits { return expanding(k) }

func (w *checkpointMatrix) fill(panel []float32, first, n, k int) {
	rows := borrow(n * k)
	(*Tensor)(w).Float32s(rows, first*k)
	kernel.PackNK(panel, rows, n, k, k)
	giveBack(rows)
}

func (w *checkpointMatrix) multiply(p *product, t target) {
	p.eachPanel(t, w)
}

// columnMatrix is a matrix of float32 that lies column by column: [k,n].
type columnMatrix struct {
	data []float32
	n    int
}

func (w *columnMatrix) traits(k int) traits { return expanding(k) }

func (w *columnMatrix) fill(panel []float32, first, n, k int) {
	kernel.PackKN(panel, w.data[first:], n, k, w.n)
}

func (w *columnMatrix) multiply(p *product, t target) {
	p.eachPanel(t, w)
}
