package main

import (
	"fmt"
	"slices"
	"strings"
)

var neonDot = &isa{"NEONDot", "neondot", 4, 32, "V"}

// neonBlockRows returns the rows of the largest tile of a level of NEON.
func neonBlockRows(l *isa) int {
	if l == neonDot {
		return 4
	}
	return 2 // products without an instruction for them need registers
}

// A blocksNEON writes the tile of some rows by one panel, of which it stores all 16
// columns; Go copies what is narrower. The elements stay in registers. The sums of
// products do so for as many vectors of 4 columns as there is room for: they take turns
// within a unit.
//
// R0 is the tile's place in C, R1 the packed block, or unit of one, R2 and R3 count
// panels and blocks, R4 to R7 are the rows of activations, R8 and R9 are ldc and lda, and
// R10 is what is fetched. Of blocks with several units R11 is the head, R12 the part of
// it that is the unit's, and R13 counts units.
type blocksNEON struct {
	arm
	level     *isa
	format    blockFormat
	rows      int
	turn      int // vectors of 4 columns that take a turn
	vectors   []int
	constants []uint32
	next      int // the register of a vector that is used next
}

// tableConstant stands for the table of a format that has one.
const tableConstant = 256

func newBlocksNEON(l *isa, text *strings.Builder, f blockFormat, rows int) *blocksNEON {
	t := &blocksNEON{arm: arm{text}, level: l, format: f, rows: rows, turn: 4}
	if rows > 2 {
		t.turn = 2
	}
	switch {
	case f.super != nil:
		t.constants = f.super.neonConstants()
	case f.simple.words == 8:
		t.constants = []uint32{0x80}
	case f.simple.high:
		t.constants = []uint32{0x0f, 0x10}
	case f.simple.table:
		t.constants = []uint32{0x0f, tableConstant}
	default:
		t.constants = []uint32{0x0f}
	}
	return t
}

// The registers: elements, sums, a vector of each row's activations, the same four codes
// of a row everywhere on levels without an instruction for products of bytes,
// constants, and others for a moment.

func (t *blocksNEON) element(r, v int) int { return 4*r + v }

func (t *blocksNEON) dot(r, v int) int { return 4*t.rows + t.turn*r + v%t.turn }

func (t *blocksNEON) codes(r int) int { return (4+t.turn)*t.rows + r }

func (t *blocksNEON) everywhere(r int) int { return (5+t.turn)*t.rows + r }

func (t *blocksNEON) constant(bits uint32) int {
	i := slices.Index(t.constants, bits)
	if i < 0 {
		panic("generate: a constant that the format does not have")
	}
	first := t.everywhere(0)
	if t.level != neonDot {
		first += t.rows
	}
	return first + i
}

// moment returns a register for a moment. Those given last stay as they are.
func (t *blocksNEON) moment() int {
	first := t.constant(t.constants[0]) + len(t.constants)
	if t.next++; t.next < first || t.next > 31 {
		t.next = first
	}
	return t.next
}

// each calls f for every sum whose turn it is.
func (t *blocksNEON) each(f func(r, v int)) {
	for _, v := range t.vectors {
		for r := range t.rows {
			f(r, v)
		}
	}
}

func (t *blocksNEON) name() string {
	return fmt.Sprintf("%sTile%dx16%s", t.format.name, t.rows, t.level.name)
}

