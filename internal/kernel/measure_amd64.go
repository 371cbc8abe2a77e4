//go:build !purego

package kernel

func read(p []byte, steps int) uint64 {
	switch active {
	case generic:
		return readGeneric(p[:steps*readStep])
	case avx512:
		return readAVX512(&p[0], steps)
	}
	return readAVX2(&p[0], steps)
}

func peakBytes(turns int) (operations int) {
	width := 32
	switch integer {
	case avx512VNNI:
		width = 64
		peakBytesAVX512VNNI(turns)
	case avx512:
		width = 64
		peakBytesAVX512(turns)
	case avxVNNI:
		peakBytesAVXVNNI(turns)
	default:
		peakBytesAVX2(turns)
	}
	return 2 * width * 14 * turns
}

func peakHalves(turns int) (operations int) {
	if active != avx512 || !hasBF16 {
		return 0
	}
	peakHalvesAVX512BF16(turns)
	return 2 * 32 * 14 * turns
}

//go:noescape
func readAVX2(p *byte, steps int) uint64

//go:noescape
func readAVX512(p *byte, steps int) uint64

func peakBytesAVX512VNNI(turns int)

func peakHalvesAVX512BF16(turns int)

func peakBytesAVXVNNI(turns int)

func peakBytesAVX512(turns int)

func peakBytesAVX2(turns int)
