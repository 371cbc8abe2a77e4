package kernel

// ropeGeneric turns the pairs (a[i], b[i]).
func ropeGeneric(a, b, cos, sin []float32) {
	for i, c := range cos {
		s, x, y := sin[i], a[i], b[i]
		a[i] = fma32(-y, s, x*c)
		b[i] = fma32(x, s, y*c)
	}
}

func ropePairsGeneric(x, cos, sin []float32) {
	for i := range cos {
		ropeGeneric(x[2*i:2*i+1], x[2*i+1:2*i+2], cos[i:i+1], sin[i:i+1])
	}
}
