package kernel

import (
	"encoding/binary"
	"math"
)

// Quantize sets dst to src in format f, bit for bit as ggml's ggml_quantize_chunk
// gives it for finite numbers without an importance matrix. It knows F32, F16, BF16
// and every block format, and panics on another format, see [CanQuantize], or if dst
// is not just the blocks of src.
func Quantize(f Format, dst []byte, src []float32) {
	checkBlocks("Quantize", f, len(src), len(dst))
	if !CanQuantize(f) {
		panic("kernel: Quantize: no encoder for " + f.String())
	}
	values, bytes := f.Block()
	for f == FormatQ8_0 && len(src) > 0 {
		n := min(len(src)/values, piece/values)
		if !encodeQ8Blocks(&dst[0], &src[0], n) {
			break
		}
		src, dst = src[n*values:], dst[n*bytes:]
	}
	for ; len(src) > 0; src, dst = src[values:], dst[bytes:] {
		switch f {
		case FormatF32:
			binary.LittleEndian.PutUint32(dst, math.Float32bits(src[0]))
		case FormatF16:
			putHalf(dst, src[0])
		case FormatBF16:
			var h [1]uint16
			f32ToBF16Generic(h[:], src[:1])
			binary.LittleEndian.PutUint16(dst, h[0])
		case FormatQ8_0:
			encodeQ8(dst, (*[32]float32)(src))
		case FormatQ4_0, FormatQ5_0:
			encodeSigned(f, dst, (*[32]float32)(src))
		case FormatQ4_1, FormatQ5_1:
			encodeRange(f, dst, (*[32]float32)(src))
		case FormatIQ4_NL:
			encodeIQ4NL(dst, (*[32]float32)(src))
		default:
			encodeSuper(f, dst, (*[256]float32)(src))
		}
	}
}

// CanQuantize reports whether [Quantize] knows format f.
func CanQuantize(f Format) bool {
	return f <= FormatBF16 || f >= FormatQ8_0 && f < numFormats
}

func putHalf(dst []byte, v float32) {
	binary.LittleEndian.PutUint16(dst, f16FromBits(math.Float32bits(v)))
}

// inverse returns 1/d, or 0 for 0: the values are divided by the scale as it was
// before its rounding to half precision.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

// encodeQ8 scales by the largest magnitude, and rounds halves away from zero.
func encodeQ8(dst []byte, x *[32]float32) {
	const sign, nearlyHalf = 1 << 31, 0x3effffff
	var top uint32 // the bits of magnitudes are in the order of these
	for _, v := range x {
		top = max(top, math.Float32bits(v)&^sign)
	}
	d := math.Float32frombits(top) / 127
	id := inverse(d)
	putHalf(dst, d)
	for i, v := range x {
		y := float32(v * id)
		if !(abs32(y) < 128) { // d is subnormal, or x is not finite
			y = float32(min(max(math.Round(float64(y)), -128), 127))
		}
		// Cut off after half of one is added: a little less, for sums that would be
		// rounded up to a whole number.
		half := math.Float32frombits(math.Float32bits(y)&sign | nearlyHalf)
		dst[2+i] = byte(int8(int32(y + half)))
	}
}

// encodeSigned scales so that the value of the largest magnitude, of whichever
// sign, is the least code: -8 of 16 or -16 of 32.
func encodeSigned(f Format, dst []byte, x *[32]float32) {
	var top float32
	for _, v := range x {
		if abs32(v) > abs32(top) {
			top = v
		}
	}
	half, codes := float32(8), dst[2:]
	if f == FormatQ5_0 {
		half, codes = 16, dst[6:]
	}
	d := top / -half
	id := inverse(d)
	putHalf(dst, d)
	var high uint32
	for i := range 16 {
		lo := code(float32(x[i]*id)+half+0.5, half)
		hi := code(float32(x[i+16]*id)+half+0.5, half)
		codes[i] = byte(lo&15 | hi<<4)
		high |= lo>>4<<i | hi>>4<<(i+16)
	}
	if f == FormatQ5_0 {
		binary.LittleEndian.PutUint32(dst[2:], high)
	}
}

// encodeRange spreads the codes over the range of the values.
func encodeRange(f Format, dst []byte, x *[32]float32) {
	low, top := x[0], x[0]
	for _, v := range x[1:] {
		low, top = min(low, v), max(top, v)
	}
	steps, codes := float32(15), dst[4:]
	if f == FormatQ5_1 {
		steps, codes = 31, dst[8:]
	}
	d := (top - low) / steps
	id := inverse(d)
	putHalf(dst, d)
	putHalf(dst[2:], low)
	var high uint32
	for i := range 16 {
		lo := code(float32((x[i]-low)*id)+0.5, (steps+1)/2)
		hi := code(float32((x[i+16]-low)*id)+0.5, (steps+1)/2)
		codes[i] = byte(lo&15 | hi<<4)
		high |= lo>>4<<i | hi>>4<<(i+16)
	}
	if f == FormatQ5_1 {
		binary.LittleEndian.PutUint32(dst[4:], high)
	}
}

// code cuts v to a code below 2*half. What is not a number becomes 0.
func code(v, half float32) uint32 {
	if !(v > 0) {
		return 0
	}
	return uint32(min(v, 2*half-1))
}

func abs32(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }
