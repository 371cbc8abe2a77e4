package kernel

import "math"

// tiny is the magnitude below which a block counts as 0: the reciprocal of its scale
// might not be finite.
const tiny = 0x1p-100

func quantizeRowGeneric(dst []activation, x []float32) {
	for i := range dst {
		dst[i].quantize((*[32]float32)(x[32*i:]))
	}
}

func (a *activation) quantize(x *[32]float32) {
	var top uint32 // the bits of magnitudes are in the order of magnitudes, NaN last
	for _, v := range x {
		top = max(top, math.Float32bits(v)&^(1<<31))
	}
	*a = activation{}
	switch largest := math.Float32frombits(top); {
	case top >= 0x7f800000:
		a.scale = float32(math.NaN())
		a.total = a.scale
		return
	case largest < tiny:
		return
	default:
		a.scale = largest / 127
	}
	inverse := 1 / a.scale
	for i, v := range x {
		code := int32(math.RoundToEven(float64(v * inverse)))
		a.codes[i] = int8(code)
		a.halves[i/16] -= 128 * code
	}
	a.start = a.halves[0] + a.halves[1]
	a.total = a.scale * float32(a.start/-128)
}
