package kernel

import "testing"

func TestTransposeTurnsEveryValue(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, rows := range []int{0, 1, 7, 8, 16, 31, 32, 33, 70} {
			for _, columns := range []int{0, 1, 5, 8, 16, 63, 64, 81} {
				lds, ldd := columns+3, rows+2
				src, dst := make([]float32, rows*lds), make([]float32, columns*ldd)
				for i := range src {
					src[i] = float32(i + 1)
				}
				Transpose(dst, ldd, src, lds, rows, columns)
				for j := range columns {
					for i := range ldd {
						want := float32(0)
						if i < rows {
							want = src[i*lds+j]
						}
						if got := dst[j*ldd+i]; got != want {
							t.Fatalf("[%d,%d]: row %d, column %d became %v, want %v", rows, columns, i, j, got, want)
						}
					}
				}
			}
		}
	})
}
