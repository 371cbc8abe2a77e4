//go:build purego || !amd64

package kernel

func gemmBlocks(f Format, c []float32, ldc int, a *Activations, row, m int, b []byte, n, k int) {
	gemmBlocksGeneric(f, c, ldc, a, row, m, b, n, k)
}

func packPanel(Format, *byte, *byte, int, int) (done bool) { return false }

func quantizeRow(dst []activation, x []float32) { quantizeRowGeneric(dst, x) }
