package kernel

import "math"

// The searches that ggml's reference quantisers make for the scale of a group of
// values: several are tried, and the one with the least weighted error stays. Each
// operation is rounded to float32, and sums run over the group in order.

// flat is the magnitude below which a group of values counts as zeros.
const flat = 1e-15

// nearest rounds to an integer, halves to even, what is within ±2²². Another number
// gives some integer. The conversion keeps v, a product, from being fused with the sum.
func nearest(v float32) int {
	return int(math.Float32bits(float32(v)+12582912)&0x7fffff) - 0x400000
}

// bound returns v cut to lo and hi.
func bound(v, lo, hi int) int { return min(max(v, lo), hi) }

// extreme returns the value of the largest magnitude, with its sign.
func extreme(x []float32) (top float32) {
	for _, v := range x {
		if abs32(v) > abs32(top) {
			top = v
		}
	}
	return top
}

// A spread is how fit searches: codes go from 0 to steps, and the scales tried
// are those of steps+from, and of tries more at distances of 0.1. The error is squared,
// or absolute.
type spread struct {
	steps    int
	from     float32
	tries    int
	absolute bool
}

// The searches of the formats that have a minimum.
var (
	spreadQ2K = spread{3, -0.5, 15, true}
	spreadQ4K = spread{15, -1, 20, false}
	spreadQ5K = spread{31, -0.5, 15, false}
)

// A rangeFit is a group whose values x are near scale*code + low, by the least error
// under weights.
type rangeFit struct {
	spread
	x, weights   []float32
	codes, tried [32]uint8
	scale, low   float32
	sumW, sumX   float32 // of the weights, and of the weighted values
}

// fit finds the scale, the low, which is at most 0, and the codes.
func (g *rangeFit) fit() {
	low, top := g.x[0], g.x[0]
	g.sumW = g.weights[0]
	g.sumX = float32(g.sumW * g.x[0])
	for i, v := range g.x[1:] {
		low, top = min(low, v), max(top, v)
		w := g.weights[1+i]
		g.sumW += w
		g.sumX += float32(w * v)
	}
	low = min(low, 0)
	g.low, g.scale = low, 0
	if top == low {
		clear(g.codes[:])
		return
	}
	inverse := float32(g.steps) / (top - low)
	g.scale = 1 / inverse
	for i, v := range g.x {
		g.codes[i] = uint8(bound(nearest(inverse*(v-low)), 0, g.steps))
	}
	least := g.loss(&g.codes, g.scale, low, float32(math.Inf(1)))
	for try := range g.tries + 1 {
		// The range is from the best low so far, as the reference has it.
		inverse = (g.from + float32(0.1*float32(try)) + float32(g.steps)) / (top - g.low)
		scale, at, ok := g.solve(inverse)
		if !ok {
			continue
		}
		if e := g.loss(&g.tried, scale, at, least); e < least {
			g.codes, least, g.scale, g.low = g.tried, e, scale, at
		}
	}
}

// solve codes the values by inverse and the low so far, and returns the scale and the
// low that suit the codes best.
func (g *rangeFit) solve(inverse float32) (scale, at float32, ok bool) {
	var sumL, sumL2, sumXL float32
	for i, v := range g.x {
		c := bound(nearest(inverse*(v-g.low)), 0, g.steps)
		g.tried[i] = uint8(c)
		l := float32(c)
		wl := float32(g.weights[i] * l)
		sumL += wl
		sumL2 += float32(wl * l)
		sumXL += float32(wl * v)
	}
	d := float32(g.sumW*sumL2) - float32(sumL*sumL)
	if !(d > 0) {
		return 0, 0, false
	}
	scale = (float32(g.sumW*sumXL) - float32(g.sumX*sumL)) / d
	at = (float32(sumL2*g.sumX) - float32(sumL*sumXL)) / d
	if at > 0 {
		return sumXL / sumL2, 0, true
	}
	return scale, at, true
}

// loss returns the weighted error of codes, or some number above least if it is.
func (g *rangeFit) loss(codes *[32]uint8, scale, low, least float32) (sum float32) {
	for i, v := range g.x {
		diff := float32(scale*float32(codes[i])) + low - v
		if g.absolute {
			diff = abs32(diff)
		} else {
			diff *= diff
		}
		sum += float32(g.weights[i] * diff)
		if i&7 == 7 && sum > least { // what is added is not negative
			break
		}
	}
	return sum
}

