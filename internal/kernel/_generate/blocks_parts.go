package main

import (
	"maps"
	"strconv"
)

// The parts that the bodies of blocks are made of.

// full returns a mnemonic with the suffix that it has for vectors of 512 bits.
func (t *blocksTile) full(mnemonic, suffix string) string {
	if t.width == 16 {
		return mnemonic + suffix
	}
	return mnemonic
}

func (t *blocksTile) move(from, to string) {
	move := t.full("VMOVDQU", "64")
	if from[0] == 'Y' || from[0] == 'Z' {
		move = t.full("VMOVDQA", "64")
	}
	t.line("%s %s, %s", move, from, to)
}

func (t *blocksTile) and(x, y, to string) {
	t.line("%s %s, %s, %s", t.full("VPAND", "D"), x, y, to)
}

// start sets the sums to the integer at a byte of each row's block, which is -128 times
// the sum of its codes, shifted right; or to 0, if shift is negative.
func (t *blocksTile) start(byte, shift int) {
	if !t.level.dots {
		t.begin, t.added, t.accumulated = [2]int{byte, shift}, 0, false
		return
	}
	t.each(func(r, v int) {
		d := t.dot(r, v)
		switch {
		case shift < 0:
			t.line("%s %s, %s, %s", t.full("VPXOR", "D"), d, d, d)
		case v > 0:
			t.move(t.dot(r, 0), d)
		default:
			t.startOf(r, byte, shift, d)
		}
	})
}

// startOf sets a register to the integer at a byte of row r's block, shifted right.
func (t *blocksTile) startOf(r, byte, shift int, to string) {
	if shift > 0 && t.width == 16 {
		t.line("VPSRAD.BCST $%d, %s, %s", shift, t.at(r, byte), to)
		return
	}
	t.line("VPBROADCASTD %s, %s", t.at(r, byte), to)
	if shift > 0 {
		t.line("VPSRAD $%d, %s, %s", shift, to, to)
	}
}

// load sets the weights to the vector at a byte of the block.
func (t *blocksTile) load(byte int) {
	if !t.level.dots {
		t.pending = byte
		return
	}
	for v := range t.vectors {
		t.move(t.address(byte, v, 4), t.weights(v))
	}
}

// hold keeps the vectors at a byte of the block in the first or second of some spare
// registers, for methods that use them several times. Tiles that have none spare do
// without.
func (t *blocksTile) hold(place, byte int) {
	first := t.free + place*t.vectors
	if first+t.vectors > t.regs || len(t.panels) > 1 {
		return
	}
	var names []string
	for v := range t.vectors {
		names = append(names, t.x86.name(first+v))
		t.move(t.address(byte, v, 4), names[v])
	}
	maps.DeleteFunc(t.held, func(_ int, held []string) bool { return held[0] == names[0] })
	t.held[byte] = names
}

// vector returns the operand of the vector v at a byte of the block.
func (t *blocksTile) vector(byte, v int) string {
	if held, ok := t.held[byte]; ok {
		return held[v]
	}
	return t.address(byte, v, 4)
}

// inRegister returns the operand in a register, the one given if it is in memory:
// AVX2 shifts registers only.
func (t *blocksTile) inRegister(operand, register string) string {
	if t.width == 16 || operand[0] == 'Y' {
		return operand
	}
	t.move(operand, register)
	return register
}

// nibbles sets the weights to the lower or the higher halves of the bytes of a vector.
func (t *blocksTile) nibbles(byte int, high bool) {
	for v := range t.vectors {
		w, at := t.weights(v), t.vector(byte, v)
		if high {
			t.line("VPSRLW $4, %s, %s", t.inRegister(at, w), w)
			t.and(t.mask(0), w, w)
			continue
		}
		// The operand that may be in memory comes first.
		x, y := t.mask(0), t.inRegister(at, w)
		if t.width == 16 {
			x, y = at, x
		}
		t.and(x, y, w)
	}
}

// lookUp sets the weights to what the table has for them.
func (t *blocksTile) lookUp() {
	for v := range t.vectors {
		t.line("VPSHUFB %s, %s, %s", t.weights(v), t.table, t.weights(v))
	}
}

// hasTable tells whether a format's codes stand for those of a table.
func (f blockFormat) hasTable() bool { return f.simple != nil && f.simple.table }

// codesTable returns the data of IQ4_NL's table, each value more by 128.
func codesTable() string {
	return "DATA codes<>+0(SB)/8, $0x766a5d4f3f2d1801\nDATA codes<>+8(SB)/8, $0xf1d9c5b5a6998d81\nGLOBL codes<>(SB), RODATA|NOPTR, $16\n"
}

