package main

import (
	"fmt"
	"strings"
)

// packs returns the functions that pack blocks:
//
//	func ⟨format⟩PackAVX2(dst, src *byte, stride, blocks int)
//
// packs a panel of 16 whole rows, which lie stride bytes apart.
func packs() string {
	var text strings.Builder
	for _, f := range blockFormats() {
		if f.simple != nil {
			f.simple.writePack(x86{avx2, &text, nil}, f)
		} else {
			f.super.writePack(x86{avx2, &text, nil}, f)
		}
	}
	return text.String() + superPackTables()
}

// writePack emits one function, with vectors of 128 bits. DI is the packed block, SI and R8 to R10 are the blocks
// of rows 0, 4, 8 and 12, whose neighbours are one, two and three strides away.
func (s *simple) writePack(w x86, f blockFormat) {
	name := f.name + "PackAVX2"
	fmt.Fprintf(w.text, "\n// func %s(dst, src *byte, stride, blocks int)\nTEXT ·%s(SB), NOSPLIT, $0-32\n", name, name)
	w.line("MOVQ dst+0(FP), DI")
	w.line("MOVQ src+8(FP), SI")
	w.line("MOVQ stride+16(FP), R12")
	w.line("MOVQ blocks+24(FP), CX")
	w.line("LEAQ (R12)(R12*2), R13")
	rows := []string{"SI", "R8", "R9", "R10"}
	for i := range 3 {
		w.line("LEAQ (%s)(R12*4), %s", rows[i], rows[i+1])
	}
	if s.words == 8 {
		s.byteConstants(w, "X8", 0x80808080)
	}
	if s.high {
		for i, bits := range []uint32{0x11111111, 0x03030303, 0x000f000f, 0x000000ff} {
			s.byteConstants(w, fmt.Sprint("X", 10+i), bits)
		}
	}
	fmt.Fprint(w.text, "\nblock:\n")
	codes := 2 * s.halves
	if s.high {
		codes += 4
	}
	for group, base := range rows {
		at := func(row, byte int) string {
			return fmt.Sprintf("%d(%s)%s", byte, base, []string{"", "(R12*1)", "(R12*2)", "(R13*1)"}[row])
		}
		for row := range 4 {
			for h := range s.halves {
				w.line("MOVWLZX %s, AX", at(row, 2*h))
				w.line("MOVW AX, %d(DI)", 32*h+8*group+2*row)
			}
		}
		for quarter := range s.words / 4 {
			for row := range 4 {
				w.line("VMOVDQU %s, X%d", at(row, codes+16*quarter), row)
			}
			transposeWords(w, "X")
			for word := range 4 {
				if s.words == 8 {
					w.line("VPXOR X8, X%d, X%d", word, word)
				}
				w.line("VMOVDQU X%d, %d(DI)", word, 32*s.halves+64*(4*quarter+word)+16*group)
			}
		}
		if s.high {
			w.line("VMOVD %s, X0", at(0, codes-4))
			for row := 1; row < 4; row++ {
				w.line("VPINSRD $%d, %s, X0, X0", row, at(row, codes-4))
			}
			s.gather(w)
			w.line("VMOVDQU X3, %d(DI)", 32*s.halves+64*s.words+16*group)
		}
	}
	for _, base := range rows {
		w.line("ADDQ $%d, %s", codes+4*s.words, base)
	}
	w.line("ADDQ $%d, DI", f.size)
	w.line("DECQ CX")
	w.line("JNZ block")
	w.line("RET")
}

func (s *simple) byteConstants(w x86, register string, bits uint32) {
	w.line("MOVL $0x%08x, AX", bits)
	w.line("VMOVD AX, %s", register)
	w.line("VPSHUFD $0, %s, %s", register, register)
}

// gather sets X3 to the words of X0 with bit 4g+j moved to bit 8j+g, as gatherBits does
// in package kernel.
func (s *simple) gather(w x86) {
	for j := range 4 {
		from := "X0"
		if j > 0 {
			w.line("VPSRLD $%d, X0, X1", j)
			from = "X1"
		}
		w.line("VPAND X10, %s, X1", from)
		for i, shift := range []int{3, 6, 12} {
			w.line("VPSRLD $%d, X1, X2", shift)
			w.line("VPOR X2, X1, X1")
			w.line("VPAND X%d, X1, X1", 11+i)
		}
		switch j {
		case 0:
			w.line("VMOVDQA X1, X3")
		default:
			w.line("VPSLLD $%d, X1, X1", 8*j)
			w.line("VPOR X1, X3, X3")
		}
	}
}

