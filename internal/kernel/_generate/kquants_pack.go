package main

import "fmt"

// writePack emits the function that packs super-blocks, with vectors of 128 bits and
// 256. Four rows are done at a time: SI is the block of the first of them, and R12 and
// R13 are one and three strides; DI is the packed block, and R8, R9 and R10 are where
// the four rows begin in what has 4 bytes, 1 byte and 2 bytes a row.
func (s super) writePack(w x86, f blockFormat) {
	name := f.name + "PackAVX2"
	fmt.Fprintf(w.text, "\n// func %s(dst, src *byte, stride, blocks int)\nTEXT ·%s(SB), NOSPLIT, $0-32\n", name, name)
	w.line("MOVQ dst+0(FP), DI")
	w.line("MOVQ src+8(FP), SI")
	w.line("MOVQ stride+16(FP), R12")
	w.line("MOVQ blocks+24(FP), CX")
	w.line("LEAQ (R12)(R12*2), R13")
	w.line("MOVQ R12, R11")
	w.line("SHLQ $4, R11")
	w.line("SUBQ $%d, R11", s.rowBytes())
	for i, bits := range s.packConstants() {
		w.line("MOVL $0x%08x, AX", bits)
		w.line("VMOVD AX, X%d", 8+i)
		w.line("VPBROADCASTD X%d, Y%d", 8+i, 8+i)
	}
	w.line("VBROADCASTI128 byteOrder<>(SB), Y15")
	w.line("VBROADCASTI128 halfOrder<>(SB), Y14")
	switch s.bits {
	case 2, 6:
		w.line("VBROADCASTI128 twoShifts<>(SB), Y13")
	case 5:
		w.line("VMOVDQU planeOrder<>(SB), Y13")
	}
	fmt.Fprint(w.text, "\nblock:\n")
	for _, r := range []string{"R8", "R9", "R10"} {
		w.line("XORL %s, %s", r, r)
	}
	fmt.Fprint(w.text, "\nrows:\n")
	switch s.bits {
	case 2:
		s.packTwos(w, f)
	case 3:
		s.packThrees(w, f)
	case 6:
		s.packSixes(w, f)
	default:
		s.packRanges(w, f)
	}
	w.line("LEAQ (SI)(R12*4), SI")
	w.line("ADDQ $4, R9")
	w.line("ADDQ $8, R10")
	w.line("ADDQ $16, R8")
	w.line("CMPQ R8, $64")
	w.line("JNE rows")
	w.line("SUBQ R11, SI")
	w.line("ADDQ $%d, DI", f.bytes())
	w.line("DECQ CX")
	w.line("JNZ block")
	w.line("VZEROUPPER")
	w.line("RET")
}

// packConstants returns the words that registers 8 and following are full of.
func (s super) packConstants() []uint32 {
	constants := []uint32{0x3f3f3f3f, 0x0f0f0f0f, 0x30303030, 0x03030303, 0x80000000}
	switch s.bits {
	case 3:
		constants = []uint32{0x01010101, 0x0f0f0f0f, 0x3d000000, 0x03030303, 0x0c0c0c0c} // the third is 1/32
	case 6:
		constants[2] = 0x3e800000 // 0.25
	}
	return constants
}

// rowBytes returns the bytes of a block of one row.
func (s super) rowBytes() int {
	return map[int]int{2: 84, 3: 110, 4: 144, 5: 176, 6: 210}[s.bits]
}

// rowAt returns the operand at a byte of one of four rows.
func rowAt(row, byte int) string {
	return fmt.Sprintf("%d(SI)%s", byte, []string{"", "(R12*1)", "(R12*2)", "(R13*1)"}[row])
}

// loadRows sets a register for each of four rows to what is at a byte of it.
func loadRows(w x86, register string, byte int) {
	for row := range 4 {
		w.line("VMOVDQU %s, %s%d", rowAt(row, byte), register, row)
	}
}

