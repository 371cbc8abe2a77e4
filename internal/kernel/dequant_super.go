package kernel

// decodeSuperblocks decodes the formats whose blocks hold 256 values, the
// K-quants of ggml: groups of 16 or 32 values have scales of their own, which
// are small integers times the block's scale.
func decodeSuperblocks(f Format, dst []float32, src []byte) {
	_, size := f.Block()
	for len(dst) > 0 {
		y, b := (*[256]float32)(dst), src[:size]
		switch f {
		case FormatQ2_K:
			decodeQ2K(y, (*[84]byte)(b))
		case FormatQ3_K:
			decodeQ3K(y, (*[110]byte)(b))
		case FormatQ4_K:
			decodeQ4K(y, (*[144]byte)(b))
		case FormatQ5_K:
			decodeQ5K(y, (*[176]byte)(b))
		default:
			decodeQ6K(y, (*[210]byte)(b))
		}
		dst, src = dst[256:], src[size:]
	}
}

// decodeQ2K: 16 bytes of scale (low half) and minimum (high half), 64 bytes of 2
// bit values, the block's scale, the block's minimum.
func decodeQ2K(y *[256]float32, b *[84]byte) {
	d, dmin := half(b[80:]), half(b[82:])
	for group := range 16 { // of 16 values
		n, r, t := group/8, group%8/2, group%2
		scale := d * float32(b[group]&15)
		low := dmin * float32(b[group]>>4)
		qs := (*[16]byte)(b[16+32*n+16*t:])
		out := (*[16]float32)(y[16*group:])
		for i, q := range qs {
			out[i] = float32(scale*float32(q>>(2*r)&3)) - low
		}
	}
}

// decodeQ3K: 32 bytes of third bits, 64 bytes of 2 bit values, 12 bytes of 6 bit
// scales, the block's scale.
func decodeQ3K(y *[256]float32, b *[110]byte) {
	d := half(b[108:])
	scales := b[96:108]
	for group := range 16 {
		n, r, t := group/8, group%8/2, group%2
		low := scales[group%8] >> (group / 8 * 4) & 15
		high := scales[8+group%4] >> (group / 4 * 2) & 3
		scale := d * float32(int(low|high<<4)-32)
		qs := (*[16]byte)(b[32+32*n+16*t:])
		hs := (*[16]byte)(b[16*t:])
		out := (*[16]float32)(y[16*group:])
		for i, q := range qs {
			third := hs[i] >> (4*n + r) & 1
			out[i] = scale * float32(int(q>>(2*r)&3|third<<2)-4)
		}
	}
}

// scaleMin returns the 6 bit scale and minimum of group i of the 8 that the 12
// bytes s hold, in Q4_K and Q5_K.
func scaleMin(s *[12]byte, i int) (scale, low float32) {
	if i < 4 {
		return float32(s[i] & 63), float32(s[i+4] & 63)
	}
	return float32(s[i+4]&15 | s[i-4]>>6<<4), float32(s[i+4]>>4 | s[i]>>6<<4)
}

// decodeQ4K: the block's scale and minimum, 12 bytes of scales and minima, 128
// bytes of 4 bit values.
func decodeQ4K(y *[256]float32, b *[144]byte) {
	d, dmin := half(b[0:]), half(b[2:])
	for group := range 8 { // of 32 values
		sc, mn := scaleMin((*[12]byte)(b[4:]), group)
		scale, low := d*sc, dmin*mn
		shift := group % 2 * 4
		out := (*[32]float32)(y[32*group:])
		for i, q := range (*[32]byte)(b[16+group/2*32:]) {
			out[i] = float32(scale*float32(q>>shift&15)) - low
		}
	}
}

// decodeQ5K: as Q4_K, with 32 bytes of fifth bits before the values.
func decodeQ5K(y *[256]float32, b *[176]byte) {
	d, dmin := half(b[0:]), half(b[2:])
	high := (*[32]byte)(b[16:])
	for group := range 8 {
		sc, mn := scaleMin((*[12]byte)(b[4:]), group)
		scale, low := d*sc, dmin*mn
		shift := group % 2 * 4
		out := (*[32]float32)(y[32*group:])
		for i, q := range (*[32]byte)(b[48+group/2*32:]) {
			v := q>>shift&15 | high[i]>>group&1<<4
			out[i] = float32(scale*float32(v)) - low
		}
	}
}

// decodeQ6K: 128 bytes of low 4 bits, 64 bytes of high 2 bits, 16 signed scales,
// the block's scale.
func decodeQ6K(y *[256]float32, b *[210]byte) {
	d := half(b[208:])
	for group := range 16 {
		n, r, t := group/8, group%8/2, group%2
		scale := d * float32(int8(b[192+group]))
		low := (*[16]byte)(b[64*n+r%2*32+16*t:])
		high := (*[16]byte)(b[128+32*n+16*t:])
		shift := r / 2 * 4
		out := (*[16]float32)(y[16*group:])
		for i, q := range low {
			v := q>>shift&15 | high[i]>>(2*r)&3<<4
			out[i] = scale * float32(int(v)-32)
		}
	}
}
