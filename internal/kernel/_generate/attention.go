package main

import (
	"fmt"
	"strings"
)

// The functions of attention that are no loops over slices, on amd64. They stand in
// files of their own:
//
//	softmaxRows  rows of scores to probabilities, a row staying in the nearest cache
//	packSquares  as many rows of a matrix as a vector has lanes, side by side
//	widenRows    rows of 32 codes times a scale for each row, or, widenColumns, for each column
const (
	softmaxParameters = "p *float32, ld, rows, n, step, width int, scale float32"
	packParameters    = "dst, src *float32, ld, k int"
	widenParameters   = "dst *float32, codes *int8, scales *float32, n int"
)

// attentionText returns the assembly of a level.
func attentionText(m *isa) string {
	consts = nil
	var text strings.Builder
	softmaxRows(x86{m, &text, []string{"SI"}})
	packSquares(x86{m, &text, nil})
	widenQ8(x86{m, &text, nil})
	if m == avx512 {
		encodeQ8(x86{m, &text, nil})
	}
	text.WriteString(rowsText(m))
	text.WriteString(normText(m))
	return header + "//go:build !purego\n\n#include \"textflag.h\"\n" + text.String() + tables(m)
}

// attentionDispatch returns the Go file that chooses between the levels.
func attentionDispatch(levels []*isa) string {
	var s strings.Builder
	s.WriteString(header + "//go:build !purego\n\npackage kernel\n")
	for _, f := range []struct{ name, parameters, arguments string }{
		{"softmaxRows", softmaxParameters, "p, ld, rows, n, step, width, scale"},
		{"packSquares", packParameters, "dst, src, ld, k"},
		{"widenColumns", widenParameters, "dst, codes, scales, n"},
		{"widenRows", widenParameters, "dst, codes, scales, n"},
	} {
		fmt.Fprintf(&s, "\n// %s runs on the active level, which must not be the generic one.\nfunc %s(%s) {\n\tswitch active {\n", f.name, f.name, f.parameters)
		for _, l := range levels {
			fmt.Fprintf(&s, "\tcase %s:\n\t\t%s%s(%s)\n", l.file, f.name, l.name, f.arguments)
		}
		s.WriteString("\t}\n}\n")
		for _, l := range levels {
			fmt.Fprintf(&s, "\n//go:noescape\nfunc %s%s(%s)\n", f.name, l.name, f.parameters)
		}
	}
	s.WriteString("\n//go:noescape\nfunc encodeQ8AVX512(dst *byte, src *float32, n int)\n")
	s.WriteString("\n// encodeQ8Blocks makes n blocks if there is assembly for that.\nfunc encodeQ8Blocks(dst *byte, src *float32, n int) bool {\n")
	s.WriteString("\tif active != avx512 {\n\t\treturn false\n\t}\n\tencodeQ8AVX512(dst, src, n)\n\treturn true\n}\n")
	s.WriteString(rowsDispatch(levels))
	s.WriteString(normDispatch(levels))
	s.WriteString("\n// squareSide returns how many rows packSquares takes, 0 where there is no packSquares.\nfunc squareSide() int {\n\tswitch active {\n")
	for _, l := range levels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\treturn %d\n", l.file, l.width)
	}
	s.WriteString("\t}\n\treturn 0\n}\n")
	return s.String()
}

// expOfScores is the loop's body that makes e^(scale·x-top) of the scores, which are
// never above 0, and adds them to the lanes.
func expOfScores(m *isa, sub int) *block {
	b := &block{isa: m, sub: sub, regs: 2 + 16/m.width}
	x := b.subtract(b.mul(b.load(0), b.scalar(0)), b.scalar(1))
	n, t := b.expReduced(b.max(b.number(expMin), x))
	e := b.power(b.add(t, b.number(1)), n)
	b.store(0, e)
	b.setLanes(b.add(b.lanes(), e))
	return b
}

