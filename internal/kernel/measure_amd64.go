//go:build !purego

package kernel

import (
	"strings"

	"github.com/klauspost/cpuid/v2"
)

func read(p []byte, steps int) uint64 {
	switch {
	case active == generic:
		return readGeneric(p[:steps*readStep])
	case wide():
		return readAVX512(&p[0], steps)
	}
	return readAVX2(&p[0], steps)
}

// wide reports whether the kernels in use are among those of AVX-512.
func wide() bool { return strings.HasPrefix(CPU(), "avx512") }

func peakBytes(turns int) (operations int) {
	switch {
	case wide() && cpuid.CPU.Supports(cpuid.AVX512VNNI):
		peakBytesAVX512VNNI(turns)
		return 2 * 64 * 14 * turns
	case cpuid.CPU.Supports(cpuid.AVXVNNI):
		peakBytesAVXVNNI(turns)
	default:
		peakBytesAVX2(turns)
	}
	return 2 * 32 * 14 * turns
}

func peakHalves(turns int) (operations int) {
	if !wide() || !cpuid.CPU.Supports(cpuid.AVX512BF16) {
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

func peakBytesAVX2(turns int)
