//go:build purego || !(amd64 || arm64)

package kernel

func gemmInt8(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {
	gemmInt8Generic(c, ldc, a, row, m, b, n, k, bias)
}
