package kernel

import "math"

func f16ToF32Generic(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = math.Float32frombits(f16Bits(uint32(h)))
	}
}

// f16Bits widens a half precision number, bits to bits.
func f16Bits(h uint32) uint32 {
	sign, magnitude := h>>15<<31, h&0x7fff
	switch {
	case magnitude > 0x7c00: // NaN, made quiet
		return sign | 0x7fc00000 | magnitude<<13
	case magnitude == 0x7c00:
		return sign | 0x7f800000
	case magnitude >= 0x0400: // normal: rebias the exponent
		return sign | (magnitude<<13 + (127-15)<<23)
	default: // subnormal: an integer times 2⁻²⁴
		return sign | math.Float32bits(float32(magnitude)*0x1p-24)
	}
}

func bf16ToF32Generic(dst []float32, src []uint16) {
	for i, h := range src {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

func f32ToF16Generic(dst []uint16, src []float32) {
	for i, v := range src {
		dst[i] = f16FromBits(math.Float32bits(v))
	}
}

// f16FromBits narrows a float32 to half precision, bits to bits.
func f16FromBits(b uint32) uint16 {
	sign, magnitude := uint16(b>>31<<15), b&0x7fffffff
	switch {
	case magnitude > 0x7f800000: // NaN, made quiet
		return sign | 0x7e00 | uint16(magnitude>>13&0x3ff)
	case magnitude >= 0x47800000: // 65536 and more
		return sign | 0x7c00
	case magnitude >= 0x38800000: // normal; a carry out of the fraction is right
		magnitude -= (127 - 15) << 23
		return sign | uint16((magnitude+0xfff+magnitude>>13&1)>>13)
	default: // the sum's last place is that of a half precision subnormal
		sum := math.Float32frombits(magnitude) + 0.5
		return sign | uint16(math.Float32bits(sum)-math.Float32bits(0.5))
	}
}

func f32ToBF16Generic(dst []uint16, src []float32) {
	for i, v := range src {
		b := math.Float32bits(v)
		if b&0x7fffffff > 0x7f800000 {
			dst[i] = uint16(b>>16) | 0x40
		} else {
			dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
		}
	}
}
