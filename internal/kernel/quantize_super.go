package kernel

import "math"

// encodeSuper sets dst to the super-block of x, in the layouts that decodeSuperblocks
// tells of.
func encodeSuper(f Format, dst []byte, x *[256]float32) {
	switch f {
	case FormatQ2_K:
		encodeQ2K((*[84]byte)(dst), x)
	case FormatQ3_K:
		encodeQ3K((*[110]byte)(dst), x)
	case FormatQ4_K:
		encodeRangeK(spreadQ4K, dst[:16], dst[16:144], nil, x)
	case FormatQ5_K:
		encodeRangeK(spreadQ5K, dst[:16], dst[48:176], dst[16:48], x)
	default:
		encodeQ6K((*[210]byte)(dst), x)
	}
}

// recode sets the codes of the values x to those nearest under a scale and a low, from
// 0 to steps. A scale of zero leaves them.
func recode(codes []uint8, x []float32, scale, low float32, steps int) {
	if scale == 0 {
		return
	}
	for i, v := range x {
		codes[i] = uint8(bound(nearest((v+low)/scale), 0, steps))
	}
}

// recodeSigned is recode for codes from -below to below-1, kept that much above.
func recodeSigned(codes []uint8, x []float32, scale float32, below int) {
	if scale == 0 {
		return
	}
	for i, v := range x {
		codes[i] = uint8(below + bound(nearest(v/scale), -below, below-1))
	}
}

// pack2 writes the low 2 bits of 256 codes as Q2_K and Q3_K have them.
func pack2(dst []byte, codes *[256]uint8) {
	for i := range 64 {
		c := codes[i/32*128+i%32:]
		dst[i] = c[0]&3 | c[32]&3<<2 | c[64]&3<<4 | c[96]&3<<6
	}
}

func encodeQ2K(dst *[84]byte, x *[256]float32) {
	var codes [256]uint8
	var scales, lows [16]float32
	var top, deep float32
	for j := range 16 {
		var weights [16]float32
		group := x[16*j:][:16]
		for i, v := range group {
			weights[i] = abs32(v)
		}
		g := rangeFit{spread: spreadQ2K, x: group, weights: weights[:]}
		g.fit()
		copy(codes[16*j:][:16], g.codes[:])
		scales[j], lows[j] = g.scale, -g.low
		top, deep = max(top, g.scale), max(deep, -g.low)
	}
	clear(dst[:16])
	putHalf(dst[80:], 0)
	putHalf(dst[82:], 0)
	if top > 0 {
		inverse := 15 / top
		for j, s := range scales {
			dst[j] = byte(nearest(inverse * s))
		}
		putHalf(dst[80:], top/15)
	}
	if deep > 0 {
		inverse := 15 / deep
		for j, m := range lows {
			dst[j] |= byte(nearest(inverse*m) << 4)
		}
		putHalf(dst[82:], deep/15)
	}
	d, dmin := half(dst[80:]), half(dst[82:])
	for j := range 16 {
		recode(codes[16*j:][:16], x[16*j:][:16], d*float32(dst[j]&15), dmin*float32(dst[j]>>4), 3)
	}
	pack2(dst[16:80], &codes)
}

func encodeQ3K(dst *[110]byte, x *[256]float32) {
	var codes [256]uint8
	var scales [16]float32
	for j := range 16 {
		scales[j] = fitQ3K((*[16]float32)(x[16*j:]), codes[16*j:][:16])
	}
	packed := dst[96:108]
	clear(packed)
	putHalf(dst[108:], 0)
	if top := extreme(scales[:]); top != 0 {
		inverse := -32 / top
		for j, s := range scales {
			l := bound(int(int8(nearest(inverse*s))), -32, 31) + 32
			packed[j%8] |= byte(l & 15 << (j / 8 * 4))
			packed[8+j%4] |= byte(l >> 4 << (j / 4 * 2))
		}
		putHalf(dst[108:], 1/inverse)
	}
	d := half(dst[108:])
	for j := range 16 {
		l := int(packed[j%8]>>(j/8*4)&15|packed[8+j%4]>>(j/4*2)&3<<4) - 32
		recodeSigned(codes[16*j:][:16], x[16*j:][:16], d*float32(l), 4)
	}
	clear(dst[:32])
	for j, c := range codes {
		dst[j%32] |= c >> 2 << (j / 32)
	}
	pack2(dst[32:96], &codes)
}

