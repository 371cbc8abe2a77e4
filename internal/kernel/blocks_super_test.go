package kernel

import (
	"slices"
	"testing"
)

// A super-block whose scales are 1 and minima 0 dequantises to its codes, and so gives
// the meaning of an element without the packed form.
func TestGemmBlocksIsItsMeaningOfSuperblocks(t *testing.T) {
	for _, f := range []Format{FormatQ2_K, FormatQ3_K, FormatQ4_K, FormatQ5_K, FormatQ6_K} {
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
	var scale, low [16]float32
	group := 16
	one := []byte{0, 0x3c}
	switch f {
	case FormatQ2_K:
		for g := range 16 {
			scale[g], low[g] = half(raw[80:])*float32(raw[g]&15), half(raw[82:])*float32(raw[g]>>4)
			plain[g] = 1
		}
		copy(plain[80:], append(one, 0, 0))
	case FormatQ3_K:
		for g := range 16 {
			scale[g] = half(raw[108:]) * float32(int(scaleQ3K(raw, g))-32)
		}
		copy(plain[96:], []byte{0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0xaa, 0xaa, 0xaa, 0xaa}) // 33 of each
		copy(plain[108:], one)
	case FormatQ6_K:
		for g := range 16 {
			scale[g] = half(raw[208:]) * float32(int8(raw[192+g]))
			plain[192+g] = 1
		}
		copy(plain[208:], one)
	default:
		group = 32
		for g := range 8 {
			s, m := scaleMin((*[12]byte)(raw[4:]), g)
			scale[g], low[g] = half(raw)*s, half(raw[2:])*m
		}
		copy(plain, []byte{0, 0x3c, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1})
	}
	Dequantize(f, w, plain)
	for g := range 256 / group {
		block := x[g*group/32]
		var sum, total int32
		for i, v := range block.codes[g*group%32:][:group] {
			sum += int32(v) * int32(w[group*g+i])
			total += int32(v)
		}
		element = fma32(float32(sum), block.scale*scale[g], element)
		if f != FormatQ3_K && f != FormatQ6_K {
			element = fma32(-low[g], block.scale*float32(total), element)
		}
	}
	return element
}
