package main

import (
	"fmt"
	"strings"
)

// A tile of C is as many rows as the registers allow, and 32 columns (AVX-512) or 16.
// Every level has tiles of a whole panel too, of one and of two rows, with which B is
// read in order: few rows are bound by the speed of memory. The functions are
//
//	func gemm⟨rows⟩x⟨columns⟩⟨level⟩(c *float32, ldc int, a *float32, lda int, b *float32, k, n, load int)
//
// ldc and lda are in bytes; n is the number of columns to write; load tells to start
// from C. B points to the tile's first column in its panel.
const gemmParameters = "c *float32, ldc int, a *float32, lda int, b *float32, k, n, load int"

// tileRows returns the rows of the largest tile.
func tileRows(m *isa) int {
	switch m {
	case avx512:
		return 14
	case avx2:
		return 6
	}
	return 4
}

// tileColumns returns the columns of a tile.
func tileColumns(m *isa) int {
	if m == avx512 {
		return 32
	}
	return 16
}

// A shape is the size of a tile.
type shape struct{ rows, columns int }

func (s shape) function(m *isa) string { return fmt.Sprintf("gemm%dx%d%s", s.rows, s.columns, m.name) }

// shapes returns all tiles of a level.
func shapes(m *isa) (all []shape) {
	if tileColumns(m) < 32 {
		all = append(all, shape{1, 32}, shape{2, 32})
	}
	for rows := 1; rows <= tileRows(m); rows++ {
		all = append(all, shape{rows, tileColumns(m)})
	}
	return all
}

// gemmText returns the text of all tiles of a level.
func gemmText(m *isa) string {
	var text strings.Builder
	for _, s := range shapes(m) {
		if m == neon {
			gemmTileNEON(&text, s)
		} else {
			gemmTileX86(m, &text, s)
		}
	}
	return text.String()
}

// rowAddress returns the operand of element k of a row of A, or the first of C. The
// bases are 5 rows apart: base, base+5ld and base+10ld, with ld in R12 and 3ld in R13.
func rowAddress(bases []string, row, displacement int) string {
	return fmt.Sprintf("%d(%s)%s", displacement, bases[row/5], []string{"", "(R12*1)", "(R12*2)", "(R13*1)", "(R12*4)"}[row%5])
}

// setBases emits what sets the bases from the first, and the multiples of ld.
func setBases(w x86, bases []string, ld string, rows int) {
	w.line("MOVQ %s, R12", ld)
	w.line("LEAQ (R12)(R12*2), R13")
	for i := 1; 5*i < rows; i++ {
		w.line("LEAQ (%s)(R12*4), %s", bases[i-1], bases[i])
		w.line("ADDQ R12, %s", bases[i])
	}
}

