//go:build !purego

package kernel

func read(p []byte, steps int) uint64 {
	if active == generic {
		return readGeneric(p[:steps*readStep])
	}
	return readNEON(&p[0], steps)
}

func peakBytes(turns int) (operations int) {
	if !hasDot() {
		return 0
	}
	peakBytesNEON(turns)
	return 2 * 16 * 14 * turns
}

func peakHalves(int) (operations int) { return 0 }

//go:noescape
func readNEON(p *byte, steps int) uint64

func peakBytesNEON(turns int)
