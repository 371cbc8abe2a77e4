package tensor

import (
	"github.com/nlp-zoo/zoo/internal/kernel"
)

// Linear returns x wᵀ + b, for x [...,in], w [out,in] and b [out] or nil:
// [...,out]. The weights may be stored or packed (see Pack); then no gradient
// flows into them.
func Linear(x, w, b *Tensor) *Tensor {
	if w.rank != 2 || x.Dim(-1) != w.dims[1] || b != nil && b.Len() != w.dims[0] {
		fail("Linear", "x's last axis is not w's, or b is not as long as w's first", x, w, b)
	}
	in, out := w.dims[1], w.dims[0]
	m := x.Len() / in
	y := resized(x, out)
	t := matmul{c: y.data, ldc: out, a: x.data, lda: in, m: m, n: out, k: in, weight: w}
	if b != nil {
		t.bias = b.data
	}
	t.run()
	if x.needsGrad() || w.needsGrad() || b.needsGrad() {
		return y.record(func(dy []float32) { linearGrad(x, w, b, dy, m) }, x, w, b)
	}
	return y
}

// resized returns a result of x's shape but for its last axis, of length n.
func resized(x *Tensor, n int) *Tensor {
	var shape [MaxDims]int
	copy(shape[:], x.Shape())
	shape[x.rank-1] = n
	return x.arena.New(shape[:x.rank]...)
}

func linearGrad(x, w, b *Tensor, dy []float32, m int) {
	in, out := w.dims[1], w.dims[0]
	if x.needsGrad() { // dx += dy w
		matmul{c: x.grad, ldc: in, a: dy, lda: out, m: m, n: in, k: out, columns: w.Dense().data, accumulate: true}.run()
	}
	if w.needsGrad() { // dw += dyᵀ x
		dyT := borrow(len(dy))
		transpose(dyT, dy, m, out)
		matmul{c: w.grad, ldc: in, a: dyT, lda: m, m: out, n: in, k: m, columns: x.data, accumulate: true}.run()
		giveBack(dyT)
	}
	if b.needsGrad() {
		for i := range m {
			kernel.Axpy(1, dy[i*out:(i+1)*out], b.grad)
		}
	}
}

// transpose writes src [rows,cols] to dst [cols,rows], in tiles that stay in cache.
func transpose(dst, src []float32, rows, cols int) {
	const tile = 16
	for i0 := 0; i0 < rows; i0 += tile {
		for j0 := 0; j0 < cols; j0 += tile {
			for i := i0; i < min(i0+tile, rows); i++ {
				for j := j0; j < min(j0+tile, cols); j++ {
					dst[j*rows+i] = src[i*cols+j]
				}
			}
		}
	}
}
