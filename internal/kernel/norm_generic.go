package kernel

func normGeneric(dst, x []float32, mean, rstd float32) {
	for i, v := range x {
		dst[i] = (v - mean) * rstd
	}
}

func normWeightGeneric(dst, x, w []float32, mean, rstd float32) {
	for i, v := range x {
		dst[i] = float32((v-mean)*rstd) * w[i]
	}
}

func normWeightBiasGeneric(dst, x, w, b []float32, mean, rstd float32) {
	for i, v := range x {
		dst[i] = fma32((v-mean)*rstd, w[i], b[i])
	}
}
