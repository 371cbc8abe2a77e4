package kernel

import (
	"encoding/binary"
	"math"
)

func int8Scale(panel []byte, column int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(panel[4*column:]))
}

func int8Sum(panel []byte, column int) int32 {
	return int32(binary.LittleEndian.Uint32(panel[4*(Panel+column):]))
}

// packInt8Panel packs the first rows of w.
func packInt8Panel(panel []byte, w []float32, rows, k, ld int) {
	if rows < Panel {
		clear(panel)
	}
	var codes [4 * packBlock]byte
	for j := range rows {
		row := w[j*ld : j*ld+k]
		scale, inverse := int8Steps(row)
		var sum int32
		for k0 := 0; k0 < k; k0 += len(codes) {
			n := min(len(codes), k-k0)
			// A zero point of 128 makes signed codes of unsigned ones, but for their
			// first bit.
			roundBytes(codes[:n], row[k0:k0+n], inverse, 128)
			for i := n; i%4 != 0; i++ {
				codes[i] = 128
			}
			for i := 0; i < n; i += 4 {
				four := binary.LittleEndian.Uint32(codes[i:]) ^ 0x80808080
				binary.LittleEndian.PutUint32(panel[int8Header+(k0+i)*Panel+4*j:], four)
				sum += int32(int8(four)) + int32(int8(four>>8)) + int32(int8(four>>16)) + int32(int8(four>>24))
			}
		}
		binary.LittleEndian.PutUint32(panel[4*j:], math.Float32bits(scale))
		binary.LittleEndian.PutUint32(panel[4*(Panel+j):], uint32(sum))
	}
}

// int8Steps returns the scale of a row of weights, and what to multiply it by.
func int8Steps(row []float32) (scale, inverse float32) {
	low, high, finite := valueRange(row)
	switch largest := max(high, -low); {
	case !finite:
		return float32(math.NaN()), 0
	case largest < tiny:
		return 0, 0
	default:
		scale = largest / 127
		return scale, 1 / scale
	}
}

// int8Meaning returns what the codes of x will mean, and what to multiply x by: 0 if
// all codes are 0.
func int8Meaning(x []float32) (row int8Row, inverse float32) {
	low, high, finite := valueRange(x)
	width := high - low
	switch {
	case !finite || math.IsInf(float64(width), 0):
		return int8Row{scale: float32(math.NaN())}, 0
	case width < tiny:
		return int8Row{}, 0
	}
	scale := width / 255
	inverse = 1 / scale
	zero := min(int32(math.RoundToEven(float64(-low*inverse))), 255)
	return int8Row{scale, -zero}, inverse
}

// valueRange returns the least and the greatest of x and 0, and whether all of x are
// finite; if they are not the numbers mean nothing.
func valueRangeGeneric(x []float32) (low, high float32, finite bool) {
	var poison float32
	for _, v := range x {
		low, high = min(low, v), max(high, v)
		poison += v * 0
	}
	return low, high, poison == 0
}

// roundBytesGeneric sets dst to the integers nearest to x times inverse, halfway to
// even, plus zero, within 0 and 255; to 0 where inverse is 0.
func roundBytesGeneric(dst []byte, x []float32, inverse float32, zero int32) {
	if inverse == 0 { // x may hold what is not a number
		clear(dst[:len(x)])
		return
	}
	for i, v := range x {
		dst[i] = byte(max(0, min(255, int32(math.RoundToEven(float64(v*inverse)))+zero)))
	}
}

// roundSplit is roundBytes for codes that are split.
func roundSplit(dst []byte, x []float32, inverse float32, zero int32) {
	var codes [512]byte
	for len(x) > 0 {
		n := min(len(codes), len(x))
		roundBytes(codes[:n], x[:n], inverse, zero)
		for i := 0; i < n; i += 4 {
			four := uint64(binary.LittleEndian.Uint32(codes[i:]))
			binary.LittleEndian.PutUint64(dst[2*i:], four&0x00ff00ff|four>>8&0x00ff00ff<<32)
		}
		dst, x = dst[min(2*n, len(dst)):], x[n:]
	}
}

// code returns code l of row i.
func (a *Int8Rows) code(i, l int) byte {
	if a.split {
		return a.codes[i*a.stride+l/4*8+l%2*4+l%4/2*2]
	}
	return a.codes[i*a.stride+l]
}

func gemmInt8Generic(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {
	for j := range n {
		panel, column := b[j/Panel*Int8Stride(k):], j%Panel
		codes := panel[min(int8Header+4*column, len(panel)):]
		for i := range m {
			r := a.rows[row+i]
			sum := r.shift * int8Sum(panel, column)
			for l := range k {
				sum += int32(a.code(row+i, l)) * int32(int8(codes[l/4*4*Panel+l%4]))
			}
			var start float32
			if bias != nil {
				start = bias[j]
			}
			c[i*ldc+j] = fma32(float32(sum), r.scale*int8Scale(panel, column), start)
		}
	}
}
