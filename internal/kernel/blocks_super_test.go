package kernel

import (
	"slices"
	"testing"
)

// A super-block whose scales are 1 and minima 0 dequantises to its codes, and so gives
// the meaning of an element without the packed form.
func TestGemmBlocksIsItsMeaningOfSuperblocks(t *testing.T) {
	for _, f := range []Format{FormatQ4_K, FormatQ5_K, FormatQ6_K} {
		const k = 512
		_, size := f.Block()
		src := randomBlocks(f, 1, k, 8)
		a := activationsOf(noise(k, 7), 1, k)
		var want float32
		for s := range k / 256 {
			want = f.addSuperblock(want, a.row(0)[8*s:8*s+8], src[s*size:(s+1)*size])
		}
		var got [1]float32
		GemmBlocks(f, got[:], 1, a, 0, 1, packedRows(f, src, 1, k), 1, k)
		if !sameBits(got[0], want) {
			t.Errorf("%v: %g, want %g", f, got[0], want)
		}
	}
}

func (f Format) addSuperblock(element float32, x []activation, raw []byte) float32 {
	plain, w := slices.Clone(raw), make([]float32, 256)
	if f == FormatQ6_K {
		for i := range 16 {
			plain[192+i] = 1
		}
		copy(plain[208:], []byte{0, 0x3c})
		Dequantize(f, w, plain)
		for g := range 16 {
			var sum int32
			for i, v := range x[g/2].codes[g%2*16:][:16] {
				sum += int32(v) * int32(w[16*g+i])
			}
			scale := half(raw[208:]) * float32(int8(raw[192+g]))
			element = fma32(float32(sum), x[g/2].scale*scale, element)
		}
		return element
	}
	copy(plain, []byte{0, 0x3c, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1})
	Dequantize(f, w, plain)
	for g := range 8 {
		var sum int32
		for i, v := range x[g].codes {
			sum += int32(v) * int32(w[32*g+i])
		}
		scale, low := scaleMin((*[12]byte)(raw[4:]), g)
		element = fma32(float32(sum), x[g].scale*(half(raw)*scale), element)
		element = fma32(-(half(raw[2:]) * low), x[g].total, element)
	}
	return element
}