// write emits the function.
func (t *blocksNEON) write() {
	f := t.format
	fmt.Fprintf(t.text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-72\n", t.name(), blocksParameters, t.name())
	t.line("MOVD c+0(FP), R0")
	t.line("MOVD ldc+8(FP), R8")
	t.line("MOVD lda+24(FP), R9")
	t.line("MOVD b+32(FP), R1")
	t.line("MOVD panels+48(FP), R2")
	t.line("MOVD ahead+64(FP), R10")
	t.line("ADD R1, R10")
	for _, bits := range t.constants {
		if bits == tableConstant {
			t.line("MOVD $codes<>(SB), R13")
			t.transfer(loadQ, "ldr", t.constant(bits), 13, 0, 16)
			continue
		}
		t.bytes(t.constant(bits), bits)
	}
	fmt.Fprint(t.text, "\npanel:\n")
	for i := range 4 * t.rows {
		t.three(0x6E201C00, "eor", i, i, i)
	}
	t.line("MOVD a+16(FP), R4")
	for r := 1; r < t.rows; r++ {
		t.line("ADD R9, R%d, R%d", 3+r, 4+r)
	}
	t.line("MOVD blocks+40(FP), R3")
	fmt.Fprint(t.text, "\nblock:\n")
	if f.units > 1 {
		t.fetch(f.head)
		t.line("MOVD R1, R11")
		t.line("ADD $%d, R1", f.head)
		t.line("ADD $%d, R11, R12", superHead)
		t.line("MOVD $%d, R13", f.units)
		fmt.Fprint(t.text, "\nunit:\n")
	}
	t.unit()
	if f.units > 1 {
		t.line("ADD $%d, R12", f.step)
		t.line("SUBS $1, R13")
		t.line("BNE unit")
	}
	t.line("SUBS $1, R3")
	t.line("BNE block")
	t.line("MOVD R0, R14")
	for r := range t.rows {
		for v := range 4 {
			t.transfer(storeQ, "str", t.element(r, v), 14, 16*v, 16)
		}
		t.line("ADD R8, R14")
	}
	t.line("ADD $64, R0")
	t.line("SUBS $1, R2")
	t.line("BNE panel")
	t.line("RET")
}

// unit emits the unit at R1.
func (t *blocksNEON) unit() {
	t.fetch(t.format.size)
	for first := 0; first < 4; first += t.turn {
		t.vectors = nil
		for v := range t.turn {
			t.vectors = append(t.vectors, first+v)
		}
		if t.format.super != nil {
			t.format.super.neon(t)
		} else {
			t.format.simple.neon(t)
		}
	}
	t.line("ADD $%d, R1", t.format.size)
	for r := range t.rows {
		t.line("ADD $%d, R%d", t.format.values/32*activationSize, 4+r)
	}
}

// fetch fetches the next bytes ahead into the cache.
func (t *blocksNEON) fetch(bytes int) {
	for i := 0; i < bytes; i += 64 {
		t.word(0xF9800000|uint32(i/8)<<10|10<<5, "prfm pldl1keep, [x10, #%d]", i)
	}
	t.line("ADD $%d, R10", bytes)
}

// load sets a register to vector v of those at a byte of the unit, 64 bytes in all.
func (t *blocksNEON) load(byte, v int) int {
	w := t.moment()
	t.transfer(loadQ, "ldr", w, 1, byte+16*v, 16)
	return w
}

// start sets the sums to the integer at a byte of each row's block, shifted right; or to
// 0, if shift is negative.
func (t *blocksNEON) start(byte, shift int) {
	t.each(func(r, v int) {
		d, x := t.dot(r, v), t.codes(r)
		if shift < 0 {
			t.bytes(d, 0)
			return
		}
		if v == t.vectors[0] {
			t.transfer(loadS, "ldr", x, 4+r, byte, 4)
			if shift > 0 {
				t.shiftLanes(-shift, x)
			}
		}
		t.duplicate(d, x, 0)
	})
}

// sum adds to the sums the products of 16 of each row's codes, from the given byte of its
// block on, with those of weights. code returns the register of each 4 in turn.
func (t *blocksNEON) sum(byte int, code func(v, i int) int) {
	for r := range t.rows {
		t.unaligned(t.codes(r), 4+r, byte)
	}
	for i := range 4 {
		for r := 0; r < t.rows && t.level != neonDot; r++ {
			t.duplicate(t.everywhere(r), t.codes(r), i)
		}
		for _, v := range t.vectors {
			w := code(v, i)
			for r := range t.rows {
				t.multiply(r, v, i, w)
			}
		}
	}
}

// multiply adds the products of weights and codes 4i to 4i+3 of row r.
func (t *blocksNEON) multiply(r, v, i, w int) {
	d, x := t.dot(r, v), t.codes(r)
	if t.level == neonDot {
		t.sdot(d, w, x, i)
		return
	}
	t.addProducts(d, w, t.everywhere(r), t.moment(), t.moment())
}

// add adds to the elements the sums times the scales, which scale returns for the
// columns of a vector, times the scale of each row's block, which is at a byte.
func (t *blocksNEON) add(byte int, scale func(v int) int) {
	for r := range t.rows {
		t.transfer(loadS, "ldr", t.codes(r), 4+r, byte, 4)
	}
	for _, v := range t.vectors {
		w := scale(v)
		for r := range t.rows {
			d, m := t.dot(r, v), t.moment()
			if m == w {
				m = t.moment()
			}
			if t.format.shift > 0 {
				t.shiftLanes(t.format.shift, d)
			}
			t.two(0x4E21D800, "scvtf", d, d)
			t.byLane(0x4F809000, "fmul", m, w, t.codes(r), 0)
			t.three(0x4E20CC00, "fmla", t.element(r, v), d, m)
		}
	}
}

// addLowest adds to the elements the minima times the number that the register of each
// row's codes begins with.
func (t *blocksNEON) addLowest(low func(v int) int) {
	for _, v := range t.vectors {
		w := low(v)
		for r := range t.rows {
			t.byLane(0x4F801000, "fmla", t.element(r, v), w, t.codes(r), 0)
		}
	}
}

// half returns a register of the 4 numbers of half precision that lie at a byte from a
// base, widened.
func (t *blocksNEON) half(base, byte int) int {
	w := t.moment()
	t.transfer(loadD, "ldr", w, base, byte, 8)
	t.two(0x0E217800, "fcvtl (4h)", w, w)
	return w
}

// neon emits the block at R1.
func (s *simple) neon(t *blocksNEON) {
	shift := s.offset
	if s.words == 8 || s.table { // codes are made signed
		shift = -1
	}
	t.start(activationStart, shift)
	for half := range 2 {
		t.sum(16*half, func(v, i int) int { return s.neonCodes(t, v, 4*half+i) })
	}
	t.add(activationScale, func(v int) int { return t.half(1, 8*v) })
	if s.halves == 2 {
		t.loadTotals(activationTotal)
		t.addLowest(func(v int) int { return t.half(1, 32+8*v) })
	}
}

// loadTotals loads the number at a byte of each row's block.
func (t *blocksNEON) loadTotals(byte int) {
	for r := range t.rows {
		t.transfer(loadS, "ldr", t.codes(r), 4+r, byte, 4)
	}
}

// neonCodes returns the register of codes 4i to 4i+3 of the rows of vector v.
func (s *simple) neonCodes(t *blocksNEON, v, i int) int {
	first := 32 * s.halves
	if s.words == 8 {
		w := t.load(first+64*i, v)
		t.three(0x6E201C00, "eor", w, w, t.constant(0x80))
		return w
	}
	w := t.load(first+64*(i%4), v)
	t.nibble(w, i/4)
	if s.high {
		t.fifth(w, t.load(first+64*s.words, v), i)
	}
	if s.table {
		t.three(0x4E000000, "tbl (16b)", w, t.constant(tableConstant), w)
	}
	return w
}

// nibble leaves the low or the high half of each byte.
func (t *blocksNEON) nibble(w, high int) {
	if high == 1 {
		t.shiftBytes(-4, w)
		return
	}
	t.three(0x4E201C00, "and", w, w, t.constant(0x0f))
}

// fifth adds 16 to the codes where the bytes of plane have the bit set.
func (t *blocksNEON) fifth(w, plane, bit int) {
	t.shiftBytes(4-bit, plane)
	t.three(0x6EA01C00, "bit", w, plane, t.constant(0x10))
}
