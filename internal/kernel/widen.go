package kernel

// WidenColumns sets dst, rows of [Panel], to codes times scales: one block of each
// of Panel columns, each with its scale in half precision. The products are exact.
func WidenColumns(dst []float32, codes []int8, scales []uint16) {
	if len(codes) != len(dst) || len(dst)%Panel != 0 || len(scales) != Panel {
		sameLength("WidenColumns", len(dst), len(codes), len(scales))
	}
	var wide [Panel]float32
	f16ToF32(wide[:], scales)
	for len(dst) > piece {
		widenColumns(dst[:piece], codes[:piece], &wide)
		dst, codes = dst[piece:], codes[piece:]
	}
	widenColumns(dst, codes, &wide)
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
		widenRows(dst[:n*Panel], codes[:n*Panel], wide[:n])
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

func widenColumns(dst []float32, codes []int8, scales *[Panel]float32) {
	widenColumnsGeneric(dst, codes, scales)
}

func widenRows(dst []float32, codes []int8, scales []float32) { widenRowsGeneric(dst, codes, scales) }
