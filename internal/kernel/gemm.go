package kernel

// Gemm sets C to A·B, or adds A·B to C where accumulate is set. C is [m,n] in rows
// ldc apart, A is [m,k] in rows lda apart, B is [k,n], packed (see [Panel]).
//
// An element of C starts as 0, or as it was, and takes its k products one after the
// other, each fused with its addition. So it does not depend on m, n and the place
// of its row, and a sum over k may be split into calls that accumulate. Nothing
// past column n is written. Gemm runs on one thread: callers split rows or panels.
func Gemm(c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {
	if m <= 0 || n <= 0 {
		if m < 0 || n < 0 {
			panic("kernel: Gemm: negative size")
		}
		return
	}
	checkGemm(len(c), ldc, len(a), lda, len(b), stride, m, n, k)
	if k == 0 {
		if !accumulate {
			for i := range m {
				clear(c[i*ldc : i*ldc+n])
			}
		}
		return
	}
	gemm(c, ldc, a, lda, b, stride, m, n, k, accumulate)
}

// checkGemm panics unless the matrices lie within slices of the lengths given.
func checkGemm(c, ldc, a, lda, b, stride, m, n, k int) {
	if k < 0 || ldc < n && m > 1 || lda < k && m > 1 || stride < k*Panel && n > Panel {
		panic("kernel: Gemm: sizes that do not fit")
	}
	if c < (m-1)*ldc+n || a < (m-1)*lda+k || b < (n-1)/Panel*stride+k*Panel {
		panic("kernel: Gemm: slice too short")
	}
}
