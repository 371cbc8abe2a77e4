package main

// Tiles of so few rows that the latency of sums counts, and not the number of
// registers, sum two groups at once.

// low tells whether a tile is one of them.
func (t *blocksTile) low() bool {
	return t.format.super != nil && t.level.dots && t.width == 16 && t.vectors == 1 && t.rows <= 4
}

// spare returns a register of a low tile: 0 and 1 are the block's scales and minima of
// half precision, as loadHeads sets them.
func (t *blocksTile) spare(i int) string { return t.x86.name(t.free + 2 + i) }

// pairDots are the sums of two groups.
func (t *blocksTile) pairDots() [2]func(r int) string {
	return [2]func(r int) string{
		func(r int) string { return t.dot(r, 0) },
		func(r int) string { return t.spare(8 + r) },
	}
}

// loadHeads emits what a block begins with.
func (s super) loadHeads(t *blocksTile) {
	if t.low() && s.bits != 3 && s.bits != 6 {
		t.line("VCVTPH2PS (R8), %s", t.spare(0))
		t.line("VCVTPH2PS 32(R8), %s", t.spare(1))
	}
}

// twoRanges is ranges for a low tile: both halves of a unit are summed at once.
func (s super) twoRanges(t *blocksTile, codes int) {
	low, high, bytes, dots := t.weights(0), t.weights(1), t.spare(2), t.pairDots()
	for h := range 2 {
		for r := range t.rows {
			t.line("VPXORD %[1]s, %[1]s, %[1]s", dots[h](r))
		}
	}
	if s.bits == 5 {
		t.hold(0, 64)
		t.hold(1, 128)
	}
	for g := range 8 {
		t.move(t.address(codes+64*g, 0, 4), bytes)
		t.and(bytes, t.mask(0), low)
		t.line("VPSRLW $4, %s, %s", bytes, high)
		t.and(t.mask(0), high, high)
		for h, w := range []string{low, high} {
			if s.bits == 5 {
				t.fifthOf(w, t.moment[h], t.vector(64+64*h, 0), g)
			}
			for r := range t.rows {
				t.line("VPDPBUSD.BCST %s, %s, %s", t.at(r, activationSize*h+4*g), w, dots[h](r))
			}
		}
	}
	for h := range 2 {
		for i, w := range []string{low, high} {
			t.line("VPMOVZXBD %s, %s", t.address(32*h+16*i, 0, 1), w)
			t.timesHalf(32*i, 0, w)
		}
		for r := range t.rows {
			x := activationSize * h
			t.addTo(t.element(r, 0), dots[h](r), low, t.moment[r%2], t.at(r, x+activationScale))
			t.line("VFMADD231PS.BCST %s, %s, %s", t.at(r, x+activationTotal), high, t.element(r, 0))
		}
	}
}

// pairs emits a unit of groups of 16 for a low tile. A block of 32 values has as many
// vectors as given; code is as for group.
func (s super) pairs(t *blocksTile, vectors int, code func(w string, v, h, i int)) {
	dots := t.pairDots()
	for block := range 2 {
		x := activationSize * block
		for i := range vectors {
			at := t.format.size - 64*vectors*(2-block) + 64*i
			t.move(t.address(at, 0, 4), t.spare(2+i))
			t.held[at] = []string{t.spare(2 + i)}
		}
		for h := range 2 {
			for r := range t.rows {
				if s.bits == 2 {
					t.line("VPXORD %[1]s, %[1]s, %[1]s", dots[h](r))
				} else {
					t.startOf(r, x+activationHalves+4*h, 0, dots[h](r))
				}
			}
		}
		for i := range 4 {
			for h := range 2 {
				code(t.weights(h), 0, 2*block+h, i)
				for r := range t.rows {
					t.line("VPDPBUSD.BCST %s, %s, %s", t.at(r, x+16*h+4*i), t.weights(h), dots[h](r))
				}
			}
		}
		clear(t.held)
		for h := range 2 {
			w := t.weights(h)
			s.scale(t, w, 0, 2*block+h)
			for r := range t.rows {
				t.addTo(t.element(r, 0), dots[h](r), w, t.moment[r%2], t.at(r, x+activationScale))
			}
			if s.bits == 2 {
				s.least(t, w, 0, 2*block+h)
				for r := range t.rows {
					t.oppositeSum(r, x, h, t.moment[r%2])
					t.line("VFMADD231PS %s, %s, %s", t.moment[r%2], w, t.element(r, 0))
				}
			}
		}
	}
}
