package main

import (
	"fmt"
	"strings"
)

// An isa is one level of kernels.
type isa struct {
	name  string // suffix of its functions
	file  string
	width int // lanes of a vector
	regs  int // vector registers
	reg   string
}

var (
	avx2   = &isa{"AVX2", "avx2", 8, 16, "Y"}
	avx512 = &isa{"AVX512", "avx512", 16, 32, "Z"}
	neon   = &isa{"NEON", "neon", 4, 32, "V"}
)

// consts are the constants that the functions of a file use, in order of appearance.
var consts []uint32

// constAt returns the offset of a constant in the table, where it stands 8 times.
func constAt(bits uint32) int {
	for i, c := range consts {
		if c == bits {
			return 32 * i
		}
	}
	consts = append(consts, bits)
	return 32 * (len(consts) - 1)
}

// tables returns the data of a file: its constants, and for AVX2 the masks of tails.
func tables(m *isa) string {
	var s strings.Builder
	s.WriteString("\n")
	for i, c := range consts {
		for j := range 4 {
			fmt.Fprintf(&s, "DATA constants%s<>+%d(SB)/8, $0x%08x%08x\n", m.name, 32*i+8*j, c, c)
		}
	}
	fmt.Fprintf(&s, "GLOBL constants%s<>(SB), RODATA|NOPTR, $%d\n", m.name, 32*len(consts))
	return s.String() + tails(m)
}

// tails returns the masks of tails that AVX2 needs, and AVX-VNNI.
func tails(m *isa) string {
	if m.width != 8 {
		return ""
	}
	var s strings.Builder
	s.WriteString("\n// 32 lanes that are set and 32 that are not.\n")
	for i := range 32 {
		fmt.Fprintf(&s, "DATA tails<>+%d(SB)/8, $%d\n", 8*i, -(1 - i/16))
	}
	s.WriteString("GLOBL tails<>(SB), RODATA|NOPTR, $256\n")
	return s.String()
}

// x86 is the machine of AVX2 and AVX-512.
type x86 struct {
	*isa
	text *strings.Builder
	ptrs []string // registers of the slices' pointers
}

func (m x86) line(format string, args ...any) { fmt.Fprintf(m.text, "\t"+format+"\n", args...) }

func (m x86) name(r int) string { return fmt.Sprint(m.reg, r) }

// inRegister returns v's register, loading a constant into one that done frees.
func (m x86) inRegister(a *allocation, v value) (r int, done func()) {
	if !a.isConst(v) {
		return a.reg[v], func() {}
	}
	r = a.take()
	m.line("VBROADCASTSS constants%s<>+%d(SB), %s", m.isa.name, constAt(a.block.code[v].imm), m.name(r))
	return r, func() { a.give(r) }
}

// operand returns v as the operand that may be in memory, and the suffix of the
// instruction that this needs.
func (m x86) operand(a *allocation, v value) (text, suffix string) {
	if !a.isConst(v) {
		return m.name(a.reg[v]), ""
	}
	text = fmt.Sprintf("constants%s<>+%d(SB)", m.isa.name, constAt(a.block.code[v].imm))
	if m.isa == avx512 {
		return text, ".BCST"
	}
	return text, ""
}

// three emits an instruction of two operands and a result.
func (m x86) three(a *allocation, mnemonic string, x, y value, commutes bool) {
	if commutes && a.isConst(x) {
		x, y = y, x
	}
	rx, done := m.inRegister(a, x)
	text, suffix := m.operand(a, y)
	d := a.result(x, y)
	m.line("%s%s %s, %s, %s", mnemonic, suffix, text, m.name(rx), m.name(d))
	done()
}

