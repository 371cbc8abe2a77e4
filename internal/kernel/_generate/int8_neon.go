package main

import (
	"fmt"
	"strings"
)

// An int8NEON writes a tile of whole columns of a product of bytes; Go copies what is
// narrower. Unsigned bytes of A become signed ones by inverting their first bit, so that
// 128 is added to their shifts. The first registers sum, those after them hold 16 codes
// of each row of A, and a vector of B for each 4 columns.
type int8NEON struct {
	arm
	level *isa
	shape
}

// int8ShapesNEON are the shapes of tiles.
var int8ShapesNEON = []shape{{1, 32}, {1, 16}, {2, 16}, {3, 16}, {4, 16}}

// The registers after those of B's vectors, and the bytes of a step of a panel of B.
const (
	signBits = 31 // the first bit of each byte
	momentA  = 28
	momentB  = 29
	momentC  = 30
	int8Step = 128
)

func (t int8NEON) vectors() int { return t.columns / 4 }

func (t int8NEON) sum(r, v int) int { return t.vectors()*r + v }

func (t int8NEON) a(r int) int { return t.rows*t.vectors() + r }

func (t int8NEON) b(v int) int { return t.a(t.rows) + v }

func (t int8NEON) name() string {
	return t.function(product{symbol: "int8Tile"}, t.level)
}

func (t int8NEON) write() {
	fmt.Fprintf(t.text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-96\n", t.name(), int8Parameters, t.name())
	t.line("MOVD rows+56(FP), R8")
	t.line("MOVD header+64(FP), R9")
	t.bytes(signBits, 0x80)
	t.start()
	t.line("MOVD a+16(FP), R4")
	t.line("MOVD lda+24(FP), R3")
	for r := 1; r < t.rows; r++ {
		t.line("ADD R3, R%d, R%d", 3+r, 4+r)
	}
	t.line("MOVD b+32(FP), R0")
	t.line("MOVD k+40(FP), R1")
	t.line("MOVD next+80(FP), R10")
	t.line("MOVD pace+88(FP), R11")
	t.line("ADD $3, R1")
	t.line("LSR $2, R1")
	t.line("SUBS $4, R1")
	t.line("BLT rest")
	fmt.Fprint(t.text, "\nfour:\n")
	t.steps(4)
	t.line("SUBS $4, R1")
	t.line("BGE four")
	fmt.Fprint(t.text, "\nrest:\n")
	t.line("ADDS $4, R1")
	t.line("BEQ end")
	fmt.Fprint(t.text, "\none:\n")
	t.steps(1)
	t.line("SUBS $1, R1")
	t.line("BNE one")
	fmt.Fprint(t.text, "\nend:\n")
	t.finish()
	t.line("RET")
}

// start sets the sums to those of B's codes times the shifts.
func (t int8NEON) start() {
	t.word(0x4F040400|momentA, "movi v%d.4s, #128", momentA)
	for r := range t.rows {
		t.transfer(loadS, "ldr", t.a(r), 8, 8*r+4, 4)
		t.three(0x4EA08400, "add", t.a(r), t.a(r), momentA)
	}
	for v := range t.vectors() {
		t.transfer(loadQ, "ldr", t.b(v), 9, int8Sums+16*v, 16)
		for r := range t.rows {
			t.byLane(0x4F808000, "mul", t.sum(r, v), t.b(v), t.a(r), 0)
		}
	}
}

// steps emits so many steps, of 4 codes each.
func (t int8NEON) steps(n int) {
	for r := range t.rows {
		if n == 4 {
			t.transfer(loadQ, "ldr", t.a(r), 4+r, 0, 16)
		} else {
			t.transfer(loadS, "ldr", t.a(r), 4+r, 0, 4)
		}
		t.line("ADD $%d, R%d", 4*n, 4+r)
		t.three(0x6E201C00, "eor", t.a(r), t.a(r), signBits)
	}
	for u := range n {
		for range t.columns / 16 {
			t.word(0xF9800000|10<<5, "prfm pldl1keep, [x10]")
			t.line("ADD R11, R10")
		}
		for v := range t.vectors() {
			t.transfer(loadQ, "ldr", t.b(v), 0, int8Step*u+16*v, 16)
		}
		for r := range t.rows {
			if t.level != neonDot {
				t.duplicate(momentA, t.a(r), u)
			}
			for v := range t.vectors() {
				if t.level == neonDot {
					t.sdot(t.sum(r, v), t.b(v), t.a(r), u)
				} else {
					t.addProducts(t.sum(r, v), t.b(v), momentA, momentB, momentC)
				}
			}
		}
	}
	t.line("ADD $%d, R0", int8Step*n)
}

// finish turns the sums to elements, and stores them.
func (t int8NEON) finish() {
	t.line("MOVD bias+72(FP), R12")
	t.line("MOVD c+0(FP), R13")
	t.line("MOVD ldc+8(FP), R14")
	for r := range t.rows {
		t.transfer(loadS, "ldr", t.a(r), 8, 8*r, 4)
		for v := range t.vectors() {
			s, scale, element := t.sum(r, v), momentA, momentB
			if r == 0 {
				t.transfer(loadQ, "ldr", t.b(v), 9, 16*v, 16)
			}
			t.transfer(loadQ, "ldr", element, 12, 16*v, 16)
			t.byLane(0x4F809000, "fmul", scale, t.b(v), t.a(r), 0)
			t.two(0x4E21D800, "scvtf", s, s)
			t.three(0x4E20CC00, "fmla", element, s, scale)
			t.transfer(storeQ, "str", element, 13, 16*v, 16)
		}
		t.line("ADD R14, R13")
	}
}

// int8FilesNEON adds the files of products of bytes on arm64.
func int8FilesNEON(files map[string]string) {
	var s, declarations strings.Builder
	s.WriteString(preamble("arm64"))
	s.WriteString("\nfunc gemmInt8(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {\n\tswitch integer {\n")
	s.WriteString("\tcase neon, neonDot:\n\t\tint8Tiles(4, 16, c, ldc, a, row, m, b, n, k, bias)\n")
	s.WriteString("\tdefault:\n\t\tgemmInt8Generic(c, ldc, a, row, m, b, n, k, bias)\n\t}\n}\n")
	fmt.Fprintf(&s, "\n// int8Whole computes a tile of whole columns of the given shape, rows + columns<<8, on\n// the active level.\nfunc int8Whole(shape int, %s) {\n\tswitch integer {\n", int8Parameters)
	for _, l := range neonBlocksLevels() {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tint8Tile%s(shape, %s)\n", l.constant, l.name, int8Arguments)
		fmt.Fprintf(&declarations, "\nfunc int8Tile%s(shape int, %s) {\n\tswitch shape {\n", l.name, int8Parameters)
		var text, stubs strings.Builder
		for _, shape := range int8ShapesNEON {
			t := int8NEON{arm{&text}, l.isa, shape}
			fmt.Fprintf(&declarations, "\tcase %d + %d<<8:\n\t\t%s(%s)\n", t.rows, t.columns, t.name(), int8Arguments)
			fmt.Fprintf(&stubs, "\n//go:noescape\nfunc %s(%s)\n", t.name(), int8Parameters)
			t.write()
		}
		declarations.WriteString("\t}\n}\n" + stubs.String())
		files["int8_"+l.file+"_arm64.s"] = assemblyHeader + text.String()
	}
	s.WriteString("\t}\n}\n" + declarations.String())
	files["int8_arm64.go"] = s.String()
}