// quantize returns the function that quantises activations,
//
//	func quantizeAVX2(dst *activation, x *float32, blocks int)
func quantize() string {
	var text strings.Builder
	w := x86{avx2, &text, nil}
	text.WriteString("\n// func quantizeAVX2(dst *activation, x *float32, blocks int)\nTEXT ·quantizeAVX2(SB), NOSPLIT, $0-24\n")
	w.line("MOVQ dst+0(FP), DI")
	w.line("MOVQ x+8(FP), SI")
	w.line("MOVQ blocks+16(FP), CX")
	constants := []struct {
		register int
		bits     uint32
	}{{15, 0x7fffffff}, {14, 0x42fe0000}, {13, 0x3f800000}, {12, 0x80808080}} // magnitude, 127, 1, flip
	for _, c := range constants {
		w.line("MOVL $0x%08x, AX", c.bits)
		w.line("VMOVD AX, X%d", c.register)
		w.line("VPBROADCASTD X%d, Y%d", c.register, c.register)
	}
	w.line("VMOVDQU unpacked<>(SB), Y11")
	w.line("VPXOR Y10, Y10, Y10")
	text.WriteString("\nblock:\n")
	for i := range 4 {
		w.line("VMOVUPS %d(SI), Y%d", 32*i, i)
		w.line("VPAND Y%d, Y15, Y%d", i, 4+i)
	}
	w.line("VPMAXUD Y4, Y5, Y4")
	w.line("VPMAXUD Y6, Y7, Y6")
	w.line("VPMAXUD Y4, Y6, Y4")
	w.line("VEXTRACTI128 $1, Y4, X5")
	w.line("VPMAXUD X4, X5, X4")
	w.line("VPSHUFD $0x4e, X4, X5")
	w.line("VPMAXUD X4, X5, X4")
	w.line("VPSHUFD $0xb1, X4, X5")
	w.line("VPMAXUD X4, X5, X4")
	w.line("VMOVD X4, AX")
	w.line("CMPL AX, $0x7f800000")
	w.line("JAE odd")
	w.line("CMPL AX, $0x0d800000") // 2⁻¹⁰⁰
	w.line("JB zero")
	w.line("VDIVSS X14, X4, X4") // the scale
	w.line("VDIVSS X4, X13, X5")
	w.line("VPBROADCASTD X5, Y5")
	for i := range 4 {
		w.line("VMULPS Y%d, Y5, Y%d", i, i)
		w.line("VCVTPS2DQ Y%d, Y%d", i, i)
	}
	w.line("VPACKSSDW Y1, Y0, Y0")
	w.line("VPACKSSDW Y3, Y2, Y2")
	w.line("VPACKSSWB Y2, Y0, Y0")
	w.line("VPERMD Y0, Y11, Y0")
	w.line("VMOVDQU Y0, (DI)")
	w.line("VPXOR Y0, Y12, Y0")
	w.line("VPSADBW Y0, Y10, Y0") // sums of 8 codes, each more by 128
	w.line("VEXTRACTI128 $1, Y0, X1")
	for i, r := range []string{"AX", "DX"} {
		w.line("VPSHUFD $0x4e, X%d, X2", i)
		w.line("VPADDD X2, X%d, X2", i)
		w.line("VMOVD X2, %s", r)
		w.line("SUBL $2048, %s", r)
	}
	w.line("LEAL (AX)(DX*1), BX")
	w.line("VCVTSI2SSL BX, X10, X2")
	w.line("VMULSS X2, X4, X2")
	w.line("VMOVSS X4, %d(DI)", activationScale)
	w.line("VMOVSS X2, %d(DI)", activationTotal)
	for i, r := range []string{"BX", "AX", "DX"} {
		w.line("SHLL $7, %s", r)
		w.line("NEGL %s", r)
		w.line("MOVL %s, %d(DI)", r, activationStart+4*i)
	}
	text.WriteString("\nnext:\n")
	w.line("ADDQ $128, SI")
	w.line("ADDQ $%d, DI", activationSize)
	w.line("DECQ CX")
	w.line("JNZ block")
	w.line("VZEROUPPER")
	w.line("RET")
	text.WriteString("\nodd:\n")
	w.line("MOVL $0x7fc00000, AX")
	w.line("JMP same")
	text.WriteString("\nzero:\n")
	w.line("XORL AX, AX")
	text.WriteString("\nsame:\n")
	w.line("VMOVDQU Y10, (DI)")
	w.line("VMOVDQU X10, %d(DI)", activationScale)
	w.line("MOVL AX, %d(DI)", activationScale)
	w.line("MOVL AX, %d(DI)", activationTotal)
	w.line("JMP next")
	text.WriteString("\n// The order of words that undoes that of packing.\n")
	for i := range 4 {
		fmt.Fprintf(&text, "DATA unpacked<>+%d(SB)/8, $0x%08x%08x\n", 8*i, i+4, i)
	}
	text.WriteString("GLOBL unpacked<>(SB), RODATA|NOPTR, $32\n")
	return text.String()
}