// transposeWords turns the 4 by 4 words of registers 0 to 3, in each half of them.
func transposeWords(w x86, register string) {
	for _, step := range []string{
		"VPUNPCKLDQ %[1]s1, %[1]s0, %[1]s4", "VPUNPCKHDQ %[1]s1, %[1]s0, %[1]s5", "VPUNPCKLDQ %[1]s3, %[1]s2, %[1]s6",
		"VPUNPCKHDQ %[1]s3, %[1]s2, %[1]s7", "VPUNPCKLQDQ %[1]s6, %[1]s4, %[1]s0", "VPUNPCKHQDQ %[1]s6, %[1]s4, %[1]s1",
		"VPUNPCKLQDQ %[1]s7, %[1]s5, %[1]s2", "VPUNPCKHQDQ %[1]s7, %[1]s5, %[1]s3",
	} {
		w.line(step, register)
	}
}

// packRanges emits four rows of Q4_K or Q5_K.
func (s super) packRanges(w x86, f blockFormat) {
	loadRows(w, "X", 0)
	transposeWords(w, "X")
	w.line("VPXOR X12, X0, X0") // minima change their sign
	w.line("VPSHUFB X14, X0, X0")
	w.line("VMOVQ X0, (DI)(R10*1)")
	w.line("VPEXTRQ $1, X0, 32(DI)(R10*1)")
	w.line("VPAND X8, X1, X4") // the first four scales
	w.line("VPAND X8, X2, X5") // and minima
	for i, from := range []int{1, 2} {
		last := "X3"
		if i == 1 {
			w.line("VPSRLW $4, X3, X3")
		}
		w.line("VPAND X9, %s, X0", last)
		w.line("VPSRLW $2, X%d, X%d", from, from)
		w.line("VPAND X10, X%d, X%d", from, from)
		w.line("VPOR X0, X%d, X%d", from, 6+i) // the last four
		w.line("VPSHUFB X15, X%d, X%d", 6+i, 6+i)
		w.line("VPSHUFB X15, X%d, X%d", 4+i, 4+i)
	}
	for j := range 8 {
		for kind := range 2 {
			at := superHead + j/2*f.size + 32*(j%2) + 16*kind
			w.line("VPEXTRD $%d, X%d, %d(DI)(R9*1)", j%4, 4+2*(j/4)+kind, at)
		}
	}
	codes := superHead + 64
	if s.bits == 5 {
		s.packPlanes(w, f)
		codes += 128
	}
	for half := range 8 {
		loadRows(w, "X", s.rowBytes()-128+16*half)
		transposeWords(w, "X")
		for i := range 4 {
			w.line("VMOVDQU X%d, %d(DI)(R8*1)", i, codes+half/2*f.size+64*(4*(half%2)+i))
		}
	}
}

// packPlanes emits the fifth bits of four rows.
func (s super) packPlanes(w x86, f blockFormat) {
	for row := range 4 {
		w.line("VMOVDQU %s, Y0", rowAt(row, 16))
		w.line("VPSHUFB Y15, Y0, Y0")
		w.line("VPERMD Y0, Y13, Y0") // byte 4g+j is at 8j+g
		for p := 7; p >= 0; p-- {
			w.line("VPMOVMSKB Y0, AX")
			w.line("MOVL AX, %d(DI)(R8*1)", superHead+p/2*f.size+64+64*(p%2)+4*row)
			if p > 0 {
				w.line("VPADDB Y0, Y0, Y0")
			}
		}
	}
}

// packFloats emits the scales of four rows as parts of float32.
func (s super) packFloats(w x86, byte int) {
	w.line("VPXOR X0, X0, X0")
	for row := range 4 {
		w.line("VPINSRW $%d, %s, X0, X0", row, rowAt(row, byte))
	}
	w.line("VCVTPH2PS X0, X0")
	w.line("VMULPS X10, X0, X0")
	w.line("VMOVUPS X0, (DI)(R8*1)")
}

// packScales emits the scales of 16 groups of four rows, a byte each.
func (s super) packScales(w x86, f blockFormat, byte int) {
	loadRows(w, "X", byte)
	transposeWords(w, "X")
	for i := range 4 {
		w.line("VPSHUFB X15, X%d, X%d", i, i)
		for j := range 4 {
			w.line("VPEXTRD $%d, X%d, %d(DI)(R9*1)", j, i, superHead+i*f.size+16*j)
		}
	}
}

