package kernel

// Gemm sets C to A·B, or adds A·B to C where accumulate is set. C is [m,n] in rows
// ldc apart, A is [m,k] in rows lda apart, B is [k,n], packed (see [Panel]).
//
// An element of C starts as 0, or as it was, and takes its k products one after the
// other, each fused with its addition. So it does not depend on m, n and the place
// of its row, and a sum over k may be split into calls that accumulate. Nothing
// past column n is written. Gemm runs on one thread: callers split rows or panels.
func Gemm(c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {
	if checkGemm("Gemm", c, ldc, len(a), lda, len(b), stride, k*Panel, m, n, k, accumulate) {
		gemm(c, ldc, a, lda, b, stride, m, n, k, accumulate)
	}
}

// checkGemm panics unless the matrices lie within slices of the lengths given, panels
// of B having the length given. It reports whether there is anything to sum, and
// clears C where the sums are empty.
func checkGemm(name string, c []float32, ldc, a, lda, b, stride, panel, m, n, k int, accumulate bool) bool {
	if m < 0 || n < 0 || k < 0 {
		panic("kernel: " + name + ": negative size")
	}
	if m == 0 || n == 0 {
		return false
	}
	if ldc < n && m > 1 || lda < k && m > 1 || stride < panel && n > Panel {
		panic("kernel: " + name + ": sizes that do not fit")
	}
	if len(c) < (m-1)*ldc+n || a < (m-1)*lda+k || b < (n-1)/Panel*stride+panel {
		panic("kernel: " + name + ": slice too short")
	}
	if k == 0 && !accumulate {
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
	}
	return k > 0
}
