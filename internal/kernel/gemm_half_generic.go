package kernel

import "math"

func gemmF16Generic(c []float32, ldc int, a []float32, lda int, b []uint16, stride int, m, n, k int, accumulate bool) {
	for p := 0; p < n; p += Panel {
		panel := b[p/Panel*stride:]
		columns := min(Panel, n-p)
		for i := range m {
			var acc, w [Panel]float32
			out := c[i*ldc+p : i*ldc+p+columns]
			start(acc[:], out, accumulate)
			for l, v := range a[i*lda : i*lda+k] {
				f16ToF32Generic(w[:columns], panel[l*Panel:l*Panel+columns])
				axpyGeneric(acc[:columns], w[:columns], v)
			}
			copy(out, acc[:])
		}
	}
}

func gemmBF16Generic(c []float32, ldc int, a []float32, lda int, b []uint16, stride int, m, n, k int, accumulate bool) {
	for p := 0; p < n; p += Panel {
		panel := b[p/Panel*stride:]
		for i := range m {
			var acc [Panel]float32
			out := c[i*ldc+p : i*ldc+min(p+Panel, n)]
			start(acc[:], out, accumulate)
			for l, v := range a[i*lda : i*lda+k] {
				pairs := panel[l/2*2*Panel:]
				for j := range out {
					acc[j] = fma32(v, math.Float32frombits(uint32(pairs[2*j+l%2])<<16), acc[j])
				}
			}
			copy(out, acc[:])
		}
	}
}

// start sets sums to what they start from.
func start(acc, out []float32, accumulate bool) {
	if accumulate {
		copy(acc, out)
	}
}

func gemmBF16FastGeneric(c []float32, ldc int, a []uint16, lda int, b []uint16, stride int, m, n, k int, accumulate bool) {
	for p := 0; p < n; p += Panel {
		panel := b[p/Panel*stride:]
		for i := range m {
			var acc [Panel]float32
			out := c[i*ldc+p : i*ldc+min(p+Panel, n)]
			start(acc[:], out, accumulate)
			for l := 0; l < k; l += 2 {
				x, pairs := a[i*lda+l:i*lda+l+2], panel[l*Panel:(l+2)*Panel]
				for j := range out {
					acc[j] = dotBF16(x, pairs[2*j:2*j+2], acc[j])
				}
			}
			copy(out, acc[:])
		}
	}
}

// dotBF16 adds the products of two pairs of bfloat16 numbers to acc.
func dotBF16(x, w []uint16, acc float32) float32 {
	acc = flush(fma32(widenFlushed(x[1]), widenFlushed(w[1]), flush(acc)))
	return flush(fma32(widenFlushed(x[0]), widenFlushed(w[0]), acc))
}

// flush replaces a subnormal number by a zero of its sign.
func flush(x float32) float32 {
	if b := math.Float32bits(x); b&0x7f800000 == 0 {
		return math.Float32frombits(b & 0x80000000)
	}
	return x
}

func widenFlushed(h uint16) float32 { return flush(math.Float32frombits(uint32(h) << 16)) }
