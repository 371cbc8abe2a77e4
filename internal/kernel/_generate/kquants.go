package main

// super describes a K-quant by the bits of its codes, as superBlocks does in package
// kernel.
type super struct{ bits int }

// The bytes of the head of a packed block of 16 rows, and those of it that are the
// scales of one unit of Q3_K.
const (
	superHead   = 64
	threeScales = 48
)

func (s super) format(name, constant string) blockFormat {
	f := blockFormat{name: name, format: constant, head: superHead, units: 4, step: 1, values: 64, bits: s.bits, super: &s}
	switch s.bits {
	case 2:
		f.size, f.body = 64+4*64, s.twos
		f.masks = []uint32{0x03030303, 0x0f0f0f0f}
	case 3:
		f.head, f.step = superHead+4*threeScales, threeScales
		f.size, f.body = 6*64, s.threes
		f.masks = []uint32{0xe0e0e0e0, 0xc0c0c0c0, 32}
		f.shortMasks, f.shift = []uint32{0x07070707, 0x06060606, 32}, 5
	case 6:
		f.size, f.body = 64+12*64, s.sixes
		f.masks = []uint32{0xfcfcfcfc, 0x0c0c0c0c, 0x30303030}
		f.shortMasks, f.shift = []uint32{0x3f3f3f3f, 0x03030303, 0x0c0c0c0c}, 2
	default:
		f.size, f.body = 64+8*64, s.ranges
		if s.bits == 5 {
			f.size += 2 * 64
		}
		f.masks = []uint32{0x0f0f0f0f, 0x10101010}
	}
	return f
}

