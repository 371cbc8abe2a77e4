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

// gemm is kernel.Gemm for rows [r0,r1) of p's left side and panels b of float32.
func (p *product) gemm(c []float32, ldc int, b []float32, columns, r0, r1 int) {
	kernel.Gemm(c, ldc, p.a[r0*p.lda:], p.lda, b, p.k*kernel.Panel, r1-r0, columns, p.k, p.add)
}

// eachPanel multiplies by columns [lo,hi) a panel at a time, which fill makes as
// float32 of up to kernel.Panel rows of the matrix.
func (p *product) eachPanel(c []float32, ldc, lo, hi, r0, r1 int, m filler) {
	buf := borrow(p.k * kernel.Panel)
	for j := lo; j < hi; j += kernel.Panel {
		n := min(kernel.Panel, hi-j)
		m.fill(buf, j, n, p.k)
		p.gemm(c[j-lo:], ldc, buf, n, r0, r1)
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

func (w *plainMatrix) traits(k int) traits {
	return traits{4 * k * kernel.Panel, true, floatSpeed, asFloats}
}

func (w *plainMatrix) fill(panel []float32, first, n, k int) {
	kernel.PackNK(panel, w.data[first*k:(first+n)*k], n, k, k)
}

func (w *plainMatrix) multiply(p *product, c []float32, ldc, lo, hi, r0, r1 int) {
	p.eachPanel(c, ldc, lo, hi, r0, r1, w)
}

// checkpointMatrix is a matrix in the form that a checkpoint has it in. The arithmetic
// is that of its values as float32.
type checkpointMatrix Tensor

func (w *checkpointMatrix) traits(k int) traits {
	return traits{4 * k * kernel.Panel, true, floatSpeed, asFloats}
}

func (w *checkpointMatrix) fill(panel []float32, first, n, k int) {
	rows := borrow(n * k)
	(*Tensor)(w).Float32s(rows, first*k)
	kernel.PackNK(panel, rows, n, k, k)
	giveBack(rows)
}

func (w *checkpointMatrix) multiply(p *product, c []float32, ldc, lo, hi, r0, r1 int) {
	p.eachPanel(c, ldc, lo, hi, r0, r1, w)
}

// columnMatrix is a matrix of float32 that lies column by column: [k,n].
type columnMatrix struct {
	data []float32
	n    int
}

func (w *columnMatrix) traits(k int) traits {
	return traits{4 * k * kernel.Panel, true, floatSpeed, asFloats}
}

func (w *columnMatrix) fill(panel []float32, first, n, k int) {
	kernel.PackKN(panel, w.data[first:], n, k, w.n)
}

func (w *columnMatrix) multiply(p *product, c []float32, ldc, lo, hi, r0, r1 int) {
	p.eachPanel(c, ldc, lo, hi, r0, r1, w)
}
