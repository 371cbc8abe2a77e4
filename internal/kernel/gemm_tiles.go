//go:build (amd64 || arm64) && !purego

package kernel

// gemmBlock is the number of rows of a panel that are used at a time: 256 KiB, which
// stay in the cache while all rows of A pass, and bound one call into assembly.
const gemmBlock = 2048

// fewRows is the number of rows up to which the speed of memory bounds a product:
// tiles are then of a whole panel, so that it is read in order. Where these are not
// the largest tiles they have wideRows.
const fewRows, wideRows = 4, 2

// gemmTiles splits a product into tiles of at most the given rows and columns. Rows
// are dealt out evenly, as a low tile leaves the multipliers idle.
func gemmTiles(rows, columns int, c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {
	if m <= fewRows && columns < Panel {
		rows, columns = wideRows, Panel
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
			for t := range tiles {
				i, end := t*m/tiles, (t+1)*m/tiles
				for j := p; j < min(p+Panel, n); j += columns {
					gemmTile(end-i, columns, &c[i*ldc+j], 4*ldc, &a[i*lda+k0], 4*lda, &panel[k0*Panel+j-p], depth, min(columns, n-j), load)
				}
			}
			load = 1
		}
	}
}