// softmaxRows emits the softmax of rows of whole vectors: what they lack of the last
// one is -Inf first. Row i has n + i·step scores, of which width are taken at most.
func softmaxRows(w x86) {
	vectors := 16 / w.width // of 16 lanes
	const scale, top = 0, 1
	lane := func(j int) string { return w.name(2 + j) }
	free := w.name(2 + vectors)
	fmt.Fprintf(w.text, "\n// func softmaxRows%s(%s)\nTEXT ·softmaxRows%s(SB), NOSPLIT, $0-52\n", w.isa.name, softmaxParameters, w.isa.name)
	w.line("MOVQ p+0(FP), DI")
	w.line("MOVQ ld+8(FP), R12")
	w.line("MOVQ rows+16(FP), R8")
	w.line("MOVQ n+24(FP), R9")
	w.line("MOVQ step+32(FP), R10")
	w.line("MOVQ width+40(FP), R11")
	w.line("VBROADCASTSS scale+48(FP), %s", w.name(scale))
	fmt.Fprint(w.text, "\nrow:\n")
	w.line("MOVQ R9, CX")
	w.line("CMPQ CX, R11")
	w.line("CMOVQGT R11, CX")
	w.endRow(free)
	w.line("ADDQ $15, CX")
	w.line("SHRQ $4, CX") // groups of 16 scores
	w.largest(lane, free)
	w.fold("VMAXPS", 2, 2+vectors)
	w.line("VMULSS X%d, X2, X2", scale)
	w.line("VMAXSS constants%s<>+%d(SB), X2, X2", w.isa.name, constAt(lowestBits))
	w.line("VBROADCASTSS X2, %s", w.name(top))
	for j := range vectors {
		w.line("VXORPS %s, %s, %s", lane(j), lane(j), lane(j))
	}
	w.overRow("exp", func(sub int) { lower(expOfScores(w.isa, sub), w.regs, w) })
	w.fold("VADDPS", 2, 2+vectors)
	w.line("VXORPS X3, X3, X3")
	w.line("VUCOMISS X3, X2")
	w.line("JNE some")
	w.line("JPC rest") // nothing is seen: all are 0 by now
	fmt.Fprint(w.text, "\nsome:\n")
	w.line("VMOVSS constants%s<>+%d(SB), X3", w.isa.name, constAt(oneBits))
	w.line("VDIVSS X2, X3, X2")
	w.line("VBROADCASTSS X2, %s", w.name(top))
	w.overRow("divide", func(sub int) {
		w.line("VMULPS %d(SI), %s, %s", 4*w.width*sub, w.name(top), free)
		w.line("VMOVUPS %s, %d(SI)", free, 4*w.width*sub)
	})
	fmt.Fprint(w.text, "\nrest:\n")
	w.line("LEAQ 15(R11), BX")
	w.line("SHRQ $4, BX")
	w.line("VXORPS %s, %s, %s", free, free, free)
	w.line("MOVQ CX, SI")
	w.line("SHLQ $6, SI")
	w.line("ADDQ DI, SI")
	w.line("SUBQ CX, BX")
	w.line("JZ next")
	fmt.Fprint(w.text, "\nhidden:\n")
	for j := range vectors {
		w.line("VMOVUPS %s, %d(SI)", free, 4*w.width*j)
	}
	w.line("ADDQ $64, SI")
	w.line("DECQ BX")
	w.line("JNZ hidden")
	fmt.Fprint(w.text, "\nnext:\n")
	w.line("ADDQ R12, DI")
	w.line("ADDQ R10, R9")
	w.line("DECQ R8")
	w.line("JNZ row")
	w.line("VZEROUPPER")
	w.line("RET")
}

