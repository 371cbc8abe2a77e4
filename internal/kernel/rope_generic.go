package kernel

// ropeGeneric turns the pairs (a[i], b[i]).
func ropeGeneric(a, b, cos, sin []float32) {
	for i, c := range cos {
		s, x, y := sin[i], a[i], b[i]
		a[i] = fma32(-y, s, x*c)
		b[i] = fma32(x, s, y*c)
	}
}
