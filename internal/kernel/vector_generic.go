package kernel

// The conversions of products below are not idle: without them the compiler may
// fuse a product with the addition that follows it.

func axpyGeneric(y, x []float32, a float32) {
	for i, v := range x {
		y[i] = fma32(a, v, y[i])
	}
}

func addGeneric(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v + y[i]
	}
}

func mulGeneric(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

func mulAddGeneric(dst, x, y []float32) {
	for i, v := range x {
		dst[i] = fma32(v, y[i], dst[i])
	}
}

func scaleGeneric(dst, x []float32, a float32) {
	for i, v := range x {
		dst[i] = a * v
	}
}

func scaleAddGeneric(dst, x, y []float32, a float32) {
	for i, v := range x {
		dst[i] = float32(v*a) + y[i]
	}
}