// largest emits what leaves the maxima of the CX groups of the row at DI in the lanes.
// AVX-512 takes two groups at a time, so that fewer wait for each other.
func (m x86) largest(lane func(int) string, free string) {
	vectors := 16 / m.width
	for j := range vectors {
		m.line("VBROADCASTSS constants%s<>+%d(SB), %s", m.isa.name, constAt(infBits), lane(j))
	}
	if m.isa == avx2 {
		m.overRow("max", func(sub int) {
			m.line("VMOVUPS %d(SI), %s", 4*m.width*sub, free)
			m.line("VMAXPS %s, %s, %s", lane(sub), free, lane(sub))
		})
		return
	}
	m.line("VMOVAPS Z2, Z4")
	m.line("MOVQ DI, SI")
	m.line("MOVQ CX, BX")
	m.line("SUBQ $2, BX")
	m.line("JLT maxRest")
	fmt.Fprint(m.text, "\nmaxTwo:\n")
	for i := range 2 {
		m.line("VMOVUPS %d(SI), Z%d", 64*i, 5+i)
		m.line("VMAXPS Z%d, Z%d, Z%d", 2+2*i, 5+i, 2+2*i)
	}
	m.line("ADDQ $128, SI")
	m.line("SUBQ $2, BX")
	m.line("JGE maxTwo")
	fmt.Fprint(m.text, "\nmaxRest:\n")
	m.line("VMAXPS Z4, Z2, Z2")
	m.line("ADDQ $2, BX")
	m.line("JZ maxEnd")
	m.line("VMOVUPS (SI), Z5")
	m.line("VMAXPS Z2, Z5, Z2")
	fmt.Fprint(m.text, "\nmaxEnd:\n")
}

const infBits, lowestBits, oneBits = 0xff800000, 0xff7fffff, 0x3f800000

// endRow emits what makes -Inf of the elements from CX to the next multiple of 16.
func (m x86) endRow(free string) {
	m.line("MOVQ CX, DX")
	m.line("ANDQ $15, DX")
	m.line("JZ whole")
	m.line("MOVQ CX, SI")
	m.line("ANDQ $-16, SI")
	m.line("LEAQ (DI)(SI*4), SI")
	if m.isa == avx512 {
		m.line("MOVL $-1, AX")
		m.line("BZHIL DX, AX, AX")
		m.line("KMOVW AX, K1")
		m.line("VBROADCASTSS constants%s<>+%d(SB), %s", m.isa.name, constAt(infBits), free)
		m.line("VMOVUPS (SI), K1, %s", free)
		m.line("VMOVUPS %s, (SI)", free)
	} else {
		m.line("LEAQ tails<>+128(SB), AX")
		m.line("SHLQ $2, DX")
		m.line("SUBQ DX, AX")
		m.line("VBROADCASTSS constants%s<>+%d(SB), %s", m.isa.name, constAt(infBits), free)
		for j := range 2 {
			m.line("VMOVUPS %d(AX), Y%d", 32*j, tailMask)
			m.line("VBLENDVPS Y%d, %d(SI), %s, Y%d", tailMask, 32*j, free, tailMask-1)
			m.line("VMOVUPS Y%d, %d(SI)", tailMask-1, 32*j)
		}
	}
	fmt.Fprint(m.text, "\nwhole:\n")
}

// overRow emits a loop over the CX groups of the row at DI, SI pointing to each.
func (m x86) overRow(name string, body func(sub int)) {
	m.line("MOVQ DI, SI")
	m.line("MOVQ CX, BX")
	m.line("TESTQ BX, BX")
	m.line("JZ %sEnd", name)
	fmt.Fprintf(m.text, "\n%sLoop:\n", name)
	for sub := range 16 / m.width {
		body(sub)
	}
	m.line("ADDQ $64, SI")
	m.line("DECQ BX")
	m.line("JNZ %sLoop", name)
	fmt.Fprintf(m.text, "\n%sEnd:\n", name)
}

