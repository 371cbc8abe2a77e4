//go:build purego || !amd64

package kernel

func packPanel(Format, *byte, *byte, int, int) (done bool) { return false }

func quantizeRow(dst []activation, x []float32) { quantizeRowGeneric(dst, x) }
