//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// crowdedRows is how many rows a tile has where those of C are whole pages apart: the
// cache has only so many places for what is at the same distance from a page's start,
// and the stores of more rows push each other out.
const crowdedRows = 7

// noBias stands for the bias where there is none.
var noBias [Panel]float32

// int8Tiles splits a product into tiles of at most the given rows and columns.
func int8Tiles(rows, columns int, c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {
	if m <= fewRows && columns < Panel {
		rows, columns = 1, Panel
	}
	if ldc%1024 == 0 && m > 1 { // rows of C compete for a few places of the cache
		rows = min(rows, crowdedRows)
	}
	tiles, stride := (m+rows-1)/rows, Int8Stride(k)
	if k == 0 || a.split != splitsInt8() { // no code to point to, or rows of another level
		gemmInt8Generic(c, ldc, a, row, m, b, n, k, bias)
		return
	}
	for p := 0; p < n; p += Panel {
		at, next := p/Panel*stride, 0
		if p+Panel < n {
			next = at + stride
		}
		panel := b[at : at+stride]
		f := newFetch(uintptr(unsafe.Pointer(&b[0])), at, next, stride, 4*Panel, columns, tiles)
		for t := range tiles {
			i, end := t*m/tiles, (t+1)*m/tiles
			for j := 0; j < min(Panel, n-p); j += columns {
				start := &noBias[j]
				if bias != nil {
					start = &bias[p+j]
				}
				from, pace := f.tile(t, 4*j)
				int8Tile(end-i+columns<<8, &c[i*ldc+p+j], 4*ldc, &a.codes[(row+i)*a.stride], a.stride, &panel[int8Header+4*j], k,
					min(columns, n-p-j), &a.rows[row+i], &panel[4*j], start, from, pace)
			}
		}
	}
}
