package kernel

// A RowOp is a function of the elements of a matrix c and of another, x, that is done
// on many short rows in one call. Its result, to the bit, is that of the functions of
// slices that it is named after, first the sum.
type RowOp uint8

// The functions of rows.
const (
	AddRows         RowOp = iota // c + x
	AddGELURows                  // GELU(c + x)
	AddGELUTanhRows              // GELUTanh(c + x)
	SiLUMulRows                  // SiLU(c) · x
	GELUMulRows                  // GELU(c) · x
	GELUTanhMulRows              // GELUTanh(c) · x
)

// Apply sets the rows of c, of n elements and ldc apart, to the function of them and
// the rows of x, which are ldx apart: 0 if one row is for all. x is no part of c.
func (op RowOp) Apply(c []float32, ldc int, x []float32, ldx, rows, n int) {
	if rows <= 0 || n <= 0 {
		return
	}
	if rows > 1 && (ldc < n || ldx != 0 && ldx < n) || len(c) < (rows-1)*ldc+n || len(x) < (rows-1)*ldx+n {
		panic("kernel: RowOp: sizes that do not fit")
	}
	each, i := max(1, piece/n), 0
	for i < rows && n <= 4*piece && rowTile(op, &c[i*ldc], 4*ldc, &x[i*ldx], 4*ldx, min(each, rows-i), n) {
		i += each
	}
	for ; i < rows; i++ {
		op.row(c[i*ldc:i*ldc+n], x[i*ldx:i*ldx+n])
	}
}

// row does one row by functions of slices.
func (op RowOp) row(c, x []float32) {
	switch op {
	case AddRows:
		add(c, c, x)
	case AddGELURows:
		add(c, c, x)
		gelu(c, c)
	case AddGELUTanhRows:
		add(c, c, x)
		geluTanh(c, c)
	case SiLUMulRows:
		siluMul(c, c, x)
	case GELUMulRows:
		geluMul(c, c, x)
	case GELUTanhMulRows:
		geluTanhMul(c, c, x)
	}
}
