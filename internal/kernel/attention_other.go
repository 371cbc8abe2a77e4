//go:build purego || !amd64

package kernel

// squareSide tells that there is no assembly here.
func squareSide() int { return 0 }

func softmaxRows(p *float32, ld, rows, n, step, width int, scale float32) {
	panic("kernel: softmaxRows: no assembly")
}

func packSquares(dst, src *float32, ld, k int) { panic("kernel: packSquares: no assembly") }

func widenColumns(dst *float32, codes *int8, scales *float32, n int) {
	panic("kernel: widenColumns: no assembly")
}

func widenRows(dst *float32, codes *int8, scales *float32, n int) {
	panic("kernel: widenRows: no assembly")
}

func rowTile(op RowOp, c *float32, ldc int, x *float32, ldx, rows, n int) bool { return false }

func encodeQ8Blocks(dst *byte, src *float32, n int) bool { return false }

func normTile(number int, dst, sum, x, y, w, b *float32, n, rows int, eps float32) bool { return false }