// fold emits what folds the 16 lanes from register r on in halves, into its lane 0;
// free is a register that may be overwritten.
func (m x86) fold(mnemonic string, r, free int) {
	if m.isa == avx512 {
		m.line("VEXTRACTF64X4 $1, Z%d, Y%d", r, free)
		m.line("%s Y%d, Y%d, Y%d", mnemonic, free, r, r)
	} else {
		m.line("%s Y%d, Y%d, Y%d", mnemonic, r+1, r, r)
	}
	m.line("VEXTRACTF128 $1, Y%d, X%d", r, free)
	m.line("%s X%d, X%d, X%d", mnemonic, free, r, r)
	m.line("VPERMILPS $0x4e, X%d, X%d", r, free)
	m.line("%s X%d, X%d, X%d", mnemonic, free, r, r)
	m.line("VPERMILPS $0xb1, X%d, X%d", r, free)
	m.line("%s X%d, X%d, X%d", mnemonic, free, r, r)
}

// packSquares emits the transposition of squares: of as many rows, ld bytes apart, as
// a vector has lanes, k columns, a whole number of vectors, to rows a panel apart.
func packSquares(w x86) {
	n := w.width
	fmt.Fprintf(w.text, "\n// func packSquares%s(%s)\nTEXT ·packSquares%s(SB), NOSPLIT, $0-32\n", w.isa.name, packParameters, w.isa.name)
	w.line("MOVQ dst+0(FP), DI")
	w.line("MOVQ src+8(FP), SI")
	w.line("MOVQ k+24(FP), CX")
	bases := []string{"SI", "R10", "R11", "BX"}
	setBases(w, bases, "ld+16(FP)", n)
	fmt.Fprint(w.text, "\nloop:\n")
	for r := range n {
		w.line("VMOVUPS %s, %s", rowAddress(bases, r, 0), w.name(r))
	}
	r, t := make([]string, n), make([]string, n)
	for i := range n {
		r[i], t[i] = w.name(i), w.name(n+i)
	}
	for i := 0; i < n; i += 2 {
		w.line("VUNPCKLPS %s, %s, %s", r[i+1], r[i], t[i])
		w.line("VUNPCKHPS %s, %s, %s", r[i+1], r[i], t[i+1])
	}
	for i := 0; i < n; i += 4 { // row i+c: column c of each 4, for 4 rows
		for c := range 4 {
			w.line("VUNPCK%sPD %s, %s, %s", []string{"L", "H"}[c%2], t[i+2+c/2], t[i+c/2], r[i+c])
		}
	}
	for c := range 4 {
		if w.isa == avx2 {
			for half, choice := range []int{0x20, 0x31} {
				w.line("VPERM2F128 $%#x, %s, %s, %s", choice, r[4+c], r[c], t[0])
				w.line("VMOVUPS %s, %d(DI)", t[0], 128*(4*half+c))
			}
			continue
		}
		for odd, choice := range []int{0x88, 0xdd} {
			w.line("VSHUFF32X4 $%#x, %s, %s, %s", choice, r[4+c], r[c], t[0])
			w.line("VSHUFF32X4 $%#x, %s, %s, %s", choice, r[12+c], r[8+c], t[1])
			for high, choice := range []int{0x88, 0xdd} {
				w.line("VSHUFF32X4 $%#x, %s, %s, %s", choice, t[1], t[0], t[2])
				w.line("VMOVUPS %s, %d(DI)", t[2], 128*(8*high+4*odd+c))
			}
		}
	}
	w.line("ADDQ $%d, DI", 128*n)
	for i := 0; 5*i < n; i++ {
		w.line("ADDQ $%d, %s", 4*n, bases[i])
	}
	w.line("SUBQ $%d, CX", n)
	w.line("JNZ loop")
	w.line("VZEROUPPER")
	w.line("RET")
}