// encodeRangeK encodes Q4_K, or Q5_K, which has fifth bits: head is the block's scale
// and minimum and the scales and minima of the groups, and low has 4 bits a value.
func encodeRangeK(s spread, head, low, fifth []byte, x *[256]float32) {
	var codes [256]uint8
	var scales, lows [8]float32
	var top, deep float32
	for j := range 8 {
		var weights [32]float32
		group := x[32*j:][:32]
		var sum float32
		for _, v := range group {
			sum += float32(v * v)
		}
		mean := float32(math.Sqrt(float64(sum / 32)))
		for i, v := range group {
			weights[i] = mean + abs32(v)
		}
		g := rangeFit{spread: s, x: group, weights: weights[:]}
		g.fit()
		copy(codes[32*j:], g.codes[:])
		scales[j], lows[j] = g.scale, -g.low
		top, deep = max(top, g.scale), max(deep, -g.low)
	}
	putHalf(head, top/63)
	putHalf(head[2:], deep/63)
	sixes := (*[12]byte)(head[4:])
	packScaleMin(sixes, &scales, &lows, top, deep)
	d, dmin := half(head), half(head[2:])
	for j := range 8 {
		sc, mn := scaleMin(sixes, j)
		recode(codes[32*j:][:32], x[32*j:][:32], d*sc, dmin*mn, s.steps)
	}
	for i := range low {
		c := codes[i/32*64+i%32:]
		low[i] = c[0]&15 | c[32]&15<<4
	}
	clear(fifth)
	for j, c := range codes {
		if c > 15 {
			fifth[j%32] |= 1 << (j / 32)
		}
	}
}

// packScaleMin writes the scales and minima as 6 bits of the largest of each, in the
// order that scaleMin reads.
func packScaleMin(dst *[12]byte, scales, lows *[8]float32, top, deep float32) {
	var perScale, perLow float32
	if top > 0 {
		perScale = 63 / top
	}
	if deep > 0 {
		perLow = 63 / deep
	}
	for j := range 8 {
		s := min(63, byte(nearest(perScale*scales[j])))
		m := min(63, byte(nearest(perLow*lows[j])))
		if j < 4 {
			dst[j], dst[j+4] = s, m
			continue
		}
		dst[j+4] = s&15 | m&15<<4
		dst[j-4] |= s >> 4 << 6
		dst[j] |= m >> 4 << 6
	}
}

func encodeQ6K(dst *[210]byte, x *[256]float32) {
	var codes [256]uint8
	var scales [16]float32
	for j := range 16 {
		scales[j] = fitQ6K((*[16]float32)(x[16*j:]), codes[16*j:][:16])
	}
	top := extreme(scales[:])
	if abs32(top) < flat {
		clear(dst[:])
		return
	}
	inverse := -128 / top
	putHalf(dst[208:], 1/inverse)
	d := half(dst[208:])
	for j, s := range scales {
		l := int8(min(127, nearest(inverse*s)))
		dst[192+j] = byte(l)
		recodeSigned(codes[16*j:][:16], x[16*j:][:16], d*float32(l), 32)
	}
	for i := range 32 {
		for n := range 2 {
			c := codes[128*n+i:]
			dst[64*n+i] = c[0]&15 | c[64]&15<<4
			dst[64*n+32+i] = c[32]&15 | c[96]&15<<4
			dst[128+32*n+i] = c[0]>>4 | c[32]>>4<<2 | c[64]>>4<<4 | c[96]>>4<<6
		}
	}
}

// encodeIQ4NL codes by a list of numbers that stand closer together near zero.
func encodeIQ4NL(dst []byte, x *[32]float32) {
	d := fitIQ4NL(x)
	putHalf(dst, d)
	id := inverse(d)
	codes := dst[2:18]
	for i := range codes {
		codes[i] = nearestIQ4(float32(id*x[i])) | nearestIQ4(float32(id*x[i+16]))<<4
	}
}
