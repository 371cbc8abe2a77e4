package kernel

// A reduction updates its lanes by one piece of a longer slice, whose pieces but
// the last hold a multiple of 16 elements, and returns their fold.

func dotLanesGeneric(l *lanes, x, y []float32) float32 {
	y = y[:len(x)]
	for i, v := range x {
		l[i&15] = fma32(v, y[i], l[i&15])
	}
	folded := *l
	return folded.fold()
}

func sumLanesGeneric(l *lanes, x []float32) float32 {
	for i, v := range x {
		l[i&15] += v
	}
	folded := *l
	return folded.fold()
}

func sumSquareDevLanesGeneric(l *lanes, x []float32, mean float32) float32 {
	for i, v := range x {
		d := v - mean
		l[i&15] = fma32(d, d, l[i&15])
	}
	folded := *l
	return folded.fold()
}

func maxLanesGeneric(l *lanes, x []float32) float32 {
	for i, v := range x {
		if v > l[i&15] {
			l[i&15] = v
		}
	}
	top := l[0]
	for _, v := range l[1:] {
		if v > top {
			top = v
		}
	}
	return top + 0 // turns -0 into +0
}

func expSumLanesGeneric(l *lanes, dst, x []float32, scale, top float32) float32 {
	for i, v := range x {
		e := exp32(float32(v*scale) - top)
		dst[i] = e
		l[i&15] += e
	}
	folded := *l
	return folded.fold()
}

func maxScaledLanesGeneric(l *lanes, x []float32, scale float32) float32 {
	for i, v := range x {
		if v = v * scale; v > l[i&15] {
			l[i&15] = v
		}
	}
	return maxLanesGeneric(l, nil)
}