// fitQ6K returns the scale of x with codes from -32 to 31, of which it tries 19: the
// error is weighted by the square of the value. It sets the codes, 32 above.
func fitQ6K(x *[16]float32, codes []uint8) float32 {
	const half = 32
	top := extreme(x[:])
	if abs32(top) < flat {
		clear(codes)
		return 0
	}
	sums := func(inverse float32) (xl, l2 float32) {
		for _, v := range x {
			l := float32(bound(nearest(inverse*v), -half, half-1))
			w := v * v
			xl += float32(float32(w*v) * l)
			l2 += float32(float32(w*l) * l)
		}
		return xl, l2
	}
	code := func(inverse float32) {
		for i, v := range x {
			codes[i] = uint8(half + bound(nearest(inverse*v), -half, half-1))
		}
	}
	first := -half / top
	code(first)
	xl, l2 := sums(first)
	var scale float32
	if l2 != 0 {
		scale = xl / l2
	}
	best := scale * xl
	for try := -9; try <= 9; try++ {
		if try == 0 {
			continue
		}
		inverse := -(half + float32(0.1*float32(try))) / top
		xl, l2 := sums(inverse)
		if l2 > 0 && float32(xl*xl) > float32(best*l2) {
			code(inverse)
			scale = xl / l2
			best = scale * xl
		}
	}
	return scale
}

// fitQ3K returns the scale of x with codes from -4 to 3, which it improves one by one
// until none changes. The error is weighted by the square of the value. It sets the
// codes, 4 above.
func fitQ3K(x *[16]float32, codes []uint8) float32 {
	const half = 4
	top := extreme(x[:])
	if abs32(top) < flat {
		clear(codes)
		return 0
	}
	inverse := -half / top
	var xl, l2 float32
	var l [16]float32
	for i, v := range x {
		l[i] = float32(bound(nearest(inverse*v), -half, half-1))
		w := v * v
		xl += float32(float32(w*v) * l[i])
		l2 += float32(float32(w*l[i]) * l[i])
	}
	for range 5 {
		changed := false
		for i, v := range x {
			w := v * v
			sx := xl - float32(float32(w*v)*l[i])
			if !(sx > 0) {
				continue
			}
			s2 := l2 - float32(float32(w*l[i])*l[i])
			to := float32(bound(nearest(float32(v*s2)/sx), -half, half-1))
			if to == l[i] {
				continue
			}
			sx += float32(float32(w*v) * to)
			s2 += float32(float32(w*to) * to)
			if s2 > 0 && float32(float32(sx*sx)*l2) > float32(float32(xl*xl)*s2) {
				l[i], xl, l2, changed = to, sx, s2, true
			}
		}
		if !changed {
			break
		}
	}
	for i := range codes {
		codes[i] = uint8(half + int(l[i]))
	}
	if l2 > 0 {
		return xl / l2
	}
	return 0
}

// nearestIQ4 returns the code of the number of IQ4_NL's list that is nearest to v.
func nearestIQ4(v float32) uint8 {
	last := len(iq4nl) - 1
	if v <= iq4nl[0] {
		return 0
	}
	if v >= iq4nl[last] {
		return uint8(last)
	}
	lo, hi := 0, last
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; v < iq4nl[mid] {
			hi = mid
		} else {
			lo = mid
		}
	}
	if v-iq4nl[hi-1] < iq4nl[hi]-v {
		return uint8(hi - 1)
	}
	return uint8(hi)
}

// fitIQ4NL returns the scale of x with the numbers of IQ4_NL, of which it tries 16: the
// error is weighted by the square of the value.
func fitIQ4NL(x *[32]float32) float32 {
	top := extreme(x[:])
	if abs32(top) < flat {
		return 0
	}
	sums := func(inverse float32) (qx, q2 float32) {
		for _, v := range x {
			q := iq4nl[nearestIQ4(inverse*v)]
			w := v * v
			qx += float32(float32(w*q) * v)
			q2 += float32(float32(w*q) * q)
		}
		return qx, q2
	}
	qx, q2 := sums(1 / (-top / iq4nl[0]))
	var scale float32
	if q2 > 0 {
		scale = qx / q2
	}
	best := scale * qx
	for try := -7; try <= 7; try++ {
		qx, q2 := sums((float32(try) + iq4nl[0]) / top)
		if q2 > 0 && float32(qx*qx) > float32(best*q2) {
			scale = qx / q2
			best = scale * qx
		}
	}
	return scale
}
