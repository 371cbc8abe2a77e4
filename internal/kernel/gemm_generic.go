package kernel

func gemmGeneric(c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {
	for p := 0; p < n; p += Panel {
		panel := b[p/Panel*stride:]
		for i := range m {
			out := c[i*ldc+p : i*ldc+min(p+Panel, n)]
			gemmRowGeneric(out, a[i*lda:i*lda+k], panel, accumulate)
		}
	}
}

// gemmRowGeneric computes up to Panel elements of one row, from one panel.
func gemmRowGeneric(out, a, panel []float32, accumulate bool) {
	var acc [Panel]float32
	if accumulate {
		copy(acc[:], out)
	}
	for i, v := range a {
		for j, w := range panel[i*Panel : i*Panel+len(out)] {
			acc[j] = fma32(v, w, acc[j])
		}
	}
	copy(out, acc[:])
}
