//go:build !purego

package kernel

import "unsafe"

func gemmTileNEON(rows, columns int, c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int) {
	gemmNarrow(productF32, rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
}

func gemmF16TileNEON(rows, columns int, c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int) {
	gemmNarrow(productF16, rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
}

func gemmBF16TileNEON(rows, columns int, c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int) {
	gemmNarrow(productBF16, rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
}

// gemmNarrow computes a tile of 16 or 32 columns, of which it writes n, by way of a
// copy where these are fewer.
func gemmNarrow(kind product, rows, columns int, c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int) {
	if n == columns {
		gemmWhole(kind, rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
		return
	}
	var tile [4 * 16]float32
	for i := range rows {
		copy(tile[columns*i:columns*i+n], unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n))
	}
	gemmWhole(kind, rows, columns, &tile[0], 4*columns, a, lda, b, k, n, load, next, pace)
	for i := range rows {
		copy(unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n), tile[columns*i:])
	}
}

func gemmWhole(kind product, rows, columns int, c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int) {
	switch kind {
	case productF16:
		gemmF16WholeNEON(rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
	case productBF16:
		gemmBF16WholeNEON(rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
	default:
		gemmWholeNEON(rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
	}
}