// widenQ8 emits the functions that make float32 of n rows of 32 codes of 8 bits.
func widenQ8(w x86) {
	vectors := 32 / w.width
	for _, columns := range []bool{true, false} {
		name := map[bool]string{true: "widenColumns", false: "widenRows"}[columns]
		fmt.Fprintf(w.text, "\n// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-32\n", name, w.isa.name, widenParameters, name, w.isa.name)
		w.line("MOVQ dst+0(FP), DI")
		w.line("MOVQ codes+8(FP), SI")
		w.line("MOVQ scales+16(FP), DX")
		w.line("MOVQ n+24(FP), CX")
		if columns {
			for j := range vectors {
				w.line("VMOVUPS %d(DX), %s", 4*w.width*j, w.name(vectors+j))
			}
		}
		fmt.Fprint(w.text, "\nloop:\n")
		if !columns {
			w.line("VBROADCASTSS (DX), %s", w.name(vectors))
			w.line("ADDQ $4, DX")
		}
		for j := range vectors {
			scale := w.name(vectors)
			if columns {
				scale = w.name(vectors + j)
			}
			w.line("VPMOVSXBD %d(SI), %s", w.width*j, w.name(j))
			w.line("VCVTDQ2PS %s, %s", w.name(j), w.name(j))
			w.line("VMULPS %s, %s, %s", scale, w.name(j), w.name(j))
			w.line("VMOVUPS %s, %d(DI)", w.name(j), 4*w.width*j)
		}
		w.line("ADDQ $32, SI")
		w.line("ADDQ $128, DI")
		w.line("DECQ CX")
		w.line("JNZ loop")
		w.line("VZEROUPPER")
		w.line("RET")
	}
}

// encodeQ8 emits the quantiser of blocks of Q8_0: the codes and the scale of 32 values,
// halves being rounded away from zero.
func encodeQ8(w x86) {
	const sign, nearlyHalf, least, most, steps = 1 << 31, 0x3effffff, 0xc3000000, 0x42fe0000, 0x42fe0000
	constant := func(bits uint32) string { return fmt.Sprintf("constants%s<>+%d(SB)", w.isa.name, constAt(bits)) }
	fmt.Fprint(w.text, "\n// func encodeQ8AVX512(dst *byte, src *float32, n int)\nTEXT ·encodeQ8AVX512(SB), NOSPLIT, $0-24\n")
	w.line("MOVQ dst+0(FP), DI")
	w.line("MOVQ src+8(FP), SI")
	w.line("MOVQ n+16(FP), CX")
	for i, bits := range []uint32{sign, nearlyHalf, least, most} {
		w.line("VBROADCASTSS %s, Z%d", constant(bits), 16+i)
	}
	w.line("VXORPS X20, X20, X20")
	fmt.Fprint(w.text, "\nloop:\n")
	w.line("VMOVUPS (SI), Z0")
	w.line("VMOVUPS 64(SI), Z1")
	w.line("VANDNPS Z0, Z16, Z2")
	w.line("VANDNPS Z1, Z16, Z3")
	w.line("VPMAXUD Z3, Z2, Z2")
	w.fold("VPMAXUD", 2, 3)
	w.line("VDIVSS %s, X2, X2", constant(steps)) // the scale
	w.line("VMOVSS %s, X3", constant(oneBits))
	w.line("VCMPSS $4, X20, X2, K1") // not 0
	w.line("VDIVSS X2, X3, K1, X4")
	w.line("VMOVSS.Z X4, X4, K1, X4")
	w.line("VBROADCASTSS X4, Z4")
	w.line("VCVTPS2PH $0, X2, X2")
	w.line("VPEXTRW $0, X2, (DI)")
	for i := range 2 {
		w.line("VMULPS Z4, Z%d, Z%d", i, i)
		w.line("VMAXPS Z%d, Z18, Z%d", i, i) // NaN stays
		w.line("VMINPS Z%d, Z19, Z%d", i, i)
		w.line("VANDPS Z16, Z%d, Z5", i)
		w.line("VORPS Z17, Z5, Z5")
		w.line("VADDPS Z5, Z%d, Z%d", i, i)
		w.line("VCVTTPS2DQ Z%d, Z%d", i, i)
		w.line("VPMOVDB Z%d, %d(DI)", i, 2+16*i)
	}
	w.line("ADDQ $128, SI")
	w.line("ADDQ $34, DI")
	w.line("DECQ CX")
	w.line("JNZ loop")
	w.line("VZEROUPPER")
	w.line("RET")
}
