//go:build !purego

package kernel

// quantizePiece is how many blocks one call into assembly quantises at most.
const quantizePiece = 2048

func quantizeRow(dst []activation, x []float32) {
	if active == generic {
		quantizeRowGeneric(dst, x)
		return
	}
	for ; len(dst) > quantizePiece; dst, x = dst[quantizePiece:], x[32*quantizePiece:] {
		quantizeAVX2(&dst[0], &x[0], quantizePiece)
	}
	if len(dst) > 0 {
		quantizeAVX2(&dst[0], &x[0], len(dst))
	}
}
