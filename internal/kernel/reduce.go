package kernel

import "math"

// lanes holds the partial results of a reduction over a slice.
type lanes [16]float32

// lowest returns lanes of -Inf, to take maxima with.
func lowest() (l lanes) {
	for j := range l {
		l[j] = float32(math.Inf(-1))
	}
	return l
}

// fold adds the lanes up in halves.
func (l *lanes) fold() float32 {
	s0, s1, s2, s3 := l[0]+l[8], l[1]+l[9], l[2]+l[10], l[3]+l[11]
	s4, s5, s6, s7 := l[4]+l[12], l[5]+l[13], l[6]+l[14], l[7]+l[15]
	s0, s1, s2, s3 = s0+s4, s1+s5, s2+s6, s3+s7
	return (s0 + s2) + (s1 + s3)
}

// top returns the largest lane, and +0 for either zero.
func (l *lanes) top() float32 {
	top := l[0]
	for _, v := range l[1:] {
		if v > top {
			top = v
		}
	}
	return top + 0 // -0 becomes +0
}

// Dot returns the inner product of x and y, with fused multiply-adds in 16 lanes.
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		sameLength("Dot", len(x), len(y))
	}
	var l lanes
	dotLanes(&l, x, y)
	return l.fold()
}

// Sum returns the sum of x, in 16 lanes.
func Sum(x []float32) float32 {
	var l lanes
	sumLanes(&l, x)
	return l.fold()
}

// SumSquares returns the sum of x*x, with fused multiply-adds in 16 lanes.
func SumSquares(x []float32) float32 { return Dot(x, x) }

// Max returns the largest element of x. It passes over NaN, gives +0 for either
// zero, and for an empty slice -Inf.
func Max(x []float32) float32 {
	l := lowest()
	maxLanes(&l, x)
	return l.top()
}
