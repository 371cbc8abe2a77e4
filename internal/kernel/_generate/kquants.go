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
		f.size, f.bits, f.body = 64+12*64, 8, s.sixes
		f.masks = []uint32{0xfcfcfcfc, 0x0c0c0c0c, 0x30303030, 0x3e800000}
	case s.fifth:
		f.size, f.bits, f.body = 64+10*64, 5, s.ranges
	default:
		f.size, f.body = 64+8*64, s.ranges
	}
	return f
}

// ranges emits a unit of Q4_K or Q5_K.
func (s super) ranges(t *blocksTile) {
	codes := 64
	if s.fifth {
		codes += 128
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
		t.scaleBytes(0, 32*h, false)
		t.add(x + activationScale)
		t.scaleBytes(32, 32*h+16, false)
		t.addLowest(x + activationTotal)
	}
}

// sixes emits a unit of Q6_K.
func (s super) sixes(t *blocksTile) {
	for h := range 4 {
		x := activationSize * (h / 2)
		t.start(x+activationHalves+4*(h%2), 0)
		codes := 64 + 192*h
		for v := range 4 {
			if v < 3 {
				t.loadMasked(codes+64*v, 0)
			} else {
				t.lastOfFour(codes)
			}
			t.dots(x + 16*(h%2) + 4*v)
		}
		t.scaleBytes(0, 16*h, true)
		t.add(x + activationScale)
	}
}

// loadMasked sets the weights to the vector at a byte of the unit under a mask.
func (t *blocksTile) loadMasked(byte, mask int) {
	for p, base := range t.panels {
		t.line("VPANDD %d(%s), %s, %s", byte, base, t.mask(mask), t.weights(p))
	}
}

// lastOfFour sets the weights to the codes whose parts of 2 bits are the low bits of
// three vectors.
func (t *blocksTile) lastOfFour(byte int) {
	for p, base := range t.panels {
		w, low, middle := t.weights(p), t.moment[0], t.moment[1]
		t.line("VPSLLW $2, %d(%s), %s", byte, base, low)
		t.line("VPSLLW $4, %d(%s), %s", byte+64, base, middle)
		t.line("VPSLLW $6, %d(%s), %s", byte+128, base, w)
		t.line("VPTERNLOGD $0xd8, %s, %s, %s", t.mask(2), middle, w) // where the mask is set, middle, else w
		t.line("VPTERNLOGD $0xd8, %s, %s, %s", t.mask(1), low, w)
		t.line("VPANDD %s, %s, %s", t.mask(0), w, w)
	}
}

// scaleBytes sets the weights to the 16 numbers of half precision at a byte of the
// head times the 16 bytes at another of the unit; quarters of that, of signed bytes, if
// six is set.
func (t *blocksTile) scaleBytes(head, byte int, six bool) {
	heads := []string{"R8", "R9"}
	for p, base := range t.panels {
		w, m := t.weights(p), t.moment[0]
		t.line("VCVTPH2PS %d(%s), %s", head, heads[p], m)
		extend := "VPMOVZXBD"
		if six {
			extend = "VPMOVSXBD"
			t.line("VMULPS %s, %s, %s", t.mask(3), m, m)
		}
		t.line("%s %d(%s), %s", extend, byte, base, w)
		t.line("VCVTDQ2PS %s, %s", w, w)
		t.line("VMULPS %s, %s, %s", m, w, w)
	}
}