// ranges emits a unit of Q4_K or Q5_K.
func (s super) ranges(t *blocksTile) {
	codes := 64
	if s.bits == 5 {
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
			if s.bits == 5 {
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

// twos emits a unit of Q2_K.
func (s super) twos(t *blocksTile) {
	if t.low() {
		s.pairs(t, 2, t.twoBits)
		return
	}
	for h := range 4 {
		t.start(0, -1)
		s.group(t, h, t.twoBits)
	}
}

// threes emits a unit of Q3_K, and sixes one of Q6_K. Instructions for products of
// bytes get 32 and 4 times the codes, which need fewer shifts.
func (s super) threes(t *blocksTile) { s.signed(t, 3, t.threeBits) }

func (s super) sixes(t *blocksTile) { s.signed(t, 6, t.sixBits) }

// signed emits a unit of codes that have an offset. A block of 32 values has as many
// vectors as given.
func (s super) signed(t *blocksTile, vectors int, code func(w string, v, h, i int)) {
	if t.low() {
		s.pairs(t, vectors, code)
		return
	}
	for h := range 4 {
		t.start(activationSize*(h/2)+activationHalves+4*(h%2), 0)
		s.group(t, h, code)
	}
}

// group emits the products of group h of 16 values. code sets a register to codes i of
// the four vectors of codes that the group is.
func (s super) group(t *blocksTile, h int, code func(w string, v, h, i int)) {
	x := activationSize * (h / 2)
	for i := range 4 {
		for v := range t.vectors {
			code(t.weights(v), v, h, i)
		}
		t.dots(x + 16*(h%2) + 4*i)
	}
	for v := range t.vectors {
		s.scale(t, t.weights(v), v, h)
	}
	t.add(x + activationScale)
	if s.bits == 2 {
		for v := range t.vectors {
			s.least(t, t.weights(v), v, h)
		}
		t.addLowestOf(x, h%2)
	}
}

// shifted sets a register to a vector shifted left, as far as levels with an
// instruction for products of bytes need it; others need less.
func (t *blocksTile) shifted(by int, from, to string) {
	if !t.level.dots {
		by -= t.format.shift
	}
	switch {
	case by > 0:
		t.line("VPSLLW $%d, %s, %s", by, t.inRegister(from, to), to)
	case by < 0:
		t.line("VPSRLW $%d, %s, %s", -by, t.inRegister(from, to), to)
	default:
		t.move(from, to)
	}
}

// masked sets w to a vector, shifted, under the first mask.
func (t *blocksTile) masked(by int, from, w string) {
	if by == 0 && t.level.dots && t.width == 16 {
		t.and(from, t.mask(0), w)
		return
	}
	t.shifted(by, from, w)
	t.and(t.mask(0), w, w)
}

// choose sets w to x where a mask is set; elsewhere it stays, under another mask if
// AVX2 has to.
func (t *blocksTile) choose(mask uint32, x, w string, other uint32) {
	if t.width == 16 {
		t.line("VPTERNLOGD $0xd8, %s, %s, %s", t.constant(mask), x, w)
		return
	}
	if other != 0 {
		t.and(t.constant(other), w, w)
	}
	t.and(t.constant(mask), x, x)
	t.line("VPOR %s, %s, %s", x, w, w)
}

// twoBits sets w to codes i of group h of Q2_K.
func (t *blocksTile) twoBits(w string, v, h, i int) { t.masked(-2*i, t.vector(64+64*h, v), w) }

// threeBits sets w to codes i of group h of Q3_K.
func (t *blocksTile) threeBits(w string, v, h, i int) {
	at := func(n int) string { return t.vector(192*(h/2)+64*n, v) }
	k := 4*(h%2) + i
	if k%3 < 2 || k > 5 {
		t.masked(k%3*3, at(k/3), w)
		return
	}
	m, masks := t.moment[0], t.format.masks
	t.shifted(6, at(k/3), m)
	t.shifted(5-k/3, at(2), w)
	t.choose(masks[1], m, w, masks[0]&^masks[1])
	if t.width == 16 {
		t.and(t.mask(0), w, w)
	}
}

// sixBits sets w to codes i of group h of Q6_K.
func (t *blocksTile) sixBits(w string, v, h, i int) {
	at := func(n int) string { return t.vector(64+192*h+64*n, v) }
	if i < 3 {
		t.masked(0, at(i), w)
		return
	}
	low, middle, masks := t.moment[0], t.moment[1], t.format.masks
	t.shifted(2, at(0), low)
	t.shifted(4, at(1), middle)
	t.shifted(6, at(2), w)
	t.choose(masks[2], middle, w, masks[0]&^masks[1]&^masks[2])
	t.choose(masks[1], low, w, 0)
	if t.width == 16 {
		t.and(t.mask(0), w, w)
	}
}

// heads returns the operand of what is at a byte of the head, of some bytes a row.
func (t *blocksTile) heads(byte, v, each int) string {
	return t.from([]string{"R8", "R9"}, byte, v, each)
}

// scaleBytes sets the weights to the 16 numbers of half precision at a byte of the
// head times the 16 bytes at another of the unit.
func (t *blocksTile) scaleBytes(head, byte int) {
	for v := range t.vectors {
		w := t.weights(v)
		t.line("VPMOVZXBD %s, %s", t.address(byte, v, 1), w)
		t.timesHalf(head, v, w)
	}
}

// timesHalf makes w float32 and multiplies it by the numbers of half precision at a
// byte of the head.
func (t *blocksTile) timesHalf(head, v int, w string) {
	t.line("VCVTDQ2PS %s, %s", w, w)
	if t.low() {
		t.line("VMULPS %s, %s, %s", t.spare(head/32), w, w)
		return
	}
	t.line("VCVTPH2PS %s, %s", t.heads(head, v, 2), t.moment[0])
	t.line("VMULPS %s, %s, %s", t.moment[0], w, w)
}

// scale sets w to the scales of group h.
func (s super) scale(t *blocksTile, w string, v, h int) {
	switch s.bits {
	case 2:
		t.line("VPMOVZXBD %s, %s", t.address(16*h, v, 1), w)
		t.and(t.mask(1), w, w)
		t.timesHalf(0, v, w)
		return
	case 3:
		t.sixBitScale(w, v, h)
		t.line("VPSUBD %s, %s, %s", t.mask(2), w, w)
	default:
		t.line("VPMOVSXBD %s, %s", t.address(16*h, v, 1), w)
	}
	t.line("VCVTDQ2PS %s, %s", w, w)
	t.line("VMULPS %s, %s, %s", t.heads(0, v, 4), w, w)
}

// sixBitScale sets w to a scale of Q3_K of 6 bits.
func (t *blocksTile) sixBitScale(w string, v, h int) {
	load := func(piece int, to string) {
		t.line("VPMOVZXBD %s(AX*1), %s", t.heads(superHead+4*threeScales+16*piece, v, 1), to)
	}
	if h < 3 {
		load(h, w)
		t.line("VPSRLD $2, %s, %s", w, w)
		return
	}
	for piece := range 3 {
		to := w
		if piece > 0 {
			to = t.moment[0]
		}
		load(piece, to)
		t.line("VPSLLD $30, %s, %s", to, to)
		t.line("VPSRLD $%d, %s, %s", 30-2*piece, to, to)
		if piece > 0 {
			t.line("%s %s, %s, %s", t.full("VPOR", "D"), to, w, w)
		}
	}
}

// least sets w to the minima of group h of Q2_K.
func (s super) least(t *blocksTile, w string, v, h int) {
	t.line("VPMOVZXBD %s, %s", t.address(16*h, v, 1), w)
	t.line("VPSRLD $4, %s, %s", w, w)
	t.timesHalf(32, v, w)
}

// addLowestOf adds to the elements the weights, which are minima, times the opposite of
// the sum of a half of each row's block.
func (t *blocksTile) addLowestOf(block, half int) {
	for r := range t.rows {
		x := t.moment[0]
		t.oppositeSum(r, block, half, x)
		for v := range t.vectors {
			if t.element != nil {
				t.line("VFMADD231PS %s, %s, %s", x, t.weights(v), t.element(r, v))
				continue
			}
			e := t.moment[1]
			t.line("VMOVUPS %s, %s", t.slot(r, v), e)
			t.line("VFMADD231PS %s, %s, %s", x, t.weights(v), e)
			t.line("VMOVUPS %s, %s", e, t.slot(r, v))
		}
	}
}

// oppositeSum sets x to -1 times the sum of the codes of a half of row r's block, times
// their scale.
func (t *blocksTile) oppositeSum(r, block, half int, x string) {
	t.startOf(r, block+activationHalves+4*half, 7, x)
	t.line("VCVTDQ2PS %s, %s", x, x)
	scale := t.at(r, block+activationScale)
	if t.width == 16 {
		t.line("VMULPS.BCST %s, %s, %s", scale, x, x)
		return
	}
	t.line("VBROADCASTSS %s, %s", scale, t.moment[1])
	t.line("VMULPS %s, %s, %s", t.moment[1], x, x)
}
