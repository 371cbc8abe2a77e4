package kernel

import "encoding/binary"

// superBlocks describes the K-quants whose super-blocks of 256 values have a packed
// form. The packed super-blocks of 16 rows are
//
//	16 scales, and 16 minima with the opposite sign (Q6_K: 0), in half precision
//	4 units, each of 64 values: a vector of scales, and the codes
//
// The vector of scales has 16 bytes a piece: in Q4_K and Q5_K scales and minima of the
// unit's first 32 values, then of the last; in Q6_K the scales of each 16. The codes
// are
//
//	Q4_K: 8 vectors: byte 4i+j of vector g has values 4g+j and 32+4g+j of row i in its
//	low and its high half
//	Q5_K: before those, 2 vectors: bit g of byte 4i+j is the fifth of value 4g+j of row
//	i, and of value 32+4g+j
//	Q6_K: 3 vectors for each 16 values: the high 6 bits of byte 4i+j of vector v are
//	value 4v+j of row i, and bits 2v and 2v+1 of value 12+j are the low 2
type superBlocks struct{ Format }

// unitBytes returns the bytes of a unit of 16 rows.
func (s superBlocks) unitBytes() int {
	switch s.Format {
	case FormatQ4_K:
		return 64 + 8*64
	case FormatQ5_K:
		return 64 + 10*64
	}
	return 64 + 12*64
}

// superHead is the size of what comes before the units.
const superHead = 64

func (s superBlocks) packing() *packing {
	p := &packing{bytes: superHead + 4*s.unitBytes(), group: 32, lowest: true, super: &s}
	if s.Format == FormatQ6_K {
		p.group, p.lowest = 16, false
	}
	return p
}

func (s superBlocks) pack(dst, src []byte, stride, columns int) {
	if columns < BlockColumns || s.Format == FormatQ6_K {
		clear(dst)
	}
	_, size := s.Block()
	for i := range columns {
		row := src[i*stride:][:size]
		if s.Format == FormatQ6_K {
			packQ6K(dst, row, i)
		} else {
			s.packRange(dst, row, i)
		}
	}
}

// packRange packs row i of Q4_K or Q5_K.
func (s superBlocks) packRange(dst, row []byte, i int) {
	copy(dst[2*i:][:2], row)
	dst[32+2*i], dst[33+2*i] = row[2], row[3]^0x80
	sixes, fives, nibbles := (*[12]byte)(row[4:]), row[16:48], row[len(row)-128:]
	for u := range 4 {
		unit := dst[superHead+u*s.unitBytes():][:s.unitBytes()]
		for h := range 2 {
			unit[32*h+i], unit[32*h+16+i] = scaleMinBytes(sixes, 2*u+h)
		}
		codes := unit[64+4*i:]
		if s.Format == FormatQ5_K {
			for h := range 2 {
				binary.LittleEndian.PutUint32(codes[64*h:], gatherPlane(fives, 2*u+h))
			}
			codes = codes[128:]
		}
		for g := range 8 {
			copy(codes[64*g:][:4], nibbles[32*u+4*g:])
		}
	}
}

// scaleMinBytes is scaleMin as integers.
func scaleMinBytes(s *[12]byte, i int) (scale, low byte) {
	if i < 4 {
		return s[i] & 63, s[i+4] & 63
	}
	return s[i+4]&15 | s[i-4]>>6<<4, s[i+4]>>4 | s[i]>>6<<4
}

// gatherPlane returns bit p of each of 32 bytes: that of byte 4g+j as bit 8j+g.
func gatherPlane(bytes []byte, p int) (plane uint32) {
	for g := range 8 {
		plane |= binary.LittleEndian.Uint32(bytes[4*g:]) >> p & 0x01010101 << g
	}
	return plane
}

