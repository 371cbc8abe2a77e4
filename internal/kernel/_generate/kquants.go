package main

// superHead is the size of the scales of a packed super-block of 16 rows: the rest is
// units of 64 values.
const superHead = 64

// super describes a K-quant, as superBlocks does in package kernel.
type super struct {
	fifth bool // Q5_K
	six   bool // Q6_K
}

func (s super) format(name, constant string) blockFormat {
	f := blockFormat{name: name, format: constant, head: superHead, units: 4, values: 64, masks: []uint32{0x0f0f0f0f, 0x10101010}, super: &s}
	switch {
	case s.six:
		f.size, f.bits, f.body = 64+12*64, 6, s.sixes
		f.masks = []uint32{0xfcfcfcfc, 0x0c0c0c0c, 0x30303030, quarter}
		f.shortMasks = []uint32{0x3f3f3f3f, 0x03030303, 0x0c0c0c0c, quarter}
	case s.fifth:
		f.size, f.bits, f.body = 64+10*64, 5, s.ranges
	default:
		f.size, f.bits, f.body = 64+8*64, 4, s.ranges
	}
	return f
}

// quarter is 0.25.
const quarter = 0x3e800000

// ranges emits a unit of Q4_K or Q5_K.
func (s super) ranges(t *blocksTile) {
	codes := 64
	if s.fifth {
		codes += 128
	}
	if t.low() {
		s.twoRanges(t, codes)
		return
	}
	for h := range 2 {
		x := activationSize * h
		t.start(0, -1)
		for g := range 8 {
			t.nibbles(codes+64*g, h == 1)
			if s.fifth {
				t.fifth(64+64*h, g)
			}
			t.dots(x + 4*g)
		}
		t.scaleBytes(0, 32*h)
		t.add(x + activationScale)
		t.scaleBytes(32, 32*h+16)
		t.addLowest(x + activationTotal)
	}
}

// sixes emits a unit of Q6_K. Instructions for products of bytes get four times the
// codes, which need no shift.
func (s super) sixes(t *blocksTile) {
	if t.low() {
		s.pairsOfSixes(t)
		return
	}
	for h := range 4 {
		x := activationSize * (h / 2)
		t.start(x+activationHalves+4*(h%2), 0)
		for v := range 4 {
			t.sixBits(64+192*h, v)
			t.dots(x + 16*(h%2) + 4*v)
		}
		t.scaleBytes(0, 16*h)
		t.add(x + activationScale)
	}
}

// sixBits sets the weights to codes g of the four that three vectors hold: the last has
// its parts of 2 bits below the others.
func (t *blocksTile) sixBits(byte, g int) {
	for v := range t.vectors {
		w, at := t.weights(v), func(i int) string { return t.address(byte+64*i, v, 4) }
		switch {
		case g == 3:
			t.lastOf(w, at(0), at(1), at(2))
		case t.level.dots && t.width == 16:
			t.and(at(g), t.mask(0), w)
		case t.level.dots:
			t.move(at(g), w)
			t.and(t.mask(0), w, w)
		default:
			t.line("VPSRLW $2, %s, %s", t.inRegister(at(g), w), w)
			t.and(t.mask(0), w, w)
		}
	}
}

// lastOf sets w to the codes whose parts of 2 bits are the low bits of three vectors.
func (t *blocksTile) lastOf(w, a, b, c string) {
	low, middle, less := t.moment[0], t.moment[1], 2
	if t.level.dots {
		less = 0
	}
	shift := func(by int, from, to string) {
		if by == less {
			t.move(from, to)
			return
		}
		t.line("VPSLLW $%d, %s, %s", by-less, t.inRegister(from, to), to)
	}
	shift(2, a, low)
	shift(4, b, middle)
	shift(6, c, w)
	if t.width == 16 {
		t.line("VPTERNLOGD $0xd8, %s, %s, %s", t.mask(2), middle, w) // where the mask is set, middle, else w
		t.line("VPTERNLOGD $0xd8, %s, %s, %s", t.mask(1), low, w)
		t.and(t.mask(0), w, w)
		return
	}
	t.and(t.constant(0xc0c0c0c0>>less), w, w)
	for i, m := range []string{low, middle} {
		t.and(t.mask(1+i), m, m)
		t.line("VPOR %s, %s, %s", m, w, w)
	}
}

// scaleBytes sets the weights to the 16 numbers of half precision at a byte of the
// head times the 16 bytes at another of the unit; to quarters of that, of signed bytes,
// for Q6_K.
func (t *blocksTile) scaleBytes(head, byte int) {
	for v := range t.vectors {
		w, m := t.weights(v), t.moment[0]
		t.line("VCVTPH2PS %s, %s", t.from([]string{"R8", "R9"}, head, v, 2), m)
		extend := "VPMOVZXBD"
		if t.format.super.six {
			extend = "VPMOVSXBD"
			t.line("VMULPS %s, %s, %s", t.mask(3), m, m)
		}
		t.line("%s %s, %s", extend, t.address(byte, v, 1), w)
		t.line("VCVTDQ2PS %s, %s", w, w)
		t.line("VMULPS %s, %s, %s", m, w, w)
	}
}