// packTwos emits four rows of Q2_K.
func (s super) packTwos(w x86, f blockFormat) {
	w.line("VMOVD %s, X0", rowAt(0, 80))
	for row := 1; row < 4; row++ {
		w.line("VPINSRD $%d, %s, X0, X0", row, rowAt(row, 80))
	}
	w.line("VPSHUFB X14, X0, X0")
	w.line("VMOVQ X0, (DI)(R10*1)")
	w.line("VPEXTRQ $1, X0, 32(DI)(R10*1)")
	s.packScales(w, f, 0)
	for n := range 2 {
		for r := range 4 { // two groups of 16, one in each half of the registers
			for row := range 4 {
				w.line("VMOVDQU %s, Y%d", rowAt(row, 16+32*n), row)
				if r > 0 {
					w.line("VPSRLW $%d, Y%d, Y%d", 2*r, row, row)
				}
				w.line("VPAND Y11, Y%d, Y%d", row, row)
				w.line("VPSLLVD Y13, Y%d, Y%d", row, row)
			}
			transposeWords(w, "Y")
			for i := 1; i < 4; i++ {
				w.line("VPOR Y%d, Y0, Y0", i)
			}
			group := 8*n + 2*r
			at := superHead + group/4*f.size + 64 + group%4*64
			w.line("VMOVDQU X0, %d(DI)(R8*1)", at)
			w.line("VEXTRACTI128 $1, Y0, %d(DI)(R8*1)", at+64)
		}
	}
}

// packThrees emits four rows of Q3_K.
func (s super) packThrees(w x86, f blockFormat) {
	s.packFloats(w, 108)
	s.packThreeScales(w)
	for u := range 4 {
		for p := range 2 {
			n, r := u/2, 2*(u%2)+p
			for row := range 4 {
				w.line("VMOVDQU %s, Y%d", rowAt(row, 32+32*n), row)
				w.line("VMOVDQU %s, Y4", rowAt(row, 0))
				if r > 0 {
					w.line("VPSRLW $%d, Y%d, Y%d", 2*r, row, row)
				}
				if 4*n+r > 0 {
					w.line("VPSRLW $%d, Y4, Y4", 4*n+r)
				}
				w.line("VPAND Y11, Y%d, Y%d", row, row)
				w.line("VPAND Y8, Y4, Y4")
				w.line("VPSLLW $2, Y4, Y4")
				w.line("VPOR Y4, Y%d, Y%d", row, row)
			}
			transposeWords(w, "Y")
			s.packThreeBits(w, superHead+4*threeScales+u*f.size+192*p)
		}
	}
}

// packThreeBits emits the vectors of 8 codes of four rows: X0 to X3 hold the first of
// them, and the other halves of the registers the last.
func (s super) packThreeBits(w x86, at int) {
	for i := range 4 {
		w.line("VEXTRACTI128 $1, Y%d, X%d", i, 4+i)
	}
	w.line("VPAND X8, X2, X14")
	w.line("VPAND X8, X5, X13")
	w.line("VPADDB X13, X13, X13")
	w.line("VPOR X13, X14, X14") // the low bits of codes 2 and 5
	for _, odd := range []int{2, 5} {
		w.line("VPSRLW $1, X%d, X%d", odd, odd)
		w.line("VPAND X11, X%d, X%d", odd, odd)
	}
	for v, c := range [][3]int{{0, 1, 2}, {3, 4, 5}, {6, 7, 14}} {
		w.line("VPSLLW $5, X%d, X%d", c[0], c[0])
		w.line("VPSLLW $2, X%d, X%d", c[1], c[1])
		w.line("VPOR X%d, X%d, X%d", c[1], c[0], c[0])
		w.line("VPOR X%d, X%d, X%d", c[2], c[0], c[0])
		w.line("VMOVDQU X%d, %d(DI)(R8*1)", c[0], at+64*v)
	}
}