// packQ6K packs row i, where zeros are.
func packQ6K(dst, row []byte, i int) {
	copy(dst[2*i:][:2], row[208:])
	for group := range 16 {
		unit := dst[superHead+group/4*superBlocks{FormatQ6_K}.unitBytes():]
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
	n, r, t := group/8, group%8/2, group%2
	at := 16*t + 4*v
	low := binary.LittleEndian.Uint32(row[64*n+r%2*32+at:]) >> (r / 2 * 4) & 0x0f0f0f0f
	high := binary.LittleEndian.Uint32(row[128+32*n+at:]) >> (2 * r) & 0x03030303
	return low | high<<4
}

// planes returns the vectors of values 4g to 4g+3 of row i of unit u as words of
// unsigned codes, g being up to 16.
func (s superBlocks) planes(src []byte, u, i int) (words [16]uint32) {
	codes := src[superHead+u*s.unitBytes()+64+4*i:]
	word := func(v int) uint32 { return binary.LittleEndian.Uint32(codes[64*v:]) }
	switch s.Format {
	case FormatQ4_K:
		for g := range 16 {
			words[g] = word(g%8) >> (g / 8 * 4) & 0x0f0f0f0f
		}
	case FormatQ5_K:
		for g := range 16 {
			words[g] = word(2+g%8)>>(g/8*4)&0x0f0f0f0f | word(g/8)>>(g%8)&0x01010101<<4
		}
	default:
		for g := range 16 {
			if v := g / 4 * 3; g%4 < 3 {
				words[g] = word(v+g%4) >> 2 & 0x3f3f3f3f
			} else {
				words[g] = word(v)&0x03030303 | word(v+1)&0x03030303<<2 | word(v+2)&0x03030303<<4
			}
		}
	}
	return words
}

func (s superBlocks) unpack(dst, src []byte, column int) {
	clear(dst)
	if s.Format == FormatQ6_K {
		s.unpackQ6K(dst, src, column)
		return
	}
	copy(dst[:2], src[2*column:])
	dst[2], dst[3] = src[32+2*column], src[33+2*column]^0x80
	sixes, fives, nibbles := dst[4:16], dst[16:48], dst[len(dst)-128:]
	for u := range 4 {
		scales := src[superHead+u*s.unitBytes()+column:]
		for h := range 2 {
			putScaleMin((*[12]byte)(sixes), 2*u+h, scales[32*h], scales[32*h+16])
		}
		for g, word := range s.planes(src, u, column) {
			for j := range 4 {
				code := byte(word >> (8 * j))
				at := g%8*4 + j
				nibbles[32*u+at] |= code & 15 << (g / 8 * 4)
				if s.Format == FormatQ5_K {
					fives[at] |= code >> 4 << (2*u + g/8)
				}
			}
		}
	}
}

// putScaleMin writes the scale and the minimum of group i into zeros.
func putScaleMin(s *[12]byte, i int, scale, low byte) {
	if i < 4 {
		s[i] |= scale
		s[i+4] |= low
		return
	}
	s[i+4] |= scale&15 | low&15<<4
	s[i-4] |= scale >> 4 << 6
	s[i] |= low >> 4 << 6
}

func (s superBlocks) unpackQ6K(dst, src []byte, column int) {
	copy(dst[208:210], src[2*column:])
	for u := range 4 {
		for g, word := range s.planes(src, u, column) {
			group := 4*u + g/4
			n, r, t := group/8, group%8/2, group%2
			dst[192+group] = src[superHead+u*s.unitBytes()+16*(g/4)+column]
			for j := range 4 {
				code, at := byte(word>>(8*j)), 16*t+g%4*4+j
				dst[64*n+r%2*32+at] |= code & 15 << (r / 2 * 4)
				dst[128+32*n+at] |= code >> 4 << (2 * r)
			}
		}
	}
}

// decode gives Q6_K's codes four times as large, and quarters of its scales: so a code
// is a byte less 128, without a shift.
func (s superBlocks) decode(c *codes, src []byte, column int) {
	d, low := half(src[2*column:]), half(src[32+2*column:])
	six := s.Format == FormatQ6_K
	for u := range 4 {
		scales := src[superHead+u*s.unitBytes()+column:]
		for h := range 4 {
			switch v := scales[16*h]; {
			case six:
				c.scales[4*u+h] = 0.25 * d * float32(int8(v))
			case h%2 == 0:
				c.scales[2*u+h/2] = d * float32(v)
			default:
				c.lowest[2*u+h/2] = low * float32(v)
			}
		}
		for g, word := range s.planes(src, u, column) {
			for j := range 4 {
				code := int8(word >> (8 * j))
				if six {
					code = 4 * (code - 32)
				}
				c.codes[64*u+4*g+j] = code
			}
		}
	}
}
