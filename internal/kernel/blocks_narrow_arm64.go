//go:build !purego

package kernel

import "unsafe"

// blocksTiles returns the rows of the largest tiles of 16 and of 32 columns of a format
// on the active level, or 0 where there are none.
func blocksTiles(f Format) (narrow, wide int) { return blocksRows(f), 0 }

// blocksTile computes a tile of 16 columns, of which it writes n, by way of a copy where
// these are fewer.
func blocksTile(f Format, rows, _ int, c *float32, ldc int, a *activation, lda int, b *byte, blocks, panels, n, ahead int) {
	if n == BlockColumns {
		blocksWhole(f, rows, c, ldc, a, lda, b, blocks, panels, n, ahead)
		return
	}
	var tile [4 * BlockColumns]float32
	blocksWhole(f, rows, &tile[0], 4*BlockColumns, a, lda, b, blocks, 1, BlockColumns, ahead)
	for i := range rows {
		copy(unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*ldc)), n), tile[BlockColumns*i:])
	}
}
