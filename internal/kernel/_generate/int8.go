package main

import (
	"fmt"
	"strings"
)

// Products of bytes: unsigned ones of A by signed ones of B, 4 of each a step. The
// tiles are those of the other products; their functions are
//
//	func int8Tile⟨rows⟩x⟨columns⟩⟨level⟩(c *float32, ldc int, a *byte, lda int, b *byte, k, n int, rows *int8Row, header *byte, bias *float32, next uintptr, pace int)
//
// with the scale and the shift of each of A's rows at rows, and the scales and sums of
// B's columns at header. All but rows point to what is the tile's first.
const (
	int8Parameters = "c *float32, ldc int, a *byte, lda int, b *byte, k, n int, rows *int8Row, header *byte, bias *float32, next uintptr, pace int"
	int8Arguments  = "c, ldc, a, lda, b, k, n, rows, header, bias, next, pace"
	int8Sums       = 128 // from a column's scale to its sum
)

// An int8Level is a level of products of bytes: it has an instruction for them, or
// those of B are widened, and those of A are wide already.
type int8Level struct {
	*isa
	constant string // of package kernel
	rows     int    // of the largest tile
	product  product
}

var avxVNNI = &isa{"AVXVNNI", "avxvnni", 8, 16, "Y"}

func int8Levels() []int8Level {
	dots := product{symbol: "int8Tile", halves: 1, bytes: 128, elements: 4, load: loadWhole}
	dots.multiply = func(w x86, b, x, acc int) {
		if w.width == 16 {
			w.line("VPDPBUSD %s, %s, %s", w.name(b), w.name(x), w.name(acc))
		} else {
			w.vex(0x50, prefix66, acc, x, b, "VPDPBUSD")
		}
	}
	wide := dots
	wide.split, wide.load, wide.multiply = true, loadSplit, multiplySplit
	return []int8Level{
		{avx2, "avx2", 4, wide}, {avxVNNI, "avxVNNI", 6, dots}, {avx512, "avx512", 12, wide}, {avx512VNNI, "avx512VNNI", 14, dots},
	}
}

// loadSplit loads signed bytes as two vectors of 16 bits: those at even places and
// those at odd ones.
func loadSplit(w x86, _ int, at string, to int) {
	even, odd := w.name(to), w.name(to+1)
	move := "VMOVDQU"
	if w.width == 16 {
		move = "VMOVDQU64"
	}
	w.line("%s %s, %s", move, at, odd)
	w.line("VPSLLW $8, %s, %s", odd, even)
	w.line("VPSRAW $8, %s, %s", even, even)
	w.line("VPSRAW $8, %s, %s", odd, odd)
}

// multiplySplit adds the products of what was split.
func multiplySplit(w x86, b, x, acc int) {
	moment, sum := w.name(x-2), w.name(acc)
	for odd := range 2 {
		w.line("VPMADDWD %s, %s, %s", w.name(b+odd), w.name(x-odd), moment)
		w.line("VPADDD %s, %s, %s", moment, sum, sum)
	}
}

// tiles returns the shapes of a level's tiles.
func (l int8Level) tiles() (all []shape) {
	columns := 2 * l.width
	if columns < 32 {
		all = append(all, shape{1, 32})
	}
	for rows := 1; rows <= l.rows; rows++ {
		all = append(all, shape{rows, columns})
	}
	return all
}

