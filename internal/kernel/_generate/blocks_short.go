package main

// Levels without an instruction for products of bytes multiply unsigned by signed bytes
// to sums of two products in 16 bits, of which
//
//	8 with codes of 4 bits,  8·2·15·127 = 30480,
//	4 with codes of 5 bits,  4·2·31·127 = 31496, and
//	2 with codes of 6 bits,  2·2·63·127 = 32004,
//
// can be added without overflow. Codes of more bits are split into halves of 4. So every
// sum is exact.

// multiplyAdd adds the products of weights and codes to a sum of 16 bits, or sets it to
// them if it is the first.
func (t *blocksTile) multiplyAdd(codes, weights, moment, sum string, first bool) {
	if first {
		t.line("VPMADDUBSW %s, %s, %s", codes, weights, sum)
		return
	}
	t.line("VPMADDUBSW %s, %s, %s", codes, weights, moment)
	t.line("VPADDW %s, %s, %s", moment, sum, sum)
}

// shortDots is dots for codes of 4 to 6 bits.
func (t *blocksTile) shortDots(byte int) {
	sum := t.dot
	if t.sum != nil {
		sum = t.sum
	}
	for r := range t.rows {
		x := t.moment[0]
		t.line("VPBROADCASTD %s, %s", t.at(r, byte), x)
		for v := range t.vectors {
			t.multiplyAdd(x, t.weights(v), t.moment[1], sum(r, v), t.added == 0)
		}
	}
	if t.added++; t.sum != nil && t.added == 1<<(7-t.format.bits) {
		t.flush()
	}
}

// flush adds the sums of 16 bits to those of 32.
func (t *blocksTile) flush() {
	t.each(func(r, v int) {
		s, d := t.sum(r, v), t.dot(r, v)
		if !t.accumulated {
			t.line("VPMADDWD %s, %s, %s", t.constant(ones), s, d)
			return
		}
		t.line("VPMADDWD %s, %s, %s", t.constant(ones), s, s)
		t.line("VPADDD %s, %s, %s", s, d, d)
	})
	t.added, t.accumulated = 0, true
}

// splitDots is dots for codes of more bits.
func (t *blocksTile) splitDots(byte int) {
	for v := range t.vectors {
		low, high := t.weights(v), t.moment[2]
		if t.pending >= 0 {
			low, high = t.weights(0), t.weights(1)
			t.move(t.vector(t.pending, v), low)
		}
		t.line("VPSRLW $4, %s, %s", low, high)
		t.and(t.constant(low4), low, low)
		t.and(t.constant(low4), high, high)
		for r := range t.rows {
			x, m := t.moment[0], t.moment[1]
			t.line("VPBROADCASTD %s, %s", t.at(r, byte), x)
			t.multiplyAdd(x, low, m, t.dot(r, v), t.added == 0)
			t.multiplyAdd(x, high, x, t.sum(r, v), t.added == 0)
		}
	}
	t.pending = -1
	t.added++
}

// finish leaves the sums in 32 bits, with what they start from.
func (t *blocksTile) finish() {
	switch {
	case t.level.dots:
		return
	case t.format.bits == 5 || t.format.bits == 6:
		if t.added > 0 {
			t.flush()
		}
	default:
		t.each(func(r, v int) {
			d := t.dot(r, v)
			t.line("VPMADDWD %s, %s, %s", t.constant(ones), d, d)
			if t.sum != nil {
				t.line("VPMADDWD %s, %s, %s", t.constant(sixteens), t.sum(r, v), t.sum(r, v))
				t.line("VPADDD %s, %s, %s", t.sum(r, v), d, d)
			}
		})
	}
	if t.format.shift > 0 { // the sums start from those of so many times the codes
		t.each(func(r, v int) { t.line("VPSLLD $%[1]d, %[2]s, %[2]s", t.format.shift, t.dot(r, v)) })
	}
	byte, shift := t.begin[0], t.begin[1]
	for r := 0; r < t.rows && shift >= 0; r++ {
		x := t.moment[0]
		t.startOf(r, byte, shift, x)
		for v := range t.vectors {
			t.line("VPADDD %s, %s, %s", x, t.dot(r, v), t.dot(r, v))
		}
	}
}
