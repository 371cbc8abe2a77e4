//go:build !amd64 || purego

package kernel

func splitsInt8() bool { return false }

func valueRange(x []float32) (low, high float32, finite bool) { return valueRangeGeneric(x) }

func roundBytes(dst []byte, x []float32, inverse float32, zero int32) {
	roundBytesGeneric(dst, x, inverse, zero)
}