func gemmTileX86(m *isa, text *strings.Builder, tile shape) {
	w := x86{isa: m, text: text}
	rows, vectors := tile.rows, tile.columns/m.width
	acc := func(row, i int) string { return w.name(vectors*row + i) }
	var b []string
	for i := range vectors {
		b = append(b, w.name(vectors*rows+i))
	}
	broadcast := []string{w.name(m.regs - 1), w.name(m.regs - 2)}
	vector := 4 * m.width
	fmt.Fprintf(text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-64\n", tile.function(m), gemmParameters, tile.function(m))
	rowsC := []string{"DI", "R8", "R9"}
	rowsA := []string{"SI", "R10", "R11"}
	w.line("MOVQ c+0(FP), DI")
	w.line("MOVQ a+16(FP), SI")
	w.line("MOVQ b+32(FP), BX")
	w.line("MOVQ k+40(FP), CX")
	w.columnMasks()
	w.line("CMPQ load+56(FP), $0")
	w.line("JNE start")
	for r := range rows {
		for i := range vectors {
			w.line("VXORPS %s, %s, %s", acc(r, i), acc(r, i), acc(r, i))
		}
	}
	w.line("JMP sum")
	fmt.Fprint(text, "\nstart:\n")
	setBases(w, rowsC, "ldc+8(FP)", rows)
	w.tileOfC(rows, rowsC, acc, b, true)
	fmt.Fprint(text, "\nsum:\n")
	setBases(w, rowsA, "lda+24(FP)", rows)
	step := func(u int) {
		for i := range vectors {
			w.line("VMOVUPS %d(BX), %s", 128*u+vector*i, b[i])
		}
		w.line("PREFETCHT0 %d(BX)", 128*u+2048)
		if tile.columns == 32 {
			w.line("PREFETCHT0 %d(BX)", 128*u+2048+64)
		}
		for r := range rows {
			x := broadcast[r%2]
			w.line("VBROADCASTSS %s, %s", rowAddress(rowsA, r, 4*u), x)
			for i := range vectors {
				w.line("VFMADD231PS %s, %s, %s", b[i], x, acc(r, i))
			}
		}
	}
	advance := func(n int) {
		w.line("ADDQ $%d, BX", 128*n)
		for i := 0; 5*i < rows; i++ {
			w.line("ADDQ $%d, %s", 4*n, rowsA[i])
		}
	}
	w.line("SUBQ $4, CX")
	w.line("JLT rest")
	fmt.Fprint(text, "\nfour:\n")
	for u := range 4 {
		step(u)
	}
	advance(4)
	w.line("SUBQ $4, CX")
	w.line("JGE four")
	fmt.Fprint(text, "\nrest:\n")
	w.line("ADDQ $4, CX")
	w.line("JZ end")
	fmt.Fprint(text, "\none:\n")
	step(0)
	advance(1)
	w.line("DECQ CX")
	w.line("JNZ one")
	fmt.Fprint(text, "\nend:\n")
	w.line("MOVQ c+0(FP), DI")
	setBases(w, rowsC, "ldc+8(FP)", rows)
	if m == avx2 { // whose masked stores are slow
		w.line("CMPQ n+48(FP), $%d", tile.columns)
		w.line("JNE narrow")
		for r := range rows {
			for i := range vectors {
				w.line("VMOVUPS %s, %s", acc(r, i), rowAddress(rowsC, r, vector*i))
			}
		}
		w.line("VZEROUPPER")
		w.line("RET")
		fmt.Fprint(text, "\nnarrow:\n")
	}
	w.tileOfC(rows, rowsC, acc, b, false)
	w.line("VZEROUPPER")
	w.line("RET")
}

// columnMasks emits what leaves the masks of the columns to write in K1 and K2, or
// the address of the masks in DX.
func (m x86) columnMasks() {
	if m.isa == avx512 {
		m.line("MOVL $32, CX")
		m.line("SUBQ n+48(FP), CX")
		m.line("MOVL $0xffffffff, DX")
		m.line("SHRL CX, DX")
		m.line("KMOVW DX, K1")
		m.line("SHRL $16, DX")
		m.line("KMOVW DX, K2")
		m.line("MOVQ k+40(FP), CX")
		return
	}
	m.line("LEAQ tails<>+128(SB), DX")
	m.line("MOVQ n+48(FP), AX")
	m.line("SHLQ $2, AX")
	m.line("SUBQ AX, DX")
}

// tileOfC emits the loads or the stores of the columns that the masks choose.
// AVX2 keeps the masks in the registers of B.
func (m x86) tileOfC(rows int, bases []string, acc func(row, i int) string, b []string, load bool) {
	masks := []string{"K1", "K2"}
	if m.isa == avx2 {
		masks = b
		for i := range b {
			m.line("VMOVUPS %d(DX), %s", 32*i, masks[i])
		}
	}
	for r := range rows {
		for h := range b {
			at := rowAddress(bases, r, 4*m.width*h)
			switch {
			case load && m.isa == avx512:
				m.line("VMOVUPS.Z %s, %s, %s", at, masks[h], acc(r, h))
			case load:
				m.line("VMASKMOVPS %s, %s, %s", at, masks[h], acc(r, h))
			case m.isa == avx512:
				m.line("VMOVUPS %s, %s, %s", acc(r, h), masks[h], at)
			default:
				m.line("VMASKMOVPS %s, %s, %s", acc(r, h), masks[h], at)
			}
		}
	}
}

// gemmTileNEON emits a tile of whole columns; Go copies a narrower one. The first
// registers sum, those after them hold B and 4 elements of each row of A.
func gemmTileNEON(text *strings.Builder, tile shape) {
	m := arm{text}
	rows, vectors := tile.rows, tile.columns/4
	b := rows * vectors
	a := b + vectors
	fmt.Fprintf(text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-64\n", tile.function(neon), gemmParameters, tile.function(neon))
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
		for j := range vectors {
			m.transfer(loadQ, "ldr", b+j, 0, 128*u+16*j, 16)
		}
		m.products(tile, a, b, u)
	}
	m.line("ADD $512, R0")
	m.line("SUBS $4, R9")
	m.line("BGE four")
	fmt.Fprint(text, "\nrest:\n")
	m.line("ADDS $4, R9")
	m.line("BEQ end")
	fmt.Fprint(text, "\none:\n")
	for r := range rows {
		m.line("FMOVS.P 4(R%d), F%d", 4+r, a+r)
	}
	for j := range vectors {
		m.transfer(loadQ, "ldr", b+j, 0, 16*j, 16)
	}
	m.products(tile, a, b, 0)
	m.line("ADD $128, R0")
	m.line("SUBS $1, R9")
	m.line("BNE one")
	fmt.Fprint(text, "\nend:\n")
	m.tileOfC(tile, storeQ, "str")
	m.line("RET")
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

// peak emits a loop of multiply-adds that depend on nothing but their own chain, which
// measures what the processor can do at most.
func peak(m *isa) string {
	var text strings.Builder
	if m != neon {
		turnsX86(&text, "peak"+m.name, m, func(w x86, r int) {
			w.line("VFMADD231PS %s, %s, %s", w.name(chains), w.name(chains), w.name(r))
		})
		return text.String()
	}
	turnsARM(&text, "peak"+m.name, func(w arm, r int) { w.three(0x4E20CC00, "fmla", r, chains, chains) })
	return text.String()
}
