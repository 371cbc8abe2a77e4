package main

import "strconv"

// Instructions on bytes, and others of products of integers.

const loadS = 0xBD400000

// bytes sets a register to 16 times the same byte.
func (m arm) bytes(d int, bits uint32) {
	m.word(0x4F00E400|bits>>5<<16|bits&31<<5|uint32(d), "movi v%d.16b, #0x%02x", d, bits)
}

// shiftBytes shifts each byte left, or right by a negative number.
func (m arm) shiftBytes(by, d int) {
	switch {
	case by > 0:
		m.two(0x4F005400|uint32(8+by)<<16, "shl (16b, "+strconv.Itoa(by)+")", d, d)
	case by < 0:
		m.two(0x6F000400|uint32(16+by)<<16, "ushr (16b, "+strconv.Itoa(-by)+")", d, d)
	}
}

// insertBytes sets all but the low bits of each byte of d to those of n, shifted left.
func (m arm) insertBytes(by, d, n int) {
	m.two(0x6F005400|uint32(8+by)<<16, "sli (16b, "+strconv.Itoa(by)+")", d, n)
}

// shiftLanes shifts each lane of 32 bits left, or right by a negative number, the sign
// coming in.
func (m arm) shiftLanes(by, d int) {
	if by > 0 {
		m.two(0x4F005400|uint32(32+by)<<16, "shl ("+strconv.Itoa(by)+")", d, d)
	} else {
		m.two(0x4F000400|uint32(64+by)<<16, "sshr ("+strconv.Itoa(-by)+")", d, d)
	}
}

// duplicate sets every lane of 32 bits to one of n.
func (m arm) duplicate(d, n, lane int) {
	m.word(0x4E000400|uint32(lane<<3|4)<<16|uint32(n)<<5|uint32(d), "dup v%d.4s, v%d.s[%d]", d, n, lane)
}

// byLane emits an instruction on three vectors, the last of which is a lane everywhere.
func (m arm) byLane(code uint32, mnemonic string, d, n, p, lane int) {
	m.word(code|uint32(lane&1)<<21|uint32(p)<<16|uint32(lane>>1)<<11|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s, v%d.s[%d]", mnemonic, d, n, p, lane)
}

// sdot adds to each lane of d the products of its 4 signed bytes of n with the 4 of a lane
// of p.
func (m arm) sdot(d, n, p, lane int) {
	m.word(0x4F80E000|uint32(lane&1)<<21|uint32(p)<<16|uint32(lane>>1)<<11|uint32(n)<<5|uint32(d), "sdot v%d.4s, v%d.16b, v%d.4b[%d]", d, n, p, lane)
}

// unaligned loads 16 bytes.
func (m arm) unaligned(d, base, offset int) {
	if offset < 0 || offset > 255 {
		panic("generate: offset out of range")
	}
	m.word(0x3CC00000|uint32(offset)<<12|uint32(base)<<5|uint32(d), "ldur q%d, [x%d, #%d]", d, base, offset)
}

// widenBytes widens the first 4 bytes to lanes of 32 bits, with or without sign.
func (m arm) widenBytes(d int, signed bool) {
	if signed {
		m.two(0x0F08A400, "sshll (8b)", d, d)
		m.two(0x0F10A400, "sshll (4h)", d, d)
		return
	}
	m.two(0x2F08A400, "ushll (8b)", d, d)
	m.two(0x2F10A400, "ushll (4h)", d, d)
}

// addProducts does what sdot does with instructions that every processor has, by 4 bytes
// that are everywhere in x. Sums of two products fit 16 bits.
func (m arm) addProducts(d, n, x, low, high int) {
	m.three(0x0E20C000, "smull (8h, 8b)", low, n, x)
	m.three(0x4E20C000, "smull2 (8h, 16b)", high, n, x)
	m.three(0x4E60BC00, "addp (8h)", low, low, high)
	m.two(0x4E606800, "sadalp (8h)", d, low)
}
