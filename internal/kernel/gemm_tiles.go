//go:build (amd64 || arm64) && !purego

package kernel

// gemmBlock is the number of rows of a panel that are used at a time: 512 KiB, which
// stay in the cache while all rows of A pass, and bound one call into assembly.
const gemmBlock = 4096

// wideRows is the number of rows up to which every level has tiles of a whole panel:
// the speed of memory bounds these, so a panel is read once and in order.
const wideRows = 2

// gemmTiles splits a product into tiles of at most the given rows and columns. Rows
// are dealt out evenly, as a low tile leaves the multipliers idle.
func gemmTiles(rows, columns int, c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {
	if m <= wideRows {
		columns = Panel
	}
	tiles := (m + rows - 1) / rows
	for p := 0; p < n; p += Panel {
		panel := b[p/Panel*stride:]
		load := 0
		if accumulate {
			load = 1
		}
		for k0 := 0; k0 < k; k0 += gemmBlock {
			depth := min(gemmBlock, k-k0)
			for j := p; j < min(p+Panel, n); j += columns {
				width := min(columns, n-j)
				for t := range tiles {
					i, end := t*m/tiles, (t+1)*m/tiles
					gemmTile(end-i, columns, &c[i*ldc+j], 4*ldc, &a[i*lda+k0], 4*lda, &panel[k0*Panel+j-p], depth, width, load)
				}
			}
			load = 1
		}
	}
}
