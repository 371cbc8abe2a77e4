//go:build purego || !(amd64 || arm64)

package kernel

func gemmBlocks(f Format, c []float32, ldc int, a *Activations, row, m int, b []byte, n, k int) {
	gemmBlocksGeneric(f, c, ldc, a, row, m, b, n, k)
}
