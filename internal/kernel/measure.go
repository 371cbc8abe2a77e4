package kernel

import (
	"encoding/binary"
	"math/bits"
)

// A Peak is a kind of arithmetic whose most possible speed can be measured.
type Peak uint8

// The kinds: multiply-adds of float32, products of bytes added to int32, and products
// of bfloat16 added to float32.
const (
	Float32Peak Peak = iota
	Int8Peak
	BFloat16Peak
)

// Run does turns of the fastest instruction for p that the kernels in use have, on
// registers alone, and returns how many multiplications and additions that was: 0
// where there is no such instruction. A turn takes some ten nanoseconds at most.
func (p Peak) Run(turns int) (operations int) {
	switch {
	case turns <= 0:
		return 0
	case p == Float32Peak && active != generic:
		return peak(turns)
	case p == Int8Peak && integer != generic:
		return peakBytes(turns)
	case p == BFloat16Peak && active != generic:
		return peakHalves(turns)
	}
	return 0
}

// readStep is how many bytes the reading loops take at a time.
const readStep = 512

// readPiece bounds one call of assembly.
const readPiece = 1 << 20

// Read reads p as fast as the processor can and does next to nothing with it: the
// limit of kernels that read weights once. It returns the exclusive or of p's 8-byte
// words, little-endian, the last one filled up with zeros.
func Read(p []byte) (sum uint64) {
	for len(p) >= readStep {
		n := min(len(p), readPiece) / readStep
		sum ^= read(p, n)
		p = p[n*readStep:]
	}
	return sum ^ readGeneric(p)
}

func readGeneric(p []byte) (sum uint64) {
	for ; len(p) >= 8; p = p[8:] {
		sum ^= binary.LittleEndian.Uint64(p)
	}
	for i, b := range p {
		sum ^= bits.RotateLeft64(uint64(b), 8*i)
	}
	return sum
}
