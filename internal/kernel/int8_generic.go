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

// quantizeInt8Row sets codes to those of x.
func quantizeInt8Row(codes []byte, x []float32) int8Row {
	low, high, finite := valueRange(x)
	width := high - low
	switch {
	case !finite || math.IsInf(float64(width), 0):
		clear(codes)
		return int8Row{scale: float32(math.NaN())}
	case width < tiny:
		clear(codes)
		return int8Row{}
	}
	scale := width / 255
	inverse := 1 / scale
	zero := min(int32(math.RoundToEven(float64(-low*inverse))), 255)
	roundBytes(codes, x, inverse, zero)
	return int8Row{scale, -zero}
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
// even, plus zero, within 0 and 255.
func roundBytesGeneric(dst []byte, x []float32, inverse float32, zero int32) {
	for i, v := range x {
		dst[i] = byte(max(0, min(255, int32(math.RoundToEven(float64(v*inverse)))+zero)))
	}
}

func gemmInt8Generic(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {
	for j := range n {
		panel, column := b[j/Panel*Int8Stride(k):], j%Panel
		codes := panel[min(int8Header+4*column, len(panel)):]
		for i := range m {
			r := a.rows[row+i]
			sum := r.shift * int8Sum(panel, column)
			for l, x := range a.codes[(row+i)*a.stride : (row+i)*a.stride+k] {
				sum += int32(x) * int32(int8(codes[l/4*4*Panel+l%4]))
			}
			var start float32
			if bias != nil {
				start = bias[j]
			}
			c[i*ldc+j] = fma32(float32(sum), r.scale*int8Scale(panel, column), start)
		}
	}
}
