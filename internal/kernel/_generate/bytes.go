package main

import (
	"fmt"
	"strings"
)

// Quantising a row to bytes takes two loops over its whole vectors, n values in all:
//
//	func valueRange⟨level⟩(x *float32, n int) (low, high, poison float32)
//	func roundBytes⟨level⟩(dst *byte, x *float32, n int, inverse float32, zero int32)
//
// poison is NaN unless all values are finite. A step takes roundStep values.
const (
	rangeParameters = "x *float32, n int) (low, high, poison float32"
	roundParameters = "dst *byte, x *float32, n int, inverse float32, zero int32"
	rangeStep       = 16
	roundStep       = 32
)

// bytesRow emits both loops.
func bytesRow(text *strings.Builder, isa *isa) {
	m := x86{isa: isa, text: text}
	m.valueRange()
	m.roundBytes()
}

func (m x86) valueRange() {
	fmt.Fprintf(m.text, "\n// func valueRange%s(%s)\nTEXT ·valueRange%s(SB), NOSPLIT, $0-28\n", m.isa.name, rangeParameters, m.isa.name)
	m.line("MOVQ x+0(FP), SI")
	m.line("MOVQ n+8(FP), CX")
	// The least, the greatest, the poison, 0 and the values.
	for r := range 4 {
		m.line("VXORPS %s, %s, %s", m.name(r), m.name(r), m.name(r))
	}
	fmt.Fprint(m.text, "\nloop:\n")
	for i := range rangeStep / m.width {
		m.line("VMOVUPS %d(SI), %s", 4*m.width*i, m.name(4))
		m.line("VMINPS %s, %s, %s", m.name(4), m.name(0), m.name(0))
		m.line("VMAXPS %s, %s, %s", m.name(4), m.name(1), m.name(1))
		m.line("VFMADD231PS %s, %s, %s", m.name(4), m.name(3), m.name(2))
	}
	m.line("ADDQ $%d, SI", 4*rangeStep)
	m.line("SUBQ $%d, CX", rangeStep)
	m.line("JNZ loop")
	for r, f := range []struct{ operation, result string }{{"VMINPS", "low+16"}, {"VMAXPS", "high+20"}, {"VADDPS", "poison+24"}} {
		fold := func(register string) {
			m.line("%s %s4, %s%d, %s%d", f.operation, register, register, r, register, r)
		}
		if m.width == 16 {
			m.line("VEXTRACTF64X4 $1, Z%d, Y4", r)
			fold("Y")
		}
		m.line("VEXTRACTF128 $1, Y%d, X4", r)
		fold("X")
		for _, lanes := range []int{0x4e, 0xb1} { // 2 apart, 1 apart
			m.line("VPERMILPS $0x%02x, X%d, X4", lanes, r)
			fold("X")
		}
		m.line("VMOVSS X%d, %s(FP)", r, f.result)
	}
	m.line("VZEROUPPER")
	m.line("RET")
}

func (m x86) roundBytes() {
	fmt.Fprintf(m.text, "\n// func roundBytes%s(%s)\nTEXT ·roundBytes%s(SB), NOSPLIT, $0-32\n", m.isa.name, roundParameters, m.isa.name)
	m.line("MOVQ dst+0(FP), DI")
	m.line("MOVQ x+8(FP), SI")
	m.line("MOVQ n+16(FP), CX")
	inverse, zero, none := m.name(4), m.name(5), m.name(6)
	m.line("VBROADCASTSS inverse+24(FP), %s", inverse)
	m.line("MOVL zero+28(FP), AX")
	m.line("MOVQ AX, X5")
	m.line("VPBROADCASTD X5, %s", zero)
	m.line("VPXOR Y6, Y6, Y6")
	if m.width == 8 { // 0, 4, 1, 5, 2, 6, 3, 7: the order that packing leaves
		m.line("MOVQ $0x0703060205010400, AX")
		m.line("MOVQ AX, X7")
		m.line("VPMOVZXBD X7, Y7")
	}
	fmt.Fprint(m.text, "\nloop:\n")
	for i := range roundStep / m.width {
		x := m.name(i)
		m.line("VMULPS %d(SI), %s, %s", 4*m.width*i, inverse, x)
		m.line("VCVTPS2DQ %s, %s", x, x)
		m.line("VPADDD %s, %s, %s", zero, x, x)
		if m.width == 16 {
			m.line("VPMAXSD %s, %s, %s", none, x, x)
			m.line("VPMOVUSDB %s, %d(DI)", x, 16*i)
		}
	}
	if m.width == 8 {
		m.line("VPACKSSDW Y1, Y0, Y0")
		m.line("VPACKSSDW Y3, Y2, Y2")
		m.line("VPACKUSWB Y2, Y0, Y0")
		m.line("VPERMD Y0, Y7, Y0")
		m.line("VMOVDQU Y0, (DI)")
	}
	m.line("ADDQ $%d, SI", 4*roundStep)
	m.line("ADDQ $%d, DI", roundStep)
	m.line("SUBQ $%d, CX", roundStep)
	m.line("JNZ loop")
	m.line("VZEROUPPER")
	m.line("RET")
}
