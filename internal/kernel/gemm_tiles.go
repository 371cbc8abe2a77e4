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

// ahead is how many bytes before their use B's are prefetched: at the speed of memory
// it takes that long.
const ahead = 8 << 10

// A few tiles are too few to hide that reading B takes its time, unless each of them
// prefetches its share. They use streamBlock bytes at a time, and the first two tiles
// take turns to prefetch the next ones.
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
	stream, apart := tiles > 1 && tiles <= streamTiles, 64
	if columns < Panel {
		apart = Panel * sizes.column // a tile reads a part of each row of B
	}
	if stream {
		block = streamBlock / (sizes.b * Panel)
	}
	for p := 0; p < n; p += Panel {
		load := 0
		if accumulate {
			load = 1
		}
		for k0 := 0; k0 < k; k0 += block {
			depth := min(block, k-k0)
			panel := unsafe.Add(b, p/Panel*stride+k0*sizes.b*Panel)
			for t := range tiles {
				i, end := t*m/tiles, (t+1)*m/tiles
				even, odd := ahead, ahead
				if stream {
					even, odd = prefetched(t, streamBlock, apart)
				}
				for j := p; j < min(p+Panel, n); j += columns {
					gemmTile(kind, end-i, columns, &c[i*ldc+j], 4*ldc, unsafe.Add(a, i*lda+k0*sizes.a), lda,
						unsafe.Add(panel, (j-p)*sizes.column), depth, min(columns, n-j), load, even, odd)
				}
			}
			load = 1
		}
	}
}

// prefetched returns how far ahead tile t prefetches every other 64 bytes that it
// reads, which lie apart bytes from each other: of the next bytes, of the number given,
// the first two tiles half each, and the others none that are not there already.
func prefetched(t, next, apart int) (even, odd int) {
	switch t {
	case 0:
		return next, next - apart
	case 1:
		return next + apart, next
	}
	return 0, 0
}

// productSizes holds the bytes of an element of A and of B, and how many bytes lie
// between two columns of a panel of B.
var productSizes = [...]struct{ a, b, column int }{
	productF32: {4, 4, 4}, productF16: {4, 2, 2}, productBF16: {4, 2, 4}, productBF16Fast: {2, 2, 4},
}
