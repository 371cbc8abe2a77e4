package kernel

import "math"

// PackF16NK packs w, half precision [N,K] in rows ld apart, as [PackNK] does, so that
// [GemmF16] multiplies by its transpose.
func PackF16NK(dst, w []uint16, n, k, ld int) {
	checkPack("PackF16NK", len(dst), len(w), PackedLen(n, k), n, k, ld)
	packNK(dst, w, n, k, ld, nil)
}

// UnpackF16Row is [UnpackRow] for a matrix that [PackF16NK] packed.
func UnpackF16Row(dst []float32, b []uint16, stride, row, k int) {
	column := columnOf("UnpackF16Row", b, len(dst), stride, row, k)
	for i := range dst[:k] {
		dst[i] = math.Float32frombits(f16Bits(uint32(column[i*Panel])))
	}
}

// BF16Stride returns the length of a panel of bfloat16 numbers k deep, in which
// every two rows lie in one another: [(k+1)/2][Panel][2].
func BF16Stride(k int) int { return (k + 1) / 2 * 2 * Panel }

// PackedBF16Len returns the length of a packed matrix of n columns and k rows of
// bfloat16 numbers, its stride being [BF16Stride].
func PackedBF16Len(n, k int) int { return (n + Panel - 1) / Panel * BF16Stride(k) }

// PackBF16NK packs w, bfloat16 [N,K] in rows ld apart, so that [GemmBF16] multiplies
// by its transpose. The row that an odd k lacks is zero.
func PackBF16NK(dst, w []uint16, n, k, ld int) {
	checkPack("PackBF16NK", len(dst), len(w), PackedBF16Len(n, k), n, k, ld)
	stride := BF16Stride(k)
	for p := 0; p < n; p += Panel {
		panel := dst[p/Panel*stride : (p/Panel+1)*stride]
		columns := min(Panel, n-p)
		if columns < Panel || k%2 != 0 {
			clear(panel)
		}
		for k0 := 0; k0 < k; k0 += packBlock {
			k1 := min(k0+packBlock, k)
			block := panel[k0*Panel:]
			row := func(j int) []uint16 { return w[(p+j)*ld+k0 : (p+j)*ld+k1] }
			j := 0
			for ; j+4 <= columns; j += 4 {
				packFourPairs(block[2*j:], row(j), row(j+1), row(j+2), row(j+3))
			}
			for ; j < columns; j++ {
				for i, v := range row(j) {
					block[i/2*2*Panel+2*j+i%2] = v
				}
			}
		}
	}
}

// packFourPairs writes the pairs of four rows side by side.
func packFourPairs(dst, r0, r1, r2, r3 []uint16) {
	r1, r2, r3 = r1[:len(r0)], r2[:len(r0)], r3[:len(r0)]
	i := 0
	for ; i+1 < len(r0); i += 2 {
		d := (*[8]uint16)(dst[i*Panel:])
		d[0], d[2], d[4], d[6] = r0[i], r1[i], r2[i], r3[i]
		d[1], d[3], d[5], d[7] = r0[i+1], r1[i+1], r2[i+1], r3[i+1]
	}
	if i < len(r0) {
		d := dst[i*Panel:]
		d[0], d[2], d[4], d[6] = r0[i], r1[i], r2[i], r3[i]
	}
}

// UnpackBF16Row is [UnpackRow] for a matrix that [PackBF16NK] packed.
func UnpackBF16Row(dst []float32, b []uint16, stride, row, k int) {
	if row < 0 || k < 0 || stride < BF16Stride(k) || len(dst) < k {
		panic("kernel: UnpackBF16Row: sizes that do not fit")
	}
	if len(b) < row/Panel*stride+BF16Stride(k) {
		panic("kernel: UnpackBF16Row: slice too short")
	}
	pairs := b[row/Panel*stride+row%Panel*2:]
	for i := range dst[:k] {
		dst[i] = math.Float32frombits(uint32(pairs[i/2*2*Panel+i%2]) << 16)
	}
}
