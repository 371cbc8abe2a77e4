package kernel

// A reduction updates its lanes by one piece of a slice; the pieces before it held
// multiples of 16 elements.

func dotLanesGeneric(l *lanes, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		l[i&15] = fma32(v, y[i], l[i&15])
	}
}

func sumLanesGeneric(l *lanes, x []float32) {
	for i, v := range x {
		l[i&15] += v
	}
}

func addSumLanesGeneric(l *lanes, dst, x, y []float32) {
	for i, v := range x {
		s := v + y[i]
		dst[i] = s
		l[i&15] += s
	}
}

func addSquareLanesGeneric(l *lanes, dst, x, y []float32) {
	for i, v := range x {
		s := v + y[i]
		dst[i] = s
		l[i&15] = fma32(s, s, l[i&15])
	}
}

func sumSquareDevLanesGeneric(l *lanes, x []float32, mean float32) {
	for i, v := range x {
		d := v - mean
		l[i&15] = fma32(d, d, l[i&15])
	}
}

func maxLanesGeneric(l *lanes, x []float32) {
	for i, v := range x {
		if v > l[i&15] {
			l[i&15] = v
		}
	}
}

func expSumLanesGeneric(l *lanes, dst, x []float32, scale, top float32) {
	for i, v := range x {
		e := exp32(float32(v*scale) - top)
		dst[i] = e
		l[i&15] += e
	}
}

func maxScaledLanesGeneric(l *lanes, x []float32, scale float32) {
	for i, v := range x {
		if v = v * scale; v > l[i&15] {
			l[i&15] = v
		}
	}
}