// packThreeScales emits the scales of 6 bits of four rows of Q3_K.
func (s super) packThreeScales(w x86) {
	loadRows(w, "X", 92)
	transposeWords(w, "X")
	w.line("VPBROADCASTD X12, X13") // 0x0c and 0x30
	w.line("VPSLLD $2, X13, X13")
	for u := range 4 {
		w.line("VMOVDQA X%d, X4", 1+u%2)
		w.line("VMOVDQA X3, X5")
		if u >= 2 {
			w.line("VPSRLW $4, X4, X4")
		}
		if u > 0 {
			w.line("VPSRLW $%d, X5, X5", 2*u)
		}
		w.line("VPAND X9, X4, X4")
		w.line("VPAND X11, X5, X5")
		w.line("VPSLLW $4, X5, X5")
		w.line("VPOR X5, X4, X4")
		w.line("VPSRLD $24, X4, X5") // the last of the four
		w.line("VPSLLW $2, X4, X4")
		for i, mask := range []string{"X11", "X12", "X13"} {
			w.line("VPAND %s, X5, X6", mask)
			if i > 0 {
				w.line("VPSLLD $%d, X6, X6", 6*i)
			}
			w.line("VPOR X6, X4, X4")
		}
		w.line("VPSHUFB X15, X4, X4")
		for j := range 3 {
			w.line("VPEXTRD $%d, X4, %d(DI)(R9*1)", j, superHead+threeScales*u+16*j)
		}
	}
}

// packSixes emits four rows of Q6_K.
func (s super) packSixes(w x86, f blockFormat) {
	s.packFloats(w, 208)
	s.packScales(w, f, 192)
	for n := range 2 {
		for r := range 4 { // two groups of 16, one in each half of the registers
			for row := range 4 {
				w.line("VMOVDQU %s, Y%d", rowAt(row, 64*n+r%2*32), row)
				w.line("VMOVDQU %s, Y4", rowAt(row, 128+32*n))
				if r >= 2 {
					w.line("VPSRLW $4, Y%d, Y%d", row, row)
				}
				w.line("VPAND Y9, Y%d, Y%d", row, row)
				if r > 0 {
					w.line("VPSRLW $%d, Y4, Y4", 2*r)
				}
				w.line("VPAND Y11, Y4, Y4")
				w.line("VPSLLW $4, Y4, Y4")
				w.line("VPOR Y4, Y%d, Y%d", row, row)
				w.line("VPSHUFD $0xff, Y%d, Y4", row)
				w.line("VPSRLVD Y13, Y4, Y4")
				w.line("VPAND Y11, Y4, Y4")
				w.line("VPSLLW $2, Y%d, Y%d", row, row)
				w.line("VPOR Y4, Y%d, Y%d", row, row)
			}
			transposeWords(w, "Y")
			group := 8*n + 2*r
			at := superHead + group/4*f.size + 64 + group%4*192
			for v := range 3 {
				w.line("VMOVDQU X%d, %d(DI)(R8*1)", v, at+64*v)
				w.line("VEXTRACTI128 $1, Y%d, %d(DI)(R8*1)", v, at+192+64*v)
			}
		}
	}
}

// superPackTables returns the constants of packing: orders of bytes and words.
func superPackTables() (text string) {
	for _, c := range []struct {
		name  string
		words []uint64
	}{
		{"byteOrder", []uint64{0x0d0905010c080400, 0x0f0b07030e0a0602}},
		{"halfOrder", []uint64{0x0d0c090805040100, 0x0f0e0b0a07060302}},
		{"twoShifts", []uint64{0x0000000200000000, 0x0000000600000004}},
		{"planeOrder", []uint64{0x0000000400000000, 0x0000000500000001, 0x0000000600000002, 0x0000000700000003}},
	} {
		for i, v := range c.words {
			text += fmt.Sprintf("DATA %s<>+%d(SB)/8, $0x%016x\n", c.name, 8*i, v)
		}
		text += fmt.Sprintf("GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", c.name, 8*len(c.words))
	}
	return text
}
