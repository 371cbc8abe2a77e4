//go:build purego || !(amd64 || arm64)

package kernel

func read(p []byte, steps int) uint64 { return readGeneric(p[:steps*readStep]) }

func peak(int) (operations int) { return 0 }

func peakBytes(int) (operations int) { return 0 }

func peakHalves(int) (operations int) { return 0 }
