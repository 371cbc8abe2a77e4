package kernel

import "encoding/binary"

// iq4nl are the values that the 4 bits of IQ4_NL stand for.
var iq4nl = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// decodeBlocks decodes the formats whose blocks hold 32 values. Byte j of the 4
// bit values holds value j in its low half and value j+16 in its high half.
//
// A product is converted to float32 before it is added to something, so that no
// processor fuses the two operations.
func decodeBlocks(f Format, dst []float32, src []byte) {
	_, size := f.Block()
	for len(dst) > 0 {
		y, b := (*[32]float32)(dst), src[:size]
		switch d := half(b); f {
		case FormatQ8_0:
			for i, q := range (*[32]byte)(b[2:]) {
				y[i] = d * float32(int8(q))
			}
		case FormatQ4_0:
			for i, q := range (*[16]byte)(b[2:]) {
				y[i] = d * float32(int(q&15)-8)
				y[i+16] = d * float32(int(q>>4)-8)
			}
		case FormatQ4_1:
			m := half(b[2:])
			for i, q := range (*[16]byte)(b[4:]) {
				y[i] = float32(d*float32(q&15)) + m
				y[i+16] = float32(d*float32(q>>4)) + m
			}
		case FormatQ5_0:
			high := binary.LittleEndian.Uint32(b[2:])
			for i, q := range (*[16]byte)(b[6:]) {
				lo, hi := fifth(high, q, i)
				y[i] = d * float32(lo-16)
				y[i+16] = d * float32(hi-16)
			}
		case FormatQ5_1:
			m, high := half(b[2:]), binary.LittleEndian.Uint32(b[4:])
			for i, q := range (*[16]byte)(b[8:]) {
				lo, hi := fifth(high, q, i)
				y[i] = float32(d*float32(lo)) + m
				y[i+16] = float32(d*float32(hi)) + m
			}
		default: // IQ4_NL
			for i, q := range (*[16]byte)(b[2:]) {
				y[i] = d * iq4nl[q&15]
				y[i+16] = d * iq4nl[q>>4]
			}
		}
		dst, src = dst[32:], src[size:]
	}
}

// fifth returns values i and i+16 of a block: 4 bits each in q, and the fifth in
// bits i and i+16 of high.
func fifth(high uint32, q byte, i int) (lo, hi int) {
	return int(q&15) | int(high>>i&1)<<4, int(q>>4) | int(high>>(i+16)&1)<<4
}
