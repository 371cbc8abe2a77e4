package tensor

// Transposed returns the matrix x [n,m] turned around: [m,n]. A stored matrix of
// single values keeps its form; any other becomes a plain array. No gradient
// flows through it.
func Transposed(x *Tensor) *Tensor {
	if x.rank != 2 {
		fail("Transposed", "want a matrix", x)
	}
	rows, cols := x.dims[0], x.dims[1]
	if x.stored != nil {
		if values, width := x.stored.dtype.Block(); values == 1 {
			raw := make([]byte, len(x.stored.raw))
			transposeBytes(raw, x.stored.raw, rows, cols, width)
			y := &Tensor{stored: &stored{x.stored.dtype, raw}}
			y.setShape([]int{cols, rows})
			return y
		}
	}
	y := Zeros(cols, rows)
	transpose(y.data, x.Dense().data, rows, cols)
	return y
}

// transposeBytes is transpose for values of width bytes.
func transposeBytes(dst, src []byte, rows, cols, width int) {
	const tile = 16
	for i0 := 0; i0 < rows; i0 += tile {
		for j0 := 0; j0 < cols; j0 += tile {
			for i := i0; i < min(i0+tile, rows); i++ {
				for j := j0; j < min(j0+tile, cols); j++ {
					copy(dst[(j*rows+i)*width:(j*rows+i+1)*width], src[(i*cols+j)*width:(i*cols+j+1)*width])
				}
			}
		}
	}
}
