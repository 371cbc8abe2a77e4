//go:build !purego

package kernel

import "unsafe"

// int8Tile computes a tile of the given shape, rows + columns<<8, of which it writes n
// columns, by way of copies where these are fewer.
func int8Tile(shape int, c *float32, ldc int, a *byte, lda int, b *byte, k, n int, rows *int8Row, header *byte, bias *float32, next uintptr, pace int) {
	columns := shape >> 8
	if n == columns {
		int8Whole(shape, c, ldc, a, lda, b, k, n, rows, header, bias, next, pace)
		return
	}
	var tile [4 * 16]float32
	var start [Panel]float32
	copy(start[:], unsafe.Slice(bias, n))
	int8Whole(shape, &tile[0], 4*columns, a, lda, b, k, columns, rows, header, &start[0], next, pace)
	for i := range shape & 0xff {
		copy(unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n), tile[columns*i:])
	}
}
