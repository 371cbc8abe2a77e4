//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// gemmBlock is the number of rows of a panel that are used at a time: 256 KiB, which
// stay in the cache while all rows of A pass, and bound one call into assembly.
const gemmBlock = 2048

// fewRows is the number of rows up to which the speed of memory bounds a product:
// tiles are then of a whole panel, so that it is read in order. Where these are not
// the largest tiles they have wideRows.
const fewRows, wideRows = 4, 2

// A few tiles are too few to hide that reading B takes its time, unless they share it:
// they use streamBlock bytes of B at a time.
const streamTiles, streamBlock = 4, 16 << 10

// gemmTiles splits a product into tiles of at most the given rows and columns. Rows
// are dealt out evenly, as a low tile leaves the multipliers idle. lda and stride are
// in bytes.
func gemmTiles(kind product, rows, columns int, c []float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, stride int, m, n, k int, accumulate bool) {
	if m <= fewRows && columns < Panel {
		rows, columns = wideRows, Panel
	}
	tiles, block := (m+rows-1)/rows, gemmBlock
	sizes := productSizes[kind]
	if tiles > 1 && tiles <= streamTiles {
		block = streamBlock / (sizes.b * Panel)
	}
	for p := 0; p < n; p += Panel {
		load := 0
		if accumulate {
			load = 1
		}
		for k0 := 0; k0 < k; k0 += block {
			depth := min(block, k-k0)
			at := p/Panel*stride + k0*sizes.b*Panel
			panel, next := unsafe.Add(b, at), 0
			switch {
			case k0+block < k:
				next = at + block*sizes.b*Panel
			case p+Panel < n:
				next = (p/Panel + 1) * stride
			}
			f := newFetch(uintptr(b), at, next, min(block, k)*sizes.b*Panel, sizes.step*sizes.b*Panel, columns, tiles)
			for t := range tiles {
				i, end := t*m/tiles, (t+1)*m/tiles
				for j := p; j < min(p+Panel, n); j += columns {
					from, pace := f.tile(t, (j-p)*sizes.column)
					gemmTile(kind, end-i, columns, &c[i*ldc+j], 4*ldc, unsafe.Add(a, i*lda+k0*sizes.a), lda,
						unsafe.Add(panel, (j-p)*sizes.column), depth, min(columns, n-j), load, from, pace)
				}
			}
			load = 1
		}
	}
}

// productSizes holds the bytes of an element of A and of B, how many bytes lie between
// two columns of a panel of B, and the elements of a step.
var productSizes = [...]struct{ a, b, column, step int }{
	productF32: {4, 4, 4, 1}, productF16: {4, 2, 2, 1}, productBF16: {4, 2, 4, 2}, productBF16Fast: {2, 2, 4, 2},
}
