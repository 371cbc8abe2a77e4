package main

import (
	"fmt"
	"strings"
)

// upperHalf is the register of a mask of the upper halves of lanes.
const upperHalf = 31

// gemmTileNEON emits a tile of whole columns; Go copies a narrower one. The first
// registers sum, those after them hold B and 4 elements of each row of A.
func gemmTileNEON(text *strings.Builder, p product, tile shape) {
	m := arm{text}
	rows, vectors := tile.rows, tile.columns/4
	b := rows * vectors
	a := b + vectors
	fmt.Fprintf(text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-80\n", tile.function(p, neon), gemmParameters, tile.function(p, neon))
	m.line("MOVD c+0(FP), R1")
	m.line("MOVD ldc+8(FP), R2")
	m.line("MOVD a+16(FP), R4")
	m.line("MOVD lda+24(FP), R3")
	m.line("MOVD b+32(FP), R0")
	m.line("MOVD k+40(FP), R9")
	m.line("MOVD load+56(FP), R10")
	for r := 1; r < rows; r++ {
		m.line("ADD R3, R%d, R%d", 3+r, 4+r)
	}
	if p.kind == "productBF16" {
		m.word(0x6F07E7E0|upperHalf, "movi v%d.2d, #-1", upperHalf)
		m.shiftLanes(16, upperHalf)
	}
	m.line("CBNZ R10, start")
	for i := range vectors * rows {
		m.three(0x6E201C00, "eor", i, i, i)
	}
	m.line("B sum")
	fmt.Fprint(text, "\nstart:\n")
	m.tileOfC(tile, loadQ, "ldr")
	fmt.Fprint(text, "\nsum:\n")
	m.line("SUBS $4, R9")
	m.line("BLT rest")
	fmt.Fprint(text, "\nfour:\n")
	for r := range rows {
		m.transfer(loadQ, "ldr", a+r, 4+r, 0, 16)
		m.line("ADD $16, R%d", 4+r)
	}
	for u := range 4 {
		m.loadB(p, tile, b, u)
		m.products(tile, a, b, u)
	}
	m.line("ADD $%d, R0", 4*p.bytes/p.elements)
	m.line("SUBS $4, R9")
	m.line("BGE four")
	fmt.Fprint(text, "\nrest:\n")
	m.line("ADDS $4, R9")
	m.line("BEQ end")
	m.remainder(p, tile, a, b)
	fmt.Fprint(text, "\nend:\n")
	m.tileOfC(tile, storeQ, "str")
	m.line("RET")
}

// remainder emits the last R9 elements of each row, fewer than 4.
func (m arm) remainder(p product, tile shape, a, b int) {
	fmt.Fprint(m.text, "\none:\n")
	for u := range p.elements {
		for r := range tile.rows {
			m.line("FMOVS.P 4(R%d), F%d", 4+r, a+r)
		}
		m.loadB(p, tile, b, u)
		m.products(tile, a, b, 0)
		if u < p.elements-1 {
			m.line("SUBS $1, R9")
			m.line("BEQ end")
		}
	}
	m.line("ADD $%d, R0", p.bytes)
	m.line("SUBS $1, R9")
	m.line("BNE one")
}

// loadB loads what element u of each row of A is multiplied by, R0 being at an element
// that a step begins with.
func (m arm) loadB(p product, tile shape, b, u int) {
	at := u / p.elements * p.bytes
	for j := range tile.columns / 4 {
		switch {
		case p.kind == "productF16":
			m.transfer(loadD, "ldr", b+j, 0, at+8*j, 8)
			m.two(0x0E217800, "fcvtl (4h)", b+j, b+j)
		case p.kind == "productBF16" && u%2 == 0:
			m.transfer(loadQ, "ldr", b+j, 0, at+16*j, 16)
			m.shiftLanes(16, b+j)
		case p.kind == "productBF16": // without the lower half
			m.transfer(loadQ, "ldr", b+j, 0, at+16*j, 16)
			m.three(0x4E201C00, "and", b+j, b+j, upperHalf)
		default:
			m.transfer(loadQ, "ldr", b+j, 0, at+16*j, 16)
		}
	}
}

// products emits the multiply-adds by lane u of each row of A.
func (m arm) products(tile shape, a, b, u int) {
	vectors := tile.columns / 4
	for r := range tile.rows {
		for j := range vectors {
			d, n, p := vectors*r+j, b+j, a+r
			code := 0x4F801000 | uint32(u&1)<<21 | uint32(p)<<16 | uint32(u>>1)<<11 | uint32(n)<<5 | uint32(d)
			m.word(code, "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, p, u)
		}
	}
}

// tileOfC emits the loads or the stores of a tile, R1 moving down its rows from C.
func (m arm) tileOfC(tile shape, code uint32, mnemonic string) {
	vectors := tile.columns / 4
	m.line("MOVD R1, R11")
	for r := range tile.rows {
		for j := range vectors {
			m.transfer(code, mnemonic, vectors*r+j, 11, 16*j, 16)
		}
		m.line("ADD R2, R11")
	}
}
