//go:build !purego

package kernel

import "unsafe"

// gemmTileNEON computes a tile of 16 or 32 columns, of which it writes n, by way of a
// copy where these are fewer.
func gemmTileNEON(rows, columns int, c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int) {
	if n == columns {
		gemmWholeNEON(rows, columns, c, ldc, a, lda, b, k, n, load, next, pace)
		return
	}
	var tile [4 * 16]float32
	for i := range rows {
		copy(tile[columns*i:columns*i+n], unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n))
	}
	gemmWholeNEON(rows, columns, &tile[0], 4*columns, a, lda, b, k, n, load, next, pace)
	for i := range rows {
		copy(unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n), tile[columns*i:])
	}
}