// fifth adds 16 to the weights where the bytes of a vector have the bit set.
func (t *blocksTile) fifth(byte, bit int) {
	for v := range t.vectors {
		t.fifthOf(t.weights(v), t.moment[0], t.vector(byte, v), bit)
	}
}

// fifthOf is fifth for one vector.
func (t *blocksTile) fifthOf(w, moment, vector string, bit int) {
	switch {
	case bit < 4:
		t.line("VPSLLW $%d, %s, %s", 4-bit, t.inRegister(vector, moment), moment)
	case bit > 4:
		t.line("VPSRLW $%d, %s, %s", bit-4, t.inRegister(vector, moment), moment)
	default:
		t.move(vector, moment)
	}
	if t.width == 16 {
		t.line("VPTERNLOGD $0xf8, %s, %s, %s", t.mask(1), moment, w) // w | moment & bit4
	} else {
		t.and(t.mask(1), moment, moment)
		t.line("VPOR %s, %s, %s", moment, w, w)
	}
}

// dots adds the products of the weights and the 4 codes at a byte of each row's block.
func (t *blocksTile) dots(byte int) {
	switch {
	case !t.level.dots && t.format.bits > 6:
		t.splitDots(byte)
		return
	case !t.level.dots:
		t.shortDots(byte)
		return
	}
	for r := range t.rows {
		if t.vectors == 1 {
			t.line("VPDPBUSD.BCST %s, %s, %s", t.at(r, byte), t.weights(0), t.dot(r, 0))
			continue
		}
		x := t.moment[r%2]
		t.line("VPBROADCASTD %s, %s", t.at(r, byte), x)
		for v := range t.vectors {
			if t.width == 16 {
				t.line("VPDPBUSD %s, %s, %s", x, t.weights(v), t.dot(r, v))
			} else {
				t.vex(0x50, prefix66, number(t.dot(r, v)), number(t.weights(v)), number(x), "VPDPBUSD")
			}
		}
	}
}

// number returns the number of a vector register.
func number(name string) int {
	n, err := strconv.Atoi(name[1:])
	if err != nil {
		panic(err)
	}
	return n
}

// scales sets the weights to the 16 numbers of half precision at a byte of the block.
func (t *blocksTile) scales(byte int) {
	for v := range t.vectors {
		t.line("VCVTPH2PS %s, %s", t.address(byte, v, 2), t.weights(v))
	}
}

// add adds to the elements the sums times the weights, which are scales, times the
// scale at a byte of each row's block.
func (t *blocksTile) add(byte int) {
	t.finish()
	for r := range t.rows {
		if t.width < 16 {
			t.line("VBROADCASTSS %s, %s", t.at(r, byte), t.moment[0])
		}
		for v := range t.vectors {
			if t.width == 16 {
				t.addTo(t.element(r, v), t.dot(r, v), t.weights(v), t.moment[v], t.at(r, byte))
				continue
			}
			d, m := t.dot(r, v), t.moment[1]
			t.line("VCVTDQ2PS %s, %s", d, d)
			t.line("VMULPS %s, %s, %s", t.moment[0], t.weights(v), m)
			if t.element != nil {
				t.line("VFMADD231PS %s, %s, %s", m, d, t.element(r, v))
				continue
			}
			t.line("VFMADD213PS %s, %s, %s", t.slot(r, v), m, d)
			t.line("VMOVUPS %s, %s", d, t.slot(r, v))
		}
	}
}

// addTo is add for one element, of a vector of 512 bits.
func (t *blocksTile) addTo(element, dot, scales, moment, scale string) {
	t.line("VCVTDQ2PS %s, %s", dot, dot)
	t.line("VMULPS.BCST %s, %s, %s", scale, scales, moment)
	t.line("VFMADD231PS %s, %s, %s", moment, dot, element)
}

// addLowest adds to the elements the weights, which are minima, times the number at a
// byte of each row's block.
func (t *blocksTile) addLowest(byte int) {
	t.each(func(r, v int) {
		if t.width == 16 {
			t.line("VFMADD231PS.BCST %s, %s, %s", t.at(r, byte), t.weights(v), t.element(r, v))
			return
		}
		x, e := t.moment[0], t.moment[1]
		if v == 0 {
			t.line("VBROADCASTSS %s, %s", t.at(r, byte), x)
		}
		if t.element != nil {
			t.line("VFMADD231PS %s, %s, %s", x, t.weights(v), t.element(r, v))
			return
		}
		t.line("VMOVUPS %s, %s", t.slot(r, v), e)
		t.line("VFMADD231PS %s, %s, %s", x, t.weights(v), e)
		t.line("VMOVUPS %s, %s", e, t.slot(r, v))
	})
}
