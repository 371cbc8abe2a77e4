package main

// Tiles of so few rows that the latency of sums counts, and not the number of
// registers, sum two groups at once.

// low tells whether a tile is one of them.
func (t *blocksTile) low() bool {
	return t.level.dots && t.width == 16 && t.vectors == 1 && t.rows <= 4
}

// spare returns a register of a low tile: 0 and 1 are the super-block's scales and
// minima, as heads sets them.
func (t *blocksTile) spare(i int) string {
	return t.x86.name(t.firstConstant + len(t.constants) + 2 + i)
}

// heads emits what a super-block begins with.
func (s super) heads(t *blocksTile) {
	if !t.low() {
		return
	}
	t.line("VCVTPH2PS (R8), %s", t.spare(0))
	if s.six {
		t.line("VMULPS %s, %s, %s", t.mask(3), t.spare(0), t.spare(0))
	} else {
		t.line("VCVTPH2PS 32(R8), %s", t.spare(1))
	}
}

// twoRanges is ranges for a low tile: both halves of a unit are summed at once.
func (s super) twoRanges(t *blocksTile, codes int) {
	low, high, bytes := t.weights(0), t.spare(2), t.spare(3)
	dots := [2]func(r int) string{
		func(r int) string { return t.dot(r, 0) },
		func(r int) string { return t.spare(4 + r) },
	}
	for h := range 2 {
		for r := range t.rows {
			t.line("VPXORD %[1]s, %[1]s, %[1]s", dots[h](r))
		}
	}
	if s.fifth {
		t.hold(0, 64)
		t.hold(1, 128)
	}
	for g := range 8 {
		t.move(t.address(codes+64*g, 0, 4), bytes)
		t.and(bytes, t.mask(0), low)
		t.line("VPSRLW $4, %s, %s", bytes, high)
		t.and(t.mask(0), high, high)
		for h, w := range []string{low, high} {
			if s.fifth {
				t.fifthOf(w, t.moment[h], t.vector(64+64*h, 0), g)
			}
			for r := range t.rows {
				t.line("VPDPBUSD.BCST %s, %s, %s", t.at(r, activationSize*h+4*g), w, dots[h](r))
			}
		}
	}
	for h := range 2 {
		for i, w := range []string{low, high} {
			t.line("VPMOVZXBD %d(BX), %s", 32*h+16*i, w)
			t.line("VCVTDQ2PS %s, %s", w, w)
			t.line("VMULPS %s, %s, %s", t.spare(i), w, w)
		}
		for r := range t.rows {
			x := activationSize * h
			t.addTo(t.element(r, 0), dots[h](r), low, t.moment[r%2], t.at(r, x+activationScale))
			t.line("VFMADD231PS.BCST %s, %s, %s", t.at(r, x+activationTotal), high, t.element(r, 0))
		}
	}
}

// pairsOfSixes is sixes for a low tile: two groups of 16 are summed at once.
func (s super) pairsOfSixes(t *blocksTile) {
	weights := [2]string{t.weights(0), t.spare(1)}
	dots := [2]func(r int) string{
		func(r int) string { return t.dot(r, 0) },
		func(r int) string { return t.spare(8 + r) },
	}
	vector := func(h, v int) string { return t.spare(2 + 3*h + v) }
	for block := range 2 {
		for h := range 2 {
			for r := range t.rows {
				t.line("VPBROADCASTD %s, %s", t.at(r, activationSize*block+activationHalves+4*h), dots[h](r))
			}
		}
		for v := range 4 {
			for h, w := range weights {
				if v < 3 {
					t.move(t.address(64+192*(2*block+h)+64*v, 0, 4), vector(h, v))
					t.and(vector(h, v), t.mask(0), w)
				} else {
					t.lastOf(w, vector(h, 0), vector(h, 1), vector(h, 2))
				}
				for r := range t.rows {
					t.line("VPDPBUSD.BCST %s, %s, %s", t.at(r, activationSize*block+16*h+4*v), w, dots[h](r))
				}
			}
		}
		for h, w := range weights {
			t.line("VPMOVSXBD %d(BX), %s", 16*(2*block+h), w)
			t.line("VCVTDQ2PS %s, %s", w, w)
			t.line("VMULPS %s, %s, %s", t.spare(0), w, w)
			for r := range t.rows {
				t.addTo(t.element(r, 0), dots[h](r), w, t.moment[r%2], t.at(r, activationSize*block+activationScale))
			}
		}
	}
}
