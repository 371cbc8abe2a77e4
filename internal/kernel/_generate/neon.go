package main

import (
	"fmt"
	"strings"
)

// arm is the machine of NEON. The Go assembler lacks most of its floating-point
// instructions, which are written as words with their mnemonic beside them.
type arm struct {
	text *strings.Builder
}

func (m arm) line(format string, args ...any) { fmt.Fprintf(m.text, "\t"+format+"\n", args...) }

// word emits an instruction by its encoding.
func (m arm) word(code uint32, format string, args ...any) {
	m.line("WORD $0x%08x // %s", code, fmt.Sprintf(format, args...))
}

// three emits an instruction on three vectors of 4 lanes.
func (m arm) three(code uint32, mnemonic string, d, n, p int) {
	m.word(code|uint32(p)<<16|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s, v%d.4s", mnemonic, d, n, p)
}

// two emits an instruction on two vectors.
func (m arm) two(code uint32, mnemonic string, d, n int) {
	m.word(code|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s", mnemonic, d, n)
}

func (m arm) move(d, n int) {
	if d != n {
		m.three(0x4EA01C00, "mov", d, n, n)
	}
}

// transfer emits a load or store of 16 or, where the code is for a D register, 8
// bytes.
func (m arm) transfer(code uint32, mnemonic string, r, base, offset, size int) {
	if offset%size != 0 || offset/size > 4095 {
		panic("generate: offset out of range")
	}
	reg := map[int]string{16: "q", 8: "d"}[size]
	m.word(code|uint32(offset/size)<<10|uint32(base)<<5|uint32(r), "%s %s%d, [x%d, #%d]", mnemonic, reg, r, base, offset)
}

const (
	loadQ, storeQ = 0x3DC00000, 0x3D800000
	loadD, storeD = 0xFD400000, 0xFD000000

	// constBase is the register that points to the constants.
	constBase = 8
)

func (m arm) loadConst(r int, bits uint32) { m.transfer(loadQ, "ldr", r, constBase, constAt(bits), 16) }

// inRegister returns v's register, loading a constant into one that done frees.
func (m arm) inRegister(a *allocation, v value) (r int, done func()) {
	if !a.isConst(v) {
		return a.reg[v], func() {}
	}
	r = a.take()
	m.loadConst(r, a.block.code[v].imm)
	return r, func() { a.give(r) }
}

// armOps are the operations that are one instruction on three vectors.
var armOps = map[op]struct {
	code     uint32
	mnemonic string
}{
	opAdd: {0x4E20D400, "fadd"}, opSub: {0x4EA0D400, "fsub"}, opMul: {0x6E20DC00, "fmul"}, opDiv: {0x6E20FC00, "fdiv"},
	opAnd: {0x4E201C00, "and"}, opOr: {0x4EA01C00, "orr"}, opXor: {0x6E201C00, "eor"},
	opAddInt: {0x4EA08400, "add"}, opSubInt: {0x6EA08400, "sub"},
}

func (m arm) instruction(a *allocation, in instruction, _ int) {
	if o, ok := armOps[in.op]; ok {
		x, doneX := m.inRegister(a, in.a)
		y, doneY := m.inRegister(a, in.b)
		m.three(o.code, o.mnemonic, a.result(in.a, in.b), x, y)
		doneX()
		doneY()
		return
	}
	switch in.op {
	case opFMA:
		m.fma(a, 0x4E20CC00, "fmla", in)
	case opFNMA:
		m.fma(a, 0x4EA0CC00, "fmls", in)
	case opMax, opMin, opAndGreater, opIfNaN:
		m.choice(a, in)
	case opToInt:
		m.two(0x4E21A800, "fcvtns", a.result(in.a), a.reg[in.a])
	case opSqrt:
		m.two(0x6EA1F800, "fsqrt", a.result(in.a), a.reg[in.a])
	case opShl:
		m.shift(0x4F005400|(32+in.imm)<<16, "shl", a, in)
	case opShr:
		m.shift(0x6F000400|(64-in.imm)<<16, "ushr", a, in)
	case opSar:
		m.shift(0x4F000400|(64-in.imm)<<16, "sshr", a, in)
	case opSetPinned:
		m.move(int(in.imm), a.reg[in.a])
	default:
		m.memory(a, in)
	}
}

func (m arm) shift(code uint32, mnemonic string, a *allocation, in instruction) {
	n := a.reg[in.a]
	d := a.result(in.a)
	m.word(code|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s, #%d", mnemonic, d, n, in.imm)
}

func (m arm) fma(a *allocation, code uint32, mnemonic string, in instruction) {
	x, doneX := m.inRegister(a, in.a)
	y, doneY := m.inRegister(a, in.b)
	var d int
	switch {
	case a.isConst(in.c):
		d = a.fresh()
		m.loadConst(d, a.block.code[in.c].imm)
	case a.dies(in.c) && in.c != in.a && in.c != in.b:
		d = a.inherit(in.c)
	default:
		d = a.fresh()
		m.move(d, a.reg[in.c])
	}
	m.three(code, mnemonic, d, x, y)
	doneX()
	doneY()
}

// choice emits the operations that choose lanes by a mask.
func (m arm) choice(a *allocation, in instruction) {
	const greater, equal, selectBits, and = 0x6EA0E400, 0x4E20E400, 0x6E601C00, 0x4E201C00
	x, doneX := m.inRegister(a, in.a)
	y, doneY := m.inRegister(a, in.b)
	d := a.fresh()
	switch in.op {
	case opMax:
		m.three(greater, "fcmgt", d, x, y)
		m.three(selectBits, "bsl", d, x, y)
	case opMin:
		m.three(greater, "fcmgt", d, y, x)
		m.three(selectBits, "bsl", d, x, y)
	case opAndGreater:
		m.three(greater, "fcmgt", d, x, y)
		m.three(and, "and", d, d, a.reg[in.c])
	default: // is a number ? c : b
		m.three(equal, "fcmeq", d, x, x)
		m.three(selectBits, "bsl", d, a.reg[in.c], y)
	}
	doneX()
	doneY()
}

// memory emits loads and stores. Pointer i is in register i+1.
func (m arm) memory(a *allocation, in instruction) {
	base, offset := int(in.imm)+1, 16*a.block.sub
	var x int
	if in.a != none {
		x = a.reg[in.a]
	} else {
		x = a.fresh()
	}
	switch in.op {
	case opLoad:
		m.transfer(loadQ, "ldr", x, base, offset, 16)
	case opStore:
		m.transfer(storeQ, "str", x, base, offset, 16)
	case opLoad16:
		m.transfer(loadD, "ldr", x, base, 0, 8)
		m.two(0x2F10A400, "ushll (4h)", x, x)
	case opLoadF16:
		m.transfer(loadD, "ldr", x, base, 0, 8)
		m.two(0x0E217800, "fcvtl (4h)", x, x)
	case opStore16:
		m.two(0x0E612800, "xtn (4h)", x, x)
		m.transfer(storeD, "str", x, base, 0, 8)
	case opStoreF16:
		d := a.take()
		m.two(0x0E216800, "fcvtn (4h)", d, x)
		m.transfer(storeD, "str", d, base, 0, 8)
		a.give(d)
	}
}

// neonFunction emits a loop over whole turns; Go treats the rest.
func neonFunction(text *strings.Builder, k kernel) {
	m := arm{text}
	offset := 0
	if k.lanes {
		m.line("MOVD l+0(FP), R0")
		offset = 8
	}
	for i := range k.slices {
		m.line("MOVD %s_base+%d(FP), %s", k.slice(i), offset, armPointers[i])
		if i == 0 {
			m.line("MOVD %s_len+%d(FP), R5", k.slice(i), offset+8)
		}
		offset += 24
	}
	for i, s := range k.scalars {
		m.line("MOVWU %s+%d(FP), R6", s, offset)
		m.line("VDUP R6, V%d.S4", i)
		offset += 4
	}
	m.line("MOVD $constantsNEON<>(SB), R%d", constBase)
	if k.lanes {
		for j := range 4 {
			m.transfer(loadQ, "ldr", len(k.scalars)+j, 0, 16*j, 16)
		}
	}
	e := k.elements(neon)
	fmt.Fprint(text, "\nloop:\n")
	m.line("CMP $%d, R5", e)
	m.line("BLT done")
	k.bodies(neon, false, func(b *block) { lower(b, 32, m) }, nil)
	for i := range k.slices {
		m.line("ADD $%d, %s", e*k.elementSize(i), armPointers[i])
	}
	m.line("SUB $%d, R5", e)
	m.line("B loop")
	fmt.Fprint(text, "\ndone:\n")
	if k.lanes {
		for j := range 4 {
			m.transfer(storeQ, "str", len(k.scalars)+j, 0, 16*j, 16)
		}
	}
	m.line("RET")
}
