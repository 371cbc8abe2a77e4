package kernel

// Panel is the number of columns of a panel of a packed matrix.
//
// A packed matrix holds the right side of a product, [K,N], as panels of Panel
// columns: panel p is [K][Panel], from b[p*stride] on, with stride at least K*Panel
// and the columns that the last panel lacks zero.
const Panel = 32

// PackedLen returns the length of a packed matrix of n columns and k rows, its
// stride being k*Panel.
func PackedLen(n, k int) int { return (n + Panel - 1) / Panel * Panel * k }

// checkPack panics unless dst, of the length given, takes packed elements, and w holds
// a matrix of rows x columns.
func checkPack(name string, dst, w, packed, rows, columns, ld int) {
	if rows < 0 || columns < 0 || ld < columns {
		panic("kernel: " + name + ": sizes that do not fit")
	}
	if dst < packed || rows > 0 && w < (rows-1)*ld+columns {
		panic("kernel: " + name + ": slice too short")
	}
}

// PackNK packs w, [N,K] in rows ld apart (as a PyTorch Linear holds its weight),
// so that [Gemm] multiplies by its transpose.
func PackNK(dst, w []float32, n, k, ld int) {
	checkPack("PackNK", len(dst), len(w), PackedLen(n, k), n, k, ld)
	packNK(dst, w, n, k, ld, packSquaresOf)
}

// packNK packs w, and has squares, unless it is nil, do a part of each panel.
func packNK[T float32 | uint16](dst, w []T, n, k, ld int, squares func(panel, rows []T, ld, columns, k int) (side int)) {
	for p := 0; p < n; p += Panel {
		panel, rows := dst[p*k:(p+Panel)*k], w[p*ld:]
		columns, side := min(Panel, n-p), 0
		if columns < Panel {
			clear(panel)
		}
		if squares != nil {
			side = squares(panel, rows, ld, columns, k)
		}
		if side == 0 {
			packColumns(panel, rows, ld, 0, columns, 0, k)
			continue
		}
		packColumns(panel, rows, ld, 0, columns/side*side, k/side*side, k)
		packColumns(panel, rows, ld, columns/side*side, columns, 0, k)
	}
}

// packSquaresOf packs the rows of a panel as far as they make up whole squares, and
// returns the side of a square: 0 if there are none.
func packSquaresOf(panel, rows []float32, ld, columns, k int) (side int) {
	if side = squareSide(); side == 0 {
		return 0
	}
	for j := 0; j+side <= columns; j += side {
		for i := 0; i+side <= k; i += packSide {
			packSquares(&panel[i*Panel+j], &rows[j*ld+i], 4*ld, min(packSide, (k-i)/side*side))
		}
	}
	return side
}

// packSide is how many columns of a few rows one call into assembly packs: some 2 µs.
const packSide = 2048

// packColumns packs columns [k0,k1) of rows [j0,j1) of w into a panel.
func packColumns[T float32 | uint16](panel, w []T, ld, j0, j1, k0, k1 int) {
	// Squares of the matrix, so that both sides stay in the cache.
	for i0 := k0; i0 < k1; i0 += packBlock {
		i1 := min(i0+packBlock, k1)
		block := panel[i0*Panel : i1*Panel]
		row := func(j int) []T { return w[j*ld+i0 : j*ld+i1] }
		j := j0
		for ; j+4 <= j1; j += 4 {
			packFour(block[j:], row(j), row(j+1), row(j+2), row(j+3))
		}
		for ; j < j1; j++ {
			for i, v := range row(j) {
				block[i*Panel+j] = v
			}
		}
	}
}

// packFour writes four rows side by side.
func packFour[T float32 | uint16](dst, r0, r1, r2, r3 []T) {
	r1, r2, r3 = r1[:len(r0)], r2[:len(r0)], r3[:len(r0)]
	for i, v := range r0 {
		d := (*[4]T)(dst[i*Panel:])
		d[0], d[1], d[2], d[3] = v, r1[i], r2[i], r3[i]
	}
}

// packBlock is the number of rows of a panel that PackNK writes at a time: 16 KiB.
const packBlock = 128

// PackKN packs w, [K,N] in rows ld apart, so that [Gemm] multiplies by w itself.
func PackKN(dst, w []float32, n, k, ld int) {
	checkPack("PackKN", len(dst), len(w), PackedLen(n, k), k, n, ld)
	for p := 0; p < n; p += Panel {
		panel := dst[p*k : (p+Panel)*k]
		columns := min(Panel, n-p)
		if columns == Panel {
			for i := range k {
				*(*[Panel]float32)(panel[i*Panel:]) = *(*[Panel]float32)(w[i*ld+p:])
			}
			continue
		}
		for i := range k {
			row := panel[i*Panel : (i+1)*Panel]
			copy(row, w[i*ld+p:i*ld+p+columns])
			clear(row[columns:])
		}
	}
}

// UnpackRow sets dst to column row of the packed matrix b, which is row of the
// matrix [N,K] that [PackNK] packed; k is its length.
func UnpackRow(dst, b []float32, stride, row, k int) {
	column := columnOf("UnpackRow", b, len(dst), stride, row, k)
	for i := range dst[:k] {
		dst[i] = column[i*Panel]
	}
}

// columnOf returns b from the first element of a column on, having checked that a
// panel's column of k elements lies in it, and fits a slice of the length given.
func columnOf[T float32 | uint16](name string, b []T, dst, stride, row, k int) []T {
	if row < 0 || k < 0 || stride < k*Panel || dst < k {
		panic("kernel: " + name + ": sizes that do not fit")
	}
	at := row/Panel*stride + row%Panel
	if k > 0 && at+(k-1)*Panel >= len(b) {
		panic("kernel: " + name + ": slice too short")
	}
	return b[min(at, len(b)):]
}
