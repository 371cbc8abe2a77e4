package kernel

import "math"

// Softmax sets dst to the softmax of the row scale·x: with t the largest of the
// products, e^(scale·x-t) over the sum of these. dst may be x.
//
// An element of -Inf (scale being positive) gives exactly 0, a row of nothing else
// gives zeros, and a NaN makes the whole row NaN.
func Softmax(dst, x []float32, scale float32) {
	if len(x) != len(dst) {
		sameLength("Softmax", len(dst), len(x))
	}
	l := lowest()
	maxScaledLanes(&l, x, scale)
	top := l.top()
	if math.IsInf(float64(top), -1) {
		top = 0 // so that -Inf - top is not NaN
	}
	l = lanes{}
	expSumLanes(&l, dst, x, scale, top)
	sum := l.fold()
	if sum == 0 {
		clear(dst)
		return
	}
	scaleBy(dst, dst, 1/sum)
}

// scaleBy is scale under a name that Softmax's parameter leaves in sight.
func scaleBy(dst, x []float32, a float32) { scale(dst, x, a) }
