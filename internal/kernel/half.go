package kernel

// F16ToF32 sets dst to the IEEE 754 half precision numbers of src, exactly. NaN
// keeps its payload and becomes quiet.
func F16ToF32(dst []float32, src []uint16) {
	if len(src) != len(dst) {
		sameLength("F16ToF32", len(dst), len(src))
	}
	f16ToF32(dst, src)
}

// BF16ToF32 sets dst to the bfloat16 numbers of src, exactly.
func BF16ToF32(dst []float32, src []uint16) {
	if len(src) != len(dst) {
		sameLength("BF16ToF32", len(dst), len(src))
	}
	bf16ToF32(dst, src)
}

// F32ToF16 sets dst to src in IEEE 754 half precision, rounded to nearest, halfway
// to even; what is too large becomes infinite. NaN becomes quiet.
func F32ToF16(dst []uint16, src []float32) {
	if len(src) != len(dst) {
		sameLength("F32ToF16", len(dst), len(src))
	}
	f32ToF16(dst, src)
}

// F32ToBF16 sets dst to src in bfloat16, rounded to nearest, halfway to even. NaN
// becomes quiet.
func F32ToBF16(dst []uint16, src []float32) {
	if len(src) != len(dst) {
		sameLength("F32ToBF16", len(dst), len(src))
	}
	f32ToBF16(dst, src)
}
