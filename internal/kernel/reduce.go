package kernel

import "math"

// lanes holds the partial results of a reduction over a slice.
type lanes [16]float32

// fold adds the lanes up in halves.
func (l *lanes) fold() float32 {
	for half := 8; half > 0; half /= 2 {
		for j := range half {
			l[j] += l[j+half]
		}
	}
	return l[0]
}

// Dot returns the inner product of x and y, with fused multiply-adds in 16 lanes.
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		sameLength("Dot", len(x), len(y))
	}
	var l lanes
	return dotLanes(&l, x, y)
}

// Sum returns the sum of x, in 16 lanes.
func Sum(x []float32) float32 {
	var l lanes
	return sumLanes(&l, x)
}

// SumSquares returns the sum of x*x, with fused multiply-adds in 16 lanes.
func SumSquares(x []float32) float32 {
	var l lanes
	return dotLanes(&l, x, x)
}

// Max returns the largest element of x. It passes over NaN, gives +0 for either
// zero, and for an empty slice -Inf.
func Max(x []float32) float32 {
	var l lanes
	for j := range l {
		l[j] = float32(math.Inf(-1))
	}
	return maxLanes(&l, x)
}
