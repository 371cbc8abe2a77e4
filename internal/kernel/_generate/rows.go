package main

import (
	"fmt"
	"strings"
)

// Functions on rows of a matrix, of which each is short: a loop over all rows in
// assembly, so that a call is paid for once. They stand in the files of attention.
//
// Each sets an element c of the matrix to what body makes of it and x, which is of
// the same place in another matrix, or of the same column in a row that all share.
var rowOps = []struct {
	name string // that of the RowOp, beginning small
	body func(b *block, c, x value) value
}{
	{"addRows", (*block).add},
	{"addGELURows", func(b *block, c, x value) value { return b.gelu(b.add(c, x)) }},
	{"addGELUTanhRows", func(b *block, c, x value) value { return b.geluTanh(b.add(c, x)) }},
	{"siLUMulRows", func(b *block, c, x value) value { return b.mul(b.silu(c), x) }},
	{"gELUMulRows", func(b *block, c, x value) value { return b.mul(b.gelu(c), x) }},
	{"gELUTanhMulRows", func(b *block, c, x value) value { return b.mul(b.geluTanh(c), x) }},
}

const rowParameters = "c *float32, ldc int, x *float32, ldx, rows, n int"

// rowsText returns the assembly of a level.
func rowsText(m *isa) string {
	var text strings.Builder
	for _, o := range rowOps {
		w := x86{m, &text, []string{"SI", "R9"}}
		fmt.Fprintf(&text, "\n// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-48\n", o.name, m.name, rowParameters, o.name, m.name)
		w.line("MOVQ c+0(FP), DI")
		w.line("MOVQ ldc+8(FP), R12")
		w.line("MOVQ x+16(FP), R13")
		w.line("MOVQ ldx+24(FP), R10")
		w.line("MOVQ rows+32(FP), R8")
		w.line("MOVQ n+40(FP), R11")
		w.line("MOVQ R11, DX")
		w.line("ANDQ $%d, DX", m.width-1)
		if m == avx512 {
			w.line("MOVL $-1, AX")
			w.line("BZHIL DX, AX, AX")
			w.line("KMOVW AX, K1")
		} else {
			w.line("LEAQ tails<>+128(SB), AX")
			w.line("SHLQ $2, DX")
			w.line("SUBQ DX, AX")
		}
		body := func(tail bool) {
			b := &block{isa: m, tail: tail}
			b.store(0, o.body(b, b.load(0), b.load(1)))
			lower(b, m.regs-1, w) // the last holds AVX2's mask
		}
		fmt.Fprint(&text, "\nrow:\n")
		w.line("MOVQ DI, SI")
		w.line("MOVQ R13, R9")
		w.line("MOVQ R11, CX")
		w.line("SUBQ $%d, CX", m.width)
		w.line("JLT tail")
		fmt.Fprint(&text, "\nloop:\n")
		body(false)
		w.line("ADDQ $%d, SI", 4*m.width)
		w.line("ADDQ $%d, R9", 4*m.width)
		w.line("SUBQ $%d, CX", m.width)
		w.line("JGE loop")
		fmt.Fprint(&text, "\ntail:\n")
		w.line("ADDQ $%d, CX", m.width)
		w.line("JZ next")
		if m == avx2 {
			w.line("VMOVUPS (AX), Y%d", tailMask)
		}
		body(true)
		fmt.Fprint(&text, "\nnext:\n")
		w.line("ADDQ R12, DI")
		w.line("ADDQ R10, R13")
		w.line("DECQ R8")
		w.line("JNZ row")
		w.line("VZEROUPPER")
		w.line("RET")
	}
	return text.String()
}

// rowsDispatch returns the function that chooses between the levels, and its
// declarations.
func rowsDispatch(levels []*isa) string {
	var s strings.Builder
	fmt.Fprintf(&s, "\n// rowTile does op on the active level, if there is assembly for that.\nfunc rowTile(op RowOp, %s) bool {\n\tswitch active {\n", rowParameters)
	for _, l := range levels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tswitch op {\n", l.file)
		for _, o := range rowOps {
			fmt.Fprintf(&s, "\t\tcase %s:\n\t\t\t%s%s(c, ldc, x, ldx, rows, n)\n", strings.ToUpper(o.name[:1])+o.name[1:], o.name, l.name)
		}
		s.WriteString("\t\t}\n\t\treturn true\n")
	}
	s.WriteString("\t}\n\treturn false\n}\n")
	for _, l := range levels {
		for _, o := range rowOps {
			fmt.Fprintf(&s, "\n//go:noescape\nfunc %s%s(%s)\n", o.name, l.name, rowParameters)
		}
	}
	return s.String()
}
