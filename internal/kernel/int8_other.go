//go:build !amd64 || purego

package kernel

func gemmInt8(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {
	gemmInt8Generic(c, ldc, a, row, m, b, n, k, bias)
}

func splitsInt8() bool { return false }

func valueRange(x []float32) (low, high float32, finite bool) { return valueRangeGeneric(x) }

func roundBytes(dst []byte, x []float32, inverse float32, zero int32) {
	roundBytesGeneric(dst, x, inverse, zero)
}
