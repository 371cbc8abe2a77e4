package kernel

import "encoding/binary"

// simpleBlocks describes the formats whose blocks hold 32 values with one scale. The
// packed blocks of 16 rows are
//
//	16 scales, and 16 minima if halves is 2, in half precision
//	words vectors of 64 bytes: bytes 4c..4c+3 of the codes of each row
//	a vector of fifth bits if high: bit g of byte 4i+j is that of value 4g+j of row i
//
// Codes of 8 bits have their top bit inverted, and so are unsigned. Byte j of the
// codes of 4 bits has value j in its low half and value j+16 in its high half, as in
// GGUF. A value is its unsigned code less the offset, times the scale; if table is set,
// it is what IQ4_NL's list has for the code, times the scale.
type simpleBlocks struct {
	offset int
	halves int
	words  int
	high   bool
	table  bool
}

func (s simpleBlocks) packing() *packing {
	p := &packing{bytes: 32*s.halves + 64*s.words, group: 32, lowest: s.halves == 2, simple: &s}
	if s.high {
		p.bytes += 64
	}
	return p
}

// flip is what a word of codes is combined with.
func (s *simpleBlocks) flip() uint32 {
	if s.words == 8 {
		return 0x80808080
	}
	return 0
}

// codesAt returns where the codes begin in a block of a row.
func (s *simpleBlocks) codesAt() int {
	if s.high {
		return 2*s.halves + 4
	}
	return 2 * s.halves
}

func (s *simpleBlocks) pack(dst, src []byte, stride, columns int) {
	if columns < BlockColumns {
		clear(dst)
	}
	at, flip := s.codesAt(), s.flip()
	for i := range columns {
		row := src[i*stride:]
		for h := range s.halves {
			copy(dst[32*h+2*i:][:2], row[2*h:])
		}
		out := dst[32*s.halves+4*i:]
		for w := range s.words {
			binary.LittleEndian.PutUint32(out[64*w:], binary.LittleEndian.Uint32(row[at+4*w:])^flip)
		}
		if s.high {
			binary.LittleEndian.PutUint32(out[64*s.words:], gatherBits(binary.LittleEndian.Uint32(row[at-4:])))
		}
	}
}

func (s *simpleBlocks) unpack(dst, src []byte, column int) {
	at, flip := s.codesAt(), s.flip()
	for h := range s.halves {
		copy(dst[2*h:][:2], src[32*h+2*column:])
	}
	in := src[32*s.halves+4*column:]
	for w := range s.words {
		binary.LittleEndian.PutUint32(dst[at+4*w:], binary.LittleEndian.Uint32(in[64*w:])^flip)
	}
	if s.high {
		binary.LittleEndian.PutUint32(dst[at-4:], spreadBits(binary.LittleEndian.Uint32(in[64*s.words:])))
	}
}

func (s *simpleBlocks) decode(c *codes, src []byte, column int) {
	c.scales[0] = half(src[2*column:])
	if s.halves == 2 {
		c.lowest[0] = half(src[32+2*column:])
	}
	in := src[32*s.halves+4*column:]
	for i := range 32 {
		var q int
		if w, j := i/4, i%4; s.words == 8 {
			q = int(in[64*w+j])
		} else {
			q = int(in[64*(w%4)+j] >> (w / 4 * 4) & 15)
			if s.high {
				q |= int(in[64*s.words+j]>>w&1) << 4
			}
		}
		if s.table {
			q = int(iq4nl[q])
		}
		c.codes[i] = int8(q - s.offset)
	}
}

// gatherBits moves bit 4g+j to bit 8j+g.
func gatherBits(x uint32) (y uint32) {
	for j := range 4 {
		b := x >> j & 0x11111111
		b |= b >> 3
		b &= 0x03030303
		b |= b >> 6
		b &= 0x000f000f
		b |= b >> 12
		y |= b & 0xff << (8 * j)
	}
	return y
}

// spreadBits moves bit 8j+g to bit 4g+j.
func spreadBits(y uint32) (x uint32) {
	for i := range 32 {
		x |= y >> (i%4*8 + i/4) & 1 << i
	}
	return x
}
