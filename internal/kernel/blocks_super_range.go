package kernel

import "encoding/binary"

// packRange packs row i of Q4_K or Q5_K.
func (s superBlocks) packRange(dst, row []byte, i int) {
	copy(dst[2*i:][:2], row)
	dst[32+2*i], dst[33+2*i] = row[2], row[3]^0x80
	sixes, fives, nibbles := (*[12]byte)(row[4:]), row[16:48], row[len(row)-128:]
	for u := range 4 {
		unit := s.unit(dst, u)
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

func (s superBlocks) unpackRange(dst, src []byte, column int) {
	copy(dst[:2], src[2*column:])
	dst[2], dst[3] = src[32+2*column], src[33+2*column]^0x80
	sixes, fives, nibbles := (*[12]byte)(dst[4:16]), dst[16:48], dst[len(dst)-128:]
	for u := range 4 {
		scales := s.unit(src, u)[column:]
		for h := range 2 {
			putScaleMin(sixes, 2*u+h, scales[32*h], scales[32*h+16])
		}
		for g, word := range s.words(src, u, column) {
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
