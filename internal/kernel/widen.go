package kernel

// WidenColumns sets dst, rows of [Panel], to codes times scales: one block of each
// of Panel columns, each with its scale in half precision. The products are exact.
func WidenColumns(dst []float32, codes []int8, scales []uint16) {
	if len(codes) != len(dst) || len(dst)%Panel != 0 || len(scales) != Panel {
		sameLength("WidenColumns", len(dst), len(codes), len(scales))
	}
	var wide [Panel]float32
	f16ToF32(wide[:], scales)
	if squareSide() == 0 {
		widenColumnsGeneric(dst, codes, &wide)
		return
	}
	for len(dst) > 0 {
		n := min(len(dst), piece)
		widenColumns(&dst[0], &codes[0], &wide[0], n/Panel)
		dst, codes = dst[n:], codes[n:]
	}
}

// WidenRows sets dst, rows of [Panel], to codes times scales: each row is a block and
// has its scale in half precision. The products are exact.
func WidenRows(dst []float32, codes []int8, scales []uint16) {
	if len(codes) != len(dst) || len(dst) != Panel*len(scales) {
		sameLength("WidenRows", len(dst), len(codes), Panel*len(scales))
	}
	var wide [128]float32
	for len(scales) > 0 {
		n := min(len(scales), len(wide))
		f16ToF32(wide[:n], scales[:n])
		if squareSide() == 0 {
			widenRowsGeneric(dst[:n*Panel], codes[:n*Panel], wide[:n])
		} else {
			widenRows(&dst[0], &codes[0], &wide[0], n)
		}
		dst, codes, scales = dst[n*Panel:], codes[n*Panel:], scales[n:]
	}
}

func widenColumnsGeneric(dst []float32, codes []int8, scales *[Panel]float32) {
	for i, c := range codes {
		dst[i] = float32(c) * scales[i%Panel]
	}
}

func widenRowsGeneric(dst []float32, codes []int8, scales []float32) {
	for i, c := range codes {
		dst[i] = float32(c) * scales[i/Panel]
	}
}