// fma emits d = ±a·b + c in the form that overwrites an operand that dies.
func (m x86) fma(a *allocation, mnemonic string, x, y, z value) {
	if a.isConst(x) {
		x, y = y, x // at most y is constant now, or both are
	}
	if !a.isConst(z) && a.dies(z) && z != x && z != y {
		rx, done := m.inRegister(a, x)
		text, suffix := m.operand(a, y)
		m.line("%s231PS%s %s, %s, %s", mnemonic, suffix, text, m.name(rx), m.name(a.inherit(z)))
		done()
		return
	}
	if a.isConst(y) && !a.isConst(z) || a.isConst(y) && a.isConst(x) { // d = x·y + z with y in memory
		d, rx := m.overwrite(a, x)
		_ = rx
		rz, done := m.inRegister(a, z)
		text, suffix := m.operand(a, y)
		m.line("%s132PS%s %s, %s, %s", mnemonic, suffix, text, m.name(rz), m.name(d))
		done()
		return
	}
	if !a.dies(x) && a.dies(y) && !a.isConst(y) {
		x, y = y, x
	}
	ry, done := m.inRegister(a, y)
	d, _ := m.overwrite(a, x)
	if x == y {
		ry = d
	}
	text, suffix := m.operand(a, z)
	if z == x {
		text = m.name(d)
	}
	m.line("%s213PS%s %s, %s, %s", mnemonic, suffix, text, m.name(ry), m.name(d))
	done()
}

// overwrite returns a register for the result that holds x.
func (m x86) overwrite(a *allocation, x value) (d, old int) {
	if a.isConst(x) {
		d = a.fresh()
		m.line("VBROADCASTSS constants%s<>+%d(SB), %s", m.isa.name, constAt(a.block.code[x].imm), m.name(d))
		return d, d
	}
	if a.dies(x) {
		return a.inherit(x), a.reg[x]
	}
	d = a.fresh()
	m.line("VMOVAPS %s, %s", m.name(a.reg[x]), m.name(d))
	return d, a.reg[x]
}

// tailMask is the register of AVX2's mask.
const tailMask = 15

func (m x86) instruction(a *allocation, in instruction, _ int) {
	switch in.op {
	case opAdd:
		m.three(a, "VADDPS", in.a, in.b, true)
	case opSub:
		m.three(a, "VSUBPS", in.a, in.b, false)
	case opMul:
		m.three(a, "VMULPS", in.a, in.b, true)
	case opDiv:
		m.three(a, "VDIVPS", in.a, in.b, false)
	case opMax:
		m.three(a, "VMAXPS", in.a, in.b, false)
	case opMin:
		m.three(a, "VMINPS", in.a, in.b, false)
	case opAnd:
		m.three(a, "VANDPS", in.a, in.b, true)
	case opOr:
		m.three(a, "VORPS", in.a, in.b, true)
	case opXor:
		m.three(a, "VXORPS", in.a, in.b, true)
	case opAddInt:
		m.three(a, "VPADDD", in.a, in.b, true)
	case opSubInt:
		m.three(a, "VPSUBD", in.a, in.b, false)
	case opScalef:
		m.three(a, "VSCALEFPS", in.a, in.b, false)
	case opFMA:
		m.fma(a, "VFMADD", in.a, in.b, in.c)
	case opFNMA:
		m.fma(a, "VFNMADD", in.a, in.b, in.c)
	case opToInt:
		m.line("VCVTPS2DQ %s, %s", m.name(a.reg[in.a]), m.name(a.result(in.a)))
	case opSqrt:
		m.line("VSQRTPS %s, %s", m.name(a.reg[in.a]), m.name(a.result(in.a)))
	case opShl:
		m.line("VPSLLD $%d, %s, %s", in.imm, m.name(a.reg[in.a]), m.name(a.result(in.a)))
	case opShr:
		m.line("VPSRLD $%d, %s, %s", in.imm, m.name(a.reg[in.a]), m.name(a.result(in.a)))
	case opSar:
		m.line("VPSRAD $%d, %s, %s", in.imm, m.name(a.reg[in.a]), m.name(a.result(in.a)))
	case opSetPinned:
		if r := a.reg[in.a]; r != int(in.imm) {
			m.line("VMOVAPS %s, %s", m.name(r), m.name(int(in.imm)))
		}
	case opAndGreater, opIfNaN, opTail:
		m.choice(a, in)
	default:
		m.memory(a, in)
	}
}

