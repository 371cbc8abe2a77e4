package kernel

import "math"

// invSqrt returns 1/√v, its root and its quotient rounded to float32 each.
func invSqrt(v float32) float32 { return 1 / float32(math.Sqrt(float64(v))) }

// RMSNorm sets dst to (x·rstd)·w, where rstd = 1/√(mean(x²)+eps), and returns rstd
// (Zhang and Sennrich, 2019). A nil w stands for ones; dst may be x.
func RMSNorm(dst, x, w []float32, eps float32) (rstd float32) {
	if len(x) != len(dst) || w != nil && len(w) != len(x) {
		sameLength("RMSNorm", len(dst), len(x), len(w))
	}
	return rmsNorm(dst, x, w, SumSquares(x), eps)
}

// AddRMSNorm sets sum to x + y, and dst to what [RMSNorm] makes of it, whose result
// it returns. sum may be dst, x or y, and dst may be x or y.
func AddRMSNorm(dst, sum, x, y, w []float32, eps float32) (rstd float32) {
	if len(x) != len(dst) || len(y) != len(dst) || len(sum) != len(dst) || w != nil && len(w) != len(x) {
		sameLength("AddRMSNorm", len(dst), len(sum), len(x), len(y), len(w))
	}
	var l lanes
	addSquareLanes(&l, sum, x, y)
	return rmsNorm(dst, sum, w, l.fold(), eps)
}

// rmsNorm is RMSNorm of x, whose squares have been summed.
func rmsNorm(dst, x, w []float32, squares, eps float32) (rstd float32) {
	if len(x) == 0 {
		return invSqrt(eps)
	}
	rstd = invSqrt(squares/float32(len(x)) + eps)
	if w == nil {
		norm(dst, x, 0, rstd)
	} else {
		normWeight(dst, x, w, 0, rstd)
	}
	return rstd
}

// LayerNorm sets dst to ((x-mean)·rstd)·w + b, with mean the mean of x, rstd =
// 1/√(mean((x-mean)²)+eps) and the last product fused with its addition, and
// returns both (Ba and others, 2016). A nil w stands for ones, a nil b for zeros;
// dst may be x.
func LayerNorm(dst, x, w, b []float32, eps float32) (mean, rstd float32) {
	if len(x) != len(dst) || w != nil && len(w) != len(x) || b != nil && len(b) != len(x) {
		sameLength("LayerNorm", len(dst), len(x), len(w), len(b))
	}
	return layerNorm(dst, x, w, b, Sum(x), eps)
}

// AddLayerNorm sets sum to x + y, and dst to what [LayerNorm] makes of it, whose
// results it returns. sum may be dst, x or y, and dst may be x or y.
func AddLayerNorm(dst, sum, x, y, w, b []float32, eps float32) (mean, rstd float32) {
	if len(x) != len(dst) || len(y) != len(dst) || len(sum) != len(dst) || w != nil && len(w) != len(x) || b != nil && len(b) != len(x) {
		sameLength("AddLayerNorm", len(dst), len(sum), len(x), len(y), len(w), len(b))
	}
	var l lanes
	addSumLanes(&l, sum, x, y)
	return layerNorm(dst, sum, w, b, l.fold(), eps)
}

// Normed sets dst to (x-mean)·rstd; dst may be x.
func Normed(dst, x []float32, mean, rstd float32) {
	if len(x) != len(dst) {
		sameLength("Normed", len(dst), len(x))
	}
	norm(dst, x, mean, rstd)
}

// layerNorm is LayerNorm of x, whose sum is total.
func layerNorm(dst, x, w, b []float32, total, eps float32) (mean, rstd float32) {
	if len(x) == 0 {
		return 0, invSqrt(eps)
	}
	n := float32(len(x))
	mean = total / n
	var l lanes
	sumSquareDevLanes(&l, x, mean)
	rstd = invSqrt(l.fold()/n + eps)
	switch {
	case w == nil:
		norm(dst, x, mean, rstd)
		if b != nil {
			add(dst, dst, b)
		}
	case b == nil:
		normWeight(dst, x, w, mean, rstd)
	default:
		normWeightBias(dst, x, w, b, mean, rstd)
	}
	return mean, rstd
}
