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

// SoftmaxRows is [Softmax] in place of rows rows of p, ld apart: row i has n + i·step
// scores, but not more than width, nor less than 0, and its elements from there up to
// width become 0. So do those from width to the next multiple of 16, for which each
// row has room. In a row that becomes NaN, the elements from its scores to the next
// multiple of 16 do so too. scale must be positive.
func SoftmaxRows(p []float32, ld, rows, n, step, width int, scale float32) {
	if rows <= 0 || width <= 0 {
		return
	}
	whole := (width + 15) &^ 15
	if !(scale > 0) || step < 0 || rows > 1 && ld < whole || len(p) < (rows-1)*ld+whole {
		panic("kernel: SoftmaxRows: sizes that do not fit")
	}
	for ; rows > 0 && n < 0; rows, n = rows-1, n+step {
		clear(p[:whole])
		p = p[min(ld, len(p)):]
	}
	each := max(1, rowsPiece/whole)
	for i := 0; i < rows; i += each {
		some := min(each, rows-i)
		if squareSide() == 0 || width > 4*rowsPiece {
			softmaxRowsLanes(p[i*ld:], ld, some, n+i*step, step, width, scale)
		} else {
			softmaxRows(&p[i*ld], 4*ld, some, n+i*step, step, width, scale)
		}
	}
}

// rowsPiece is the number of scores that one call into assembly takes, if they are of
// several rows: some 20 µs. Longer rows than four pieces of these go another way.
const rowsPiece = 1 << 16

// softmaxRowsLanes is SoftmaxRows by reductions of slices.
func softmaxRowsLanes(p []float32, ld, rows, n, step, width int, scale float32) {
	for i := range rows {
		row := p[i*ld : i*ld+(width+15)&^15]
		seen := min(n+i*step, width)
		Softmax(row[:seen], row[:seen], scale)
		clear(row[seen:])
		if seen > 0 && row[0] != row[0] {
			for j := seen; j%16 != 0; j++ {
				row[j] = row[0]
			}
		}
	}
}

// scaleBy is scale under a name that Softmax's parameter leaves in sight.
func scaleBy(dst, x []float32, a float32) { scale(dst, x, a) }