// write emits a tile.
func (l int8Level) write(text *strings.Builder, s shape) {
	t := tileX86{x86{isa: l.isa, text: text}, l.product, s, s.columns / l.width}
	name := s.function(l.product, l.isa)
	fmt.Fprintf(text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-96\n", name, int8Parameters, name)
	t.line("MOVQ rows+56(FP), R8")
	t.line("MOVQ header+64(FP), AX")
	t.each(func(r, i int) {
		acc := t.name(t.acc(r, i))
		if t.width == 16 {
			if r == 0 {
				t.line("VMOVDQU32 %d(AX), %s", int8Sums+64*i, t.name(t.b(i)))
			}
			t.line("VPMULLD.BCST %d(R8), %s, %s", 8*r+4, t.name(t.b(i)), acc)
		} else {
			t.line("VPBROADCASTD %d(R8), %s", 8*r+4, acc)
			t.line("VPMULLD %d(AX), %s, %s", int8Sums+32*i, acc, acc)
		}
	})
	t.own()
	t.line("MOVQ a+16(FP), SI")
	t.line("MOVQ b+32(FP), BX")
	t.line("MOVQ k+40(FP), CX")
	t.line("MOVQ next+80(FP), R14")
	t.line("MOVQ pace+88(FP), R15")
	setBases(t.x86, rowsA, "lda+24(FP)", t.rows)
	t.sum()
	t.columnMasks()
	t.line("MOVQ rows+56(FP), R8")
	t.line("MOVQ header+64(FP), AX")
	t.line("MOVQ bias+72(FP), SI")
	t.finish()
	t.line("MOVQ c+0(FP), DI")
	setBases(t.x86, rowsC, "ldc+8(FP)", t.rows)
	t.store()
}

// finish emits what turns the sums of integers to elements.
func (t tileX86) finish() {
	scale, bias, product := t.b(0), t.b(0)+1, t.regs-1
	for i := range t.vectors {
		t.line("VMOVUPS %d(AX), %s", 4*t.width*i, t.name(scale))
		if t.width == 16 {
			t.line("VMOVUPS.Z %d(SI), K%d, %s", 64*i, i+1, t.name(bias))
		} else {
			t.line("VMOVUPS %d(DX), %s", 32*i, t.name(bias))
			t.line("VMASKMOVPS %d(SI), %s, %s", 32*i, t.name(bias), t.name(bias))
		}
		for r := range t.rows {
			acc := t.name(t.acc(r, i))
			t.line("VBROADCASTSS %d(R8), %s", 8*r, t.name(product))
			t.line("VMULPS %s, %s, %s", t.name(scale), t.name(product), t.name(product))
			t.line("VCVTDQ2PS %s, %s", acc, acc)
			t.line("VFMADD213PS %s, %s, %s", t.name(bias), t.name(product), acc)
		}
	}
}

// each calls f for each sum of a tile.
func (t tileX86) each(f func(r, i int)) {
	for r := range t.rows {
		for i := range t.vectors {
			f(r, i)
		}
	}
}

// int8Files adds the files of products of bytes.
func int8Files(files map[string]string) {
	var s, declarations strings.Builder
	s.WriteString(preamble("amd64"))
	s.WriteString("\nfunc gemmInt8(c []float32, ldc int, a *Int8Rows, row, m int, b []byte, n, k int, bias []float32) {\n\tswitch integer {\n")
	for _, l := range int8Levels() {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tint8Tiles(%d, %d, c, ldc, a, row, m, b, n, k, bias)\n", l.constant, l.rows, 2*l.width)
	}
	s.WriteString("\tdefault:\n\t\tgemmInt8Generic(c, ldc, a, row, m, b, n, k, bias)\n\t}\n}\n")
	fmt.Fprintf(&s, "\n// int8Tile computes a tile of the given shape, rows + columns<<8, on the active level.\nfunc int8Tile(shape int, %s) {\n\tswitch integer {\n", int8Parameters)
	for _, l := range int8Levels() {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tint8Tile%s(shape, %s)\n", l.constant, l.name, int8Arguments)
		fmt.Fprintf(&declarations, "\nfunc int8Tile%s(shape int, %s) {\n\tswitch shape {\n", l.name, int8Parameters)
		var text, stubs strings.Builder
		for _, t := range l.tiles() {
			l.write(&text, t)
			name := t.function(l.product, l.isa)
			fmt.Fprintf(&declarations, "\tcase %d + %d<<8:\n\t\t%s(%s)\n", t.rows, t.columns, name, int8Arguments)
			fmt.Fprintf(&stubs, "\n//go:noescape\nfunc %s(%s)\n", name, int8Parameters)
		}
		declarations.WriteString("\t}\n}\n" + stubs.String())
		if l.isa == avx2 || l.isa == avx512 {
			bytesRow(&text, l.isa)
		}
		files["int8_"+l.file+"_amd64.s"] = header + "//go:build !purego\n\n#include \"textflag.h\"\n" + text.String() + tails(l.isa)
	}
	s.WriteString("\t}\n}\n" + declarations.String())
	files["int8_amd64.go"] = s.String()
}
