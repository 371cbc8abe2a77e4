//go:build !purego

package kernel

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
