package main

// neonConstants returns the bytes that the units of a K-quant need in registers.
func (s super) neonConstants() []uint32 {
	switch s.bits {
	case 2:
		return []uint32{0x03}
	case 3:
		return []uint32{0x07}
	case 6:
		return []uint32{0x3f}
	case 5:
		return []uint32{0x0f, 0x10}
	}
	return []uint32{0x0f}
}

// neon emits a unit, 64 values.
func (s super) neon(t *blocksNEON) {
	switch s.bits {
	case 4, 5:
		for h := range 2 {
			s.neonRange(t, h)
		}
	default:
		for h := range 4 {
			s.neonGroup(t, h)
		}
	}
}

// neonRange emits 32 values of Q4_K or Q5_K.
func (s super) neonRange(t *blocksNEON, h int) {
	codes := 64
	if s.bits == 5 {
		codes += 128
	}
	block := activationSize * h
	t.start(0, -1)
	for half := range 2 {
		t.sum(block+16*half, func(v, i int) int {
			g := 4*half + i
			w := t.load(codes+64*g, v)
			t.nibble(w, h)
			if s.bits == 5 {
				t.fifth(w, t.load(64+64*h, v), g)
			}
			return w
		})
	}
	t.add(block+activationScale, func(v int) int { return t.timesHalf(t.scaleBytes(32*h, v, false), 8*v) })
	t.loadTotals(block + activationTotal)
	t.addLowest(func(v int) int { return t.timesHalf(t.scaleBytes(32*h+16, v, false), 32+8*v) })
}

// neonGroup emits 16 values of the others.
func (s super) neonGroup(t *blocksNEON, h int) {
	block := activationSize * (h / 2)
	half := block + activationHalves + 4*(h%2)
	switch s.bits {
	case 2:
		t.start(0, -1)
	case 3: // -4 times the sum of the codes
		t.start(half, 5)
	default: // -32 times that
		t.start(half, 2)
	}
	t.sum(block+16*(h%2), func(v, i int) int { return s.neonCodes(t, v, h, i) })
	t.add(block+activationScale, func(v int) int { return s.neonScale(t, v, h) })
	if s.bits != 2 {
		return
	}
	t.loadTotals(half)
	for r := range t.rows {
		x, scale := t.codes(r), t.moment()
		t.transfer(loadS, "ldr", scale, 4+r, block+activationScale, 4)
		t.shiftLanes(-7, x)
		t.two(0x4E21D800, "scvtf", x, x)
		t.three(0x6E20DC00, "fmul", x, x, scale)
	}
	t.addLowest(func(v int) int {
		w := t.moment()
		t.transfer(loadS, "ldr", w, 1, 16*h+4*v, 4)
		t.shiftBytes(-4, w)
		t.widenBytes(w, false)
		return t.timesHalf(w, 32+8*v)
	})
}

// scaleBytes returns a register of the 4 integers at a byte of the unit that are those of
// vector v.
func (t *blocksNEON) scaleBytes(byte, v int, signed bool) int {
	w := t.moment()
	t.transfer(loadS, "ldr", w, 1, byte+4*v, 4)
	t.widenBytes(w, signed)
	return w
}

// timesHalf makes w float32 and multiplies it by the numbers of half precision at a byte
// of the head.
func (t *blocksNEON) timesHalf(w, byte int) int {
	d := t.half(11, byte)
	t.two(0x4E21D800, "scvtf", w, w)
	t.three(0x6E20DC00, "fmul", w, w, d)
	return w
}

// neonScale returns the register of the scales of group h.
func (s super) neonScale(t *blocksNEON, v, h int) int {
	var w int
	switch s.bits {
	case 2:
		w = t.moment()
		t.transfer(loadS, "ldr", w, 1, 16*h+4*v, 4)
		t.shiftBytes(4, w)
		t.shiftBytes(-4, w)
		t.widenBytes(w, false)
		return t.timesHalf(w, 8*v)
	case 3:
		w = t.sixBitScales(v, h)
	default:
		w = t.scaleBytes(16*h, v, true)
	}
	part := t.moment()
	t.transfer(loadQ, "ldr", part, 11, 16*v, 16)
	t.two(0x4E21D800, "scvtf", w, w)
	t.three(0x6E20DC00, "fmul", w, w, part)
	return w
}

// sixBitScales returns the register of scales of Q3_K, as integers.
func (t *blocksNEON) sixBitScales(v, h int) int {
	w, x := t.moment(), t.moment()
	if h < 3 {
		t.transfer(loadS, "ldr", w, 12, 16*h+4*v, 4)
	} else {
		t.transfer(loadS, "ldr", w, 12, 4*v, 4)
		for piece := 1; piece < 3; piece++ {
			t.transfer(loadS, "ldr", x, 12, 16*piece+4*v, 4)
			t.insertBytes(2*piece, w, x)
		}
		t.shiftBytes(2, w)
	}
	t.shiftBytes(-2, w)
	t.bytes(x, 32)
	t.three(0x6E208400, "sub (16b)", w, w, x)
	t.widenBytes(w, true)
	return w
}

// neonCodes returns the register of codes i of group h of vector v.
func (s super) neonCodes(t *blocksNEON, v, h, i int) int {
	switch s.bits {
	case 2:
		w := t.load(64+64*h, v)
		t.shiftBytes(-2*i, w)
		if i < 3 {
			t.three(0x4E201C00, "and", w, w, t.constant(0x03))
		}
		return w
	case 3:
		return t.threeBits(v, h, i)
	}
	at := 64 + 192*h
	if i < 3 {
		w := t.load(at+64*i, v)
		t.shiftBytes(-2, w)
		return w
	}
	w := t.load(at, v)
	for piece := 1; piece < 3; piece++ {
		t.insertBytes(2*piece, w, t.load(at+64*piece, v))
	}
	t.three(0x4E201C00, "and", w, w, t.constant(0x3f))
	return w
}

// threeBits is neonCodes for Q3_K.
func (t *blocksNEON) threeBits(v, h, i int) int {
	at, k := 192*(h/2), 4*(h%2)+i
	if k%3 < 2 || k > 5 {
		w := t.load(at+64*(k/3), v)
		t.shiftBytes(k%3*3-5, w)
		if k%3 > 0 {
			t.three(0x4E201C00, "and", w, w, t.constant(0x07))
		}
		return w
	}
	w := t.load(at+128, v)
	t.shiftBytes(-(k / 3), w)
	t.insertBytes(1, w, t.load(at+64*(k/3), v))
	t.three(0x4E201C00, "and", w, w, t.constant(0x07))
	return w
}
