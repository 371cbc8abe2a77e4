//go:build !purego

package kernel

import "unsafe"

// gemmTileNEON computes a tile of 16 columns or, by way of a whole one, of fewer.
func gemmTileNEON(rows int, c *float32, ldc int, a *float32, lda int, b *float32, k, n, load int) {
	if n == 16 {
		gemmRowsNEON(rows, c, ldc, a, lda, b, k, n, load)
		return
	}
	var tile [4 * 16]float32
	for i := range rows {
		copy(tile[16*i:16*i+n], unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n))
	}
	gemmRowsNEON(rows, &tile[0], 64, a, lda, b, k, n, load)
	for i := range rows {
		copy(unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n), tile[16*i:])
	}
}
