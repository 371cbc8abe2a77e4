//go:build amd64 && !purego

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

// splitsInt8 reports whether products want codes that are split.
func splitsInt8() bool { return integer == avx2 || integer == avx512 }

func valueRange(x []float32) (low, high float32, finite bool) {
	var poison float32
	whole := len(x) &^ 15
	if whole == 0 {
		return valueRangeGeneric(x)
	}
	switch active {
	case avx2:
		low, high, poison = valueRangeAVX2(&x[0], whole)
	case avx512:
		low, high, poison = valueRangeAVX512(&x[0], whole)
	default:
		return valueRangeGeneric(x)
	}
	lowest, highest, finite := valueRangeGeneric(x[whole:])
	return min(low, lowest), max(high, highest), finite && poison == 0
}

func roundBytes(dst []byte, x []float32, inverse float32, zero int32) {
	whole := len(x) &^ 31
	switch {
	case whole == 0 || inverse == 0:
		whole = 0
	case active == avx2:
		roundBytesAVX2(&dst[0], &x[0], whole, inverse, zero)
	case active == avx512:
		roundBytesAVX512(&dst[0], &x[0], whole, inverse, zero)
	default:
		whole = 0
	}
	roundBytesGeneric(dst[whole:], x[whole:], inverse, zero)
}

//go:noescape
func valueRangeAVX2(x *float32, n int) (low, high, poison float32)

//go:noescape
func valueRangeAVX512(x *float32, n int) (low, high, poison float32)

//go:noescape
func roundBytesAVX2(dst *byte, x *float32, n int, inverse float32, zero int32)

//go:noescape
func roundBytesAVX512(dst *byte, x *float32, n int, inverse float32, zero int32)
