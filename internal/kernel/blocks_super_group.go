package kernel

import "encoding/binary"

// The K-quants whose groups have 16 values: in GGUF, of every 128 values, those r·32 on
// share bytes with those at the beginning.

// groupAt returns which half of a block a group of 16 values is in, which quarter of
// that, and which half of that.
func groupAt(group int) (n, r, t int) { return group / 8, group % 8 / 2, group % 2 }

func wordAt(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

func (s superBlocks) packQ2K(dst, row []byte, i int) {
	copy(dst[2*i:][:2], row[80:])
	copy(dst[32+2*i:][:2], row[82:])
	for group := range 16 {
		n, r, t := groupAt(group)
		unit := s.unit(dst, group/4)
		unit[group%4*16+i] = row[group]
		var word uint32
		for v := range 4 {
			word |= wordAt(row[16+32*n+16*t+4*v:]) >> (2 * r) & 0x03030303 << (2 * v)
		}
		binary.LittleEndian.PutUint32(unit[64+group%4*64+4*i:], word)
	}
}

func (s superBlocks) unpackQ2K(dst, src []byte, column int) {
	copy(dst[80:82], src[2*column:])
	copy(dst[82:84], src[32+2*column:])
	for u := range 4 {
		for g, word := range s.words(src, u, column) {
			n, r, t := groupAt(4*u + g/4)
			dst[4*u+g/4] = s.unit(src, u)[g/4*16+column]
			for j := range 4 {
				dst[16+32*n+16*t+g%4*4+j] |= byte(word>>(8*j)) << (2 * r)
			}
		}
	}
}

func (s superBlocks) packQ3K(dst, row []byte, i int) {
	putFloat32(dst[4*i:], half(row[108:])/32)
	for u := range 4 {
		last := scaleQ3K(row, 4*u+3)
		for v := range 3 {
			dst[64+48*u+16*v+i] = scaleQ3K(row, 4*u+v)<<2 | last>>(2*v)&3
		}
		for p := range 2 {
			var c [8]uint32
			for k := range c {
				n, r, t := groupAt(4*u + 2*p + k/4)
				at := 16*t + k%4*4
				c[k] = wordAt(row[32+32*n+at:])>>(2*r)&0x03030303 | wordAt(row[at:])>>(4*n+r)&0x01010101<<2
			}
			codes := s.unit(dst, u)[192*p+4*i:]
			binary.LittleEndian.PutUint32(codes, c[0]<<5|c[1]<<2|c[2]>>1&0x03030303)
			binary.LittleEndian.PutUint32(codes[64:], c[3]<<5|c[4]<<2|c[5]>>1&0x03030303)
			binary.LittleEndian.PutUint32(codes[128:], c[6]<<5|c[7]<<2|c[2]&0x01010101|c[5]&0x01010101<<1)
		}
	}
}

// scaleQ3K returns the 6 bit scale of a group.
func scaleQ3K(row []byte, group int) byte {
	return row[96+group%8]>>(group/8*4)&15 | row[104+group%4]>>(group/4*2)&3<<4
}

// threeScales returns the 6 bit scales of the groups of unit u of a packed block.
func threeScales(src []byte, u, column int) (scales [4]byte) {
	for v := range 3 {
		b := src[64+48*u+16*v+column]
		scales[v] = b >> 2
		scales[3] |= b & 3 << (2 * v)
	}
	return scales
}

// threeBits returns word g of the 16 of a unit of Q3_K, whose vectors at returns.
func threeBits(at func(v int) uint32, g int) uint32 {
	v := g / 8 * 3
	switch k := g % 8; k {
	case 2, 5:
		return at(v+k/3)&0x03030303<<1 | at(v+2)>>(k/3)&0x01010101
	default:
		return at(v+k/3) >> (5 - k%3*3) & 0x07070707
	}
}

func (s superBlocks) unpackQ3K(dst, src []byte, column int) {
	putHalf(dst[108:], 32*float32At(src[4*column:]))
	for u := range 4 {
		for g, scale := range threeScales(src, u, column) {
			group := 4*u + g
			dst[96+group%8] |= scale & 15 << (group / 8 * 4)
			dst[104+group%4] |= scale >> 4 << (group / 4 * 2)
		}
		for g, word := range s.words(src, u, column) {
			n, r, t := groupAt(4*u + g/4)
			for j := range 4 {
				code, at := byte(word>>(8*j)), 16*t+g%4*4+j
				dst[32+32*n+at] |= code & 3 << (2 * r)
				dst[at] |= code >> 2 << (4*n + r)
			}
		}
	}
}

func (s superBlocks) packQ6K(dst, row []byte, i int) {
	putFloat32(dst[4*i:], 0.25*half(row[208:]))
	for group := range 16 {
		unit := s.unit(dst, group/4)
		unit[group%4*16+i] = row[192+group]
		codes := unit[64+group%4*192+4*i:]
		last := sixBits(row, group, 3)
		for v := range 3 {
			word := sixBits(row, group, v)<<2 | last>>(2*v)&0x03030303
			binary.LittleEndian.PutUint32(codes[64*v:], word)
		}
	}
}

// sixBits returns 4 codes of a block of Q6_K as bytes: values 4v to 4v+3 of a group.
func sixBits(row []byte, group, v int) uint32 {
	n, r, t := groupAt(group)
	at := 16*t + 4*v
	low := wordAt(row[64*n+r%2*32+at:]) >> (r / 2 * 4) & 0x0f0f0f0f
	high := wordAt(row[128+32*n+at:]) >> (2 * r) & 0x03030303
	return low | high<<4
}

func (s superBlocks) unpackQ6K(dst, src []byte, column int) {
	putHalf(dst[208:], 4*float32At(src[4*column:]))
	for u := range 4 {
		for g, word := range s.words(src, u, column) {
			group := 4*u + g/4
			n, r, t := groupAt(group)
			dst[192+group] = s.unit(src, u)[16*(g/4)+column]
			for j := range 4 {
				code, at := byte(word>>(8*j)), 16*t+g%4*4+j
				dst[64*n+r%2*32+at] |= code & 15 << (r / 2 * 4)
				dst[128+32*n+at] |= code >> 4 << (2 * r)
			}
		}
	}
}