// choice emits the operations that choose lanes by a mask.
func (m x86) choice(a *allocation, in instruction) {
	x := m.name(a.reg[in.a])
	switch {
	case in.op == opTail && m.isa == avx512:
		d := a.fresh()
		m.line("VBROADCASTSS constants%s<>+%d(SB), %s", m.isa.name, constAt(a.block.code[in.b].imm), m.name(d))
		m.line("VMOVAPS %s, K1, %s", x, m.name(d))
	case in.op == opTail:
		d := a.fresh()
		m.line("VMOVUPS constants%s<>+%d(SB), %s", m.isa.name, constAt(a.block.code[in.b].imm), m.name(d))
		m.line("VBLENDVPS Y%d, %s, %s, %s", tailMask, x, m.name(d), m.name(d))
	case in.op == opAndGreater && m.isa == avx512:
		text, suffix := m.operand(a, in.b)
		m.line("VCMPPS%s $0x1e, %s, %s, K2", suffix, text, x)
		m.line("VMOVAPS.Z %s, K2, %s", m.name(a.reg[in.c]), m.name(a.fresh()))
	case in.op == opAndGreater:
		text, _ := m.operand(a, in.b)
		d := m.name(a.fresh())
		m.line("VCMPPS $0x1e, %s, %s, %s", text, x, d)
		m.line("VANDPS %s, %s, %s", m.name(a.reg[in.c]), d, d)
	case m.isa == avx512:
		m.line("VCMPPS $3, %s, %s, K2", x, x)
		m.line("VBLENDMPS %s, %s, K2, %s", m.name(a.reg[in.b]), m.name(a.reg[in.c]), m.name(a.fresh()))
	default:
		d := m.name(a.fresh())
		m.line("VCMPPS $3, %s, %s, %s", x, x, d)
		m.line("VBLENDVPS %s, %s, %s, %s", d, m.name(a.reg[in.b]), m.name(a.reg[in.c]), d)
	}
}

// memory emits loads and stores.
func (m x86) memory(a *allocation, in instruction) {
	at := fmt.Sprintf("(%s)", m.ptrs[in.imm])
	if a.block.sub > 0 {
		at = fmt.Sprintf("%d(%s)", 4*m.width*a.block.sub, m.ptrs[in.imm])
	}
	tail, wide := a.block.tail, m.isa == avx512
	var x string
	if in.a != none {
		x = m.name(a.reg[in.a])
	} else {
		x = m.name(a.fresh())
	}
	zero, mask := "", ""
	if tail && wide {
		zero, mask = ".Z", "K1, "
	}
	switch {
	case in.op == opLoad && tail && !wide:
		m.line("VMASKMOVPS %s, Y%d, %s", at, tailMask, x)
	case in.op == opLoad:
		m.line("VMOVUPS%s %s, %s%s", zero, at, mask, x)
	case in.op == opLoad16:
		m.line("VPMOVZXWD%s %s, %s%s", zero, at, mask, x)
	case in.op == opLoadF16:
		m.line("VCVTPH2PS%s %s, %s%s", zero, at, mask, x)
	case in.op == opStore && tail && !wide:
		m.line("VMASKMOVPS %s, Y%d, %s", x, tailMask, at)
	case in.op == opStore:
		m.line("VMOVUPS %s, %s%s", x, mask, at)
	case in.op == opStoreF16:
		m.line("VCVTPS2PH $0, %s, %s%s", x, mask, at)
	case wide:
		m.line("VPMOVDW %s, %s%s", x, mask, at)
	default:
		m.line("VPACKUSDW %s, %s, %s", x, x, x)
		m.line("VPERMQ $0xd8, %s, %s", x, x)
		m.line("VMOVDQU X%s, %s", x[1:], at)
	}
}
