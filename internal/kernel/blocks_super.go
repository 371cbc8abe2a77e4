package kernel

import (
	"encoding/binary"
	"math"
)

// superBlocks describes the K-quants, whose blocks have 256 values. The packed blocks
// of 16 rows are
//
//	a head
//	4 units, each of 64 values: a vector of scales (but Q3_K), and the codes
//
// The head is, of 16 rows each,
//
//	Q2_K: scales, and minima, in half precision
//	Q3_K: the 32nd parts of scales, as float32, and for each unit 48 bytes: the high 6
//	bits of byte i of piece v are the scale of the unit's group v of 16 values, more by
//	32, and the low 2 are bits 2v and 2v+1 of that of group 3
//	Q4_K, Q5_K: scales, and minima with the opposite sign, in half precision
//	Q6_K: quarters of scales, as float32
//
// The vector of scales has 16 bytes a piece: in Q4_K and Q5_K scales and minima of the
// unit's first 32 values, then of the last; in Q6_K the scales of each 16, and in Q2_K
// the scales in low and the minima in high halves. The codes are
//
//	Q2_K: a vector for each 16 values: byte 4i+j has values j, 4+j, 8+j and 12+j of row
//	i, from its low bits up
//	Q3_K: 3 vectors for each 32 values, of which the high 3 bits of bytes 4i+j are values
//	j, 12+j and 24+j of row i, and the next 3 are values 4+j, 16+j and 28+j; the high 2
//	bits of values 8+j and 20+j are the low bits of the first two, and their low bits are
//	bits 0 and 1 of the third
//	Q4_K: 8 vectors: byte 4i+j of vector g has values 4g+j and 32+4g+j of row i in its
//	low and its high half
//	Q5_K: before those, 2 vectors: bit g of byte 4i+j is the fifth of value 4g+j of row
//	i, and of value 32+4g+j
//	Q6_K: 3 vectors for each 16 values: the high 6 bits of byte 4i+j of vector v are
//	value 4v+j of row i, and bits 2v and 2v+1 of value 12+j are the low 2
type superBlocks struct{ Format }

// headBytes returns the bytes of the head of 16 rows.
func (s superBlocks) headBytes() int {
	if s.Format == FormatQ3_K {
		return 64 + 4*48
	}
	return 64
}

// scaleBytes returns the bytes of scales that begin a unit.
func (s superBlocks) scaleBytes() int {
	if s.Format == FormatQ3_K {
		return 0
	}
	return 64
}

// codeVectors are the vectors of codes of a unit.
var codeVectors = map[Format]int{FormatQ2_K: 4, FormatQ3_K: 6, FormatQ4_K: 8, FormatQ5_K: 10, FormatQ6_K: 12}

// unit returns unit u of a packed block.
func (s superBlocks) unit(b []byte, u int) []byte {
	size := (len(b) - s.headBytes()) / 4
	return b[s.headBytes()+u*size:][:size]
}

func (s superBlocks) packing() *packing {
	p := &packing{bytes: s.headBytes() + 4*(s.scaleBytes()+64*codeVectors[s.Format]), group: 32, lowest: true, super: &s}
	switch s.Format {
	case FormatQ2_K:
		p.group = 16
	case FormatQ3_K, FormatQ6_K:
		p.group, p.lowest = 16, false
	}
	return p
}

func (s superBlocks) pack(dst, src []byte, stride, columns int) {
	if columns < BlockColumns {
		clear(dst)
	}
	_, size := s.Block()
	for i := range columns {
		row := src[i*stride:][:size]
		switch s.Format {
		case FormatQ2_K:
			s.packQ2K(dst, row, i)
		case FormatQ3_K:
			s.packQ3K(dst, row, i)
		case FormatQ6_K:
			s.packQ6K(dst, row, i)
		default:
			s.packRange(dst, row, i)
		}
	}
}

// unpack restores the block of one row.
func (s superBlocks) unpack(dst, src []byte, column int) {
	clear(dst)
	switch s.Format {
	case FormatQ2_K:
		s.unpackQ2K(dst, src, column)
	case FormatQ3_K:
		s.unpackQ3K(dst, src, column)
	case FormatQ6_K:
		s.unpackQ6K(dst, src, column)
	default:
		s.unpackRange(dst, src, column)
	}
}

// decode gives codes of Q3_K 32 times, and of Q6_K 4 times as large, and so much smaller
// scales: so a code is a byte less 128, without a shift.
func (s superBlocks) decode(c *codes, src []byte, column int) {
	for u := range 4 {
		s.decodeScales(c, src, u, column)
		for g, word := range s.words(src, u, column) {
			for j := range 4 {
				code := int8(word >> (8 * j))
				switch s.Format {
				case FormatQ3_K:
					code = 32 * (code - 4)
				case FormatQ6_K:
					code = 4 * (code - 32)
				}
				c.codes[64*u+4*g+j] = code
			}
		}
	}
}

func (s superBlocks) decodeScales(c *codes, src []byte, u, column int) {
	d, low, part := half(src[2*column:]), half(src[32+2*column:]), float32At(src[4*column:])
	if s.Format == FormatQ3_K {
		for g, v := range threeScales(src, u, column) {
			c.scales[4*u+g] = part * float32(int(v)-32)
		}
		return
	}
	for h := range 4 {
		switch v := s.unit(src, u)[16*h+column]; {
		case s.Format == FormatQ2_K:
			c.scales[4*u+h] = d * float32(v&15)
			c.lowest[4*u+h] = low * float32(v>>4)
		case s.Format == FormatQ6_K:
			c.scales[4*u+h] = part * float32(int8(v))
		case h%2 == 0:
			c.scales[2*u+h/2] = d * float32(v)
		default:
			c.lowest[2*u+h/2] = low * float32(v)
		}
	}
}

// float32At returns the number at the start of b.
func float32At(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func putFloat32(b []byte, v float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(v)) }

// words returns the codes of unit u of row i as words of bytes, from 0 up: 4 values a
// word.
func (s superBlocks) words(src []byte, u, i int) (words [16]uint32) {
	codes := s.unit(src, u)[s.scaleBytes()+4*i:]
	at := func(v int) uint32 { return binary.LittleEndian.Uint32(codes[64*v:]) }
	for g := range words {
		switch s.Format {
		case FormatQ2_K:
			words[g] = at(g/4) >> (g % 4 * 2) & 0x03030303
		case FormatQ3_K:
			words[g] = threeBits(at, g)
		case FormatQ4_K:
			words[g] = at(g%8) >> (g / 8 * 4) & 0x0f0f0f0f
		case FormatQ5_K:
			words[g] = at(2+g%8)>>(g/8*4)&0x0f0f0f0f | at(g/8)>>(g%8)&0x01010101<<4
		default:
			if v := g / 4 * 3; g%4 < 3 {
				words[g] = at(v+g%4) >> 2 & 0x3f3f3f3f
			} else {
				words[g] = at(v)&0x03030303 | at(v+1)&0x03030303<<2 | at(v+2)&0x03030303<<4
			}
		}
	}
	return words
}
