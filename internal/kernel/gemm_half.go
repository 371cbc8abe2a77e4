package kernel

// A product is a kind of matrix product that tiles in assembly compute.
type product uint8

const (
	productF32      product = iota // [Gemm]
	productF16                     // [GemmF16]
	productBF16                    // [GemmBF16]
	productBF16Fast                // [GemmBF16Fast]
)

// GemmF16 is [Gemm] with a B of half precision numbers, packed by [PackF16NK]. It
// gives the bits that Gemm gives with B widened to float32.
func GemmF16(c []float32, ldc int, a []float32, lda int, b []uint16, stride int, m, n, k int, accumulate bool) {
	if checkGemm("GemmF16", c, ldc, len(a), lda, len(b), stride, k*Panel, m, n, k, accumulate) {
		gemmF16(c, ldc, a, lda, b, stride, m, n, k, accumulate)
	}
}

// GemmBF16 is [Gemm] with a B of bfloat16 numbers, packed by [PackBF16NK]. It gives
// the bits that Gemm gives with B widened to float32. A sum over k can be split at
// even places only.
func GemmBF16(c []float32, ldc int, a []float32, lda int, b []uint16, stride int, m, n, k int, accumulate bool) {
	if checkGemm("GemmBF16", c, ldc, len(a), lda, len(b), stride, BF16Stride(k), m, n, k, accumulate) {
		gemmBF16(c, ldc, a, lda, b, stride, m, n, k, accumulate)
	}
}

// GemmBF16Fast is [GemmBF16] with an A of bfloat16 numbers too and the processor's own
// instruction for the product of pairs, where [HasBF16] reports that there is one.
// Without it GemmBF16Fast is slow: it does the same in portable Go.
//
// An element of C takes its products two by two: first that of the odd k, then that
// of the even one, each fused with its addition, subnormal numbers counting as 0 in
// operands and results. A row of A has as many elements as a panel of B has rows: of
// an odd k one more, which is finite.
func GemmBF16Fast(c []float32, ldc int, a []uint16, lda int, b []uint16, stride int, m, n, k int, accumulate bool) {
	panel := BF16Stride(k)
	if k > lda && m > 1 || len(a) < (m-1)*lda+panel/Panel {
		panic("kernel: GemmBF16Fast: slice too short")
	}
	if checkGemm("GemmBF16Fast", c, ldc, len(a), lda, len(b), stride, panel, m, n, k, accumulate) {
		gemmBF16Fast(c, ldc, a, lda, b, stride, m, n, k, accumulate)
	}
}

// HasBF16 reports whether the processor multiplies bfloat16 numbers by itself, at the
// active level.
func HasBF16() bool { return hasBF16 && active == avx512 }
