package kernel

// Transpose writes src [rows,columns], in rows lds apart, to dst [columns,rows], in rows
// ldd apart.
func Transpose(dst []float32, ldd int, src []float32, lds, rows, columns int) {
	if rows < 0 || columns < 0 || ldd < rows && columns > 1 || lds < columns && rows > 1 {
		panic("kernel: Transpose: sizes that do not fit")
	}
	if rows == 0 || columns == 0 {
		return
	}
	if len(dst) < (columns-1)*ldd+rows || len(src) < (rows-1)*lds+columns {
		panic("kernel: Transpose: slice too short")
	}
	wholeRows, wholeColumns := 0, 0
	if side := squareSide(); side > 0 {
		wholeRows, wholeColumns = rows/side*side, columns/side*side
		transposeSquares(dst, ldd, src, lds, wholeRows, wholeColumns, side)
	}
	transposeBlocks(dst, ldd, src, lds, 0, wholeRows, wholeColumns, columns)
	transposeBlocks(dst, ldd, src, lds, wholeRows, rows, 0, columns)
}

// transposeSquares is Transpose of whole squares.
func transposeSquares(dst []float32, ldd int, src []float32, lds, rows, columns, side int) {
	var block [squareColumns * Panel]float32
	for i0 := 0; i0 < rows; i0 += Panel {
		n := min(Panel, rows-i0)
		for j0 := 0; j0 < columns; j0 += squareColumns {
			m := min(squareColumns, columns-j0)
			for i := 0; i < n; i += side {
				packSquares(&block[i], &src[(i0+i)*lds+j0], 4*lds, m)
			}
			for j := range m {
				if n == Panel {
					*(*[Panel]float32)(dst[(j0+j)*ldd+i0:]) = *(*[Panel]float32)(block[j*Panel:])
				} else {
					copy(dst[(j0+j)*ldd+i0:(j0+j)*ldd+i0+n], block[j*Panel:])
				}
			}
		}
	}
}

// squareColumns is how many columns are turned at a time, into 8 KiB.
const squareColumns = 64

// transposeBlocks turns rows [i0,i1) of columns [j0,j1), in tiles that stay in cache.
func transposeBlocks(dst []float32, ldd int, src []float32, lds, i0, i1, j0, j1 int) {
	const tile = 16
	for ; i0 < i1; i0 += tile {
		for at := j0; at < j1; at += tile {
			for i := i0; i < min(i0+tile, i1); i++ {
				for j := at; j < min(at+tile, j1); j++ {
					dst[j*ldd+i] = src[i*lds+j]
				}
			}
		}
	}
}
