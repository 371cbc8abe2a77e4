package kernel

import "math"

// fma32 returns a*b + c rounded once to float32.
//
// The product of two float32 is exact in float64, so the float64 sum s errs only
// by its own rounding. Rounding s again is wrong only where s lies halfway between
// two float32, whose low 28 bits are then zero (29 for normal results); there s is
// first rounded to odd, which tells the second rounding on which side it errs.
// See Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008.
func fma32(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := p + float64(c)
	if math.Float64bits(s)&(1<<28-1) != 0 {
		return float32(s)
	}
	return fmaHalfway(p, float64(c), s)
}

// fmaHalfway finishes fma32 for a sum s of p and c that may be a midpoint.
func fmaHalfway(p, c, s float64) float32 {
	if math.IsInf(s, 0) || s != s {
		return float32(s)
	}
	back := s - p
	lost := (p - (s - back)) + (c - back) // Knuth's TwoSum: s + lost is exact
	if lost != 0 {
		bits := math.Float64bits(s) // even: its low bits are zero
		if (lost > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}
