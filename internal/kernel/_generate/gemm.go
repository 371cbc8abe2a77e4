package main

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// A tile of C is as many rows as the registers allow, and 32 columns (AVX-512) or 16.
// Every level has tiles of a whole panel too, of one and of two rows, with which B is
// read in order: few rows are bound by the speed of memory. The functions are
//
//	func ⟨product⟩⟨rows⟩x⟨columns⟩⟨level⟩(c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int)
//
// ldc and lda are in bytes; k counts elements of A's rows and n the columns to write;
// load tells to start from C. As the tile proceeds it prefetches what next points to,
// pace bytes further each time: once for every 64 bytes of B, or each step. B points to the tile's first column in its panel.
const (
	gemmParameters = "c *float32, ldc int, a unsafe.Pointer, lda int, b unsafe.Pointer, k, n, load int, next uintptr, pace int"
	gemmArguments  = "c, ldc, a, lda, b, k, n, load, next, pace"
)

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

func (s shape) function(p product, m *isa) string {
	return fmt.Sprintf("%s%dx%d%s", p.symbol, s.rows, s.columns, m.name)
}

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
	for _, p := range products() {
		if !slices.Contains(p.levels, m) {
			continue
		}
		for _, s := range shapes(m) {
			if m == neon {
				gemmTileNEON(&text, p, s)
			} else {
				gemmTileX86(m, &text, p, s)
			}
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

// A tileX86 emits a tile of a product. The first registers sum, those after them hold
// B and the last a number of A.
type tileX86 struct {
	x86
	product
	shape
	vectors int // of a row of the tile
}

// acc returns the register of a sum.
func (t tileX86) acc(row, i int) int { return t.vectors*row + i }

// b returns the register of vector i of B, or the first of two.
func (t tileX86) b(i int) int {
	if t.split {
		i *= 2
	}
	return t.vectors*t.rows + i
}

// rowsC and rowsA are the registers of the bases of a tile's rows.
var (
	rowsC = []string{"DI", "R8", "R9"}
	rowsA = []string{"SI", "R10", "R11"}
)

func gemmTileX86(m *isa, text *strings.Builder, p product, s shape) {
	t := tileX86{x86{isa: m, text: text}, p, s, s.columns / m.width}
	fmt.Fprintf(text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-80\n", s.function(p, m), gemmParameters, s.function(p, m))
	t.line("MOVQ c+0(FP), DI")
	t.line("MOVQ a+16(FP), SI")
	t.line("MOVQ b+32(FP), BX")
	t.columnMasks()
	t.line("MOVQ k+40(FP), CX")
	t.line("CMPQ load+56(FP), $0")
	t.line("JNE start")
	t.own()
	t.clear()
	t.line("JMP sum")
	fmt.Fprint(text, "\nstart:\n")
	setBases(t.x86, rowsC, "ldc+8(FP)", t.rows)
	t.tileOfC(true)
	fmt.Fprint(text, "\nsum:\n")
	setBases(t.x86, rowsA, "lda+24(FP)", t.rows)
	t.line("MOVQ next+64(FP), R14")
	t.line("MOVQ pace+72(FP), R15")
	t.sum()
	t.line("MOVQ c+0(FP), DI")
	setBases(t.x86, rowsC, "ldc+8(FP)", t.rows)
	t.store()
}

// own emits what fetches the lines of C that will be written, to own them: another
// thread may have had them last, and a tile of few steps would wait.
func (t tileX86) own() {
	t.line("MOVQ c+0(FP), DI")
	setBases(t.x86, rowsC, "ldc+8(FP)", t.rows)
	for r := range t.rows {
		for at := 0; at < 4*t.columns; at += 64 {
			t.line("LEAQ %s, AX", rowAddress(rowsC, r, at))
			t.encoded([]int{0x0F, 0x0D, 0x08}, "PREFETCHW (AX)")
		}
	}
}

// store emits what stores a tile and returns.
func (t tileX86) store() {
	if t.width == 8 { // AVX2, whose masked stores are slow
		t.line("CMPQ n+48(FP), $%d", t.columns)
		t.line("JNE narrow")
		for r := range t.rows {
			for i := range t.vectors {
				t.line("VMOVUPS %s, %s", t.name(t.acc(r, i)), rowAddress(rowsC, r, 4*t.width*i))
			}
		}
		t.line("VZEROUPPER")
		t.line("RET")
		fmt.Fprint(t.text, "\nnarrow:\n")
	}
	t.tileOfC(false)
	t.line("VZEROUPPER")
	t.line("RET")
}

// clear emits what sets the sums to 0.
func (t tileX86) clear() {
	for i := range t.rows * t.vectors {
		x := t.name(i)
		t.line("VXORPS %s, %s, %s", x, x, x)
	}
}

// sum emits the loop over the CX elements of A's rows at SI and of B at BX.
func (t tileX86) sum() {
	per := t.elements
	if t.halves == 1 && per > 1 { // CX counts steps
		t.line("ADDQ $%d, CX", per-1)
		t.line("SHRQ $%d, CX", bits.Len(uint(per-1)))
		per = 1
	}
	if t.halves == 2 {
		t.upperHalves()
	}
	unroll := 4 / per
	t.line("SUBQ $4, CX")
	t.line("JLT rest")
	fmt.Fprint(t.text, "\nfour:\n")
	for u := range unroll {
		t.step(u, t.halves)
	}
	t.advance(unroll)
	t.line("SUBQ $4, CX")
	t.line("JGE four")
	fmt.Fprint(t.text, "\nrest:\n")
	t.line("ADDQ $%d, CX", 4-per)
	t.line("JLT end")
	fmt.Fprint(t.text, "\none:\n")
	t.step(0, t.halves)
	t.advance(1)
	t.line("SUBQ $%d, CX", per)
	t.line("JGE one")
	fmt.Fprint(t.text, "\nend:\n")
	if t.halves == 2 { // an odd element
		t.line("ADDQ $2, CX")
		t.line("JLE whole")
		t.step(0, 1)
		fmt.Fprint(t.text, "\nwhole:\n")
	}
}

// step emits step u of the sum, or its first half only.
func (t tileX86) step(u, halves int) {
	x := t.regs - 1
	for half := range halves {
		for i := range t.vectors {
			t.load(t.x86, half, fmt.Sprintf("%d(BX)", t.bytes*u+t.bytes/32*t.width*i), t.b(i))
		}
		if half == 0 {
			for range max(1, t.bytes*t.columns/32/64) {
				t.line("PREFETCHT0 (R14)")
				t.line("ADDQ R15, R14")
			}
		}
		for r := range t.rows {
			at := 4*half + t.stepOfA()*u
			t.line("VBROADCASTSS %s, %s", rowAddress(rowsA, r, at), t.name(x))
			if t.split {
				t.line("VBROADCASTSS %s, %s", rowAddress(rowsA, r, at+4), t.name(x-1))
			}
			for i := range t.vectors {
				t.multiply(t.x86, t.b(i), x, t.acc(r, i))
			}
		}
	}
}

// stepOfA returns the bytes of a row of A that a step takes.
func (t tileX86) stepOfA() int {
	if t.split {
		return 8
	}
	return 4 * t.halves
}

// advance moves B and A's rows on by n steps.
func (t tileX86) advance(n int) {
	t.line("ADDQ $%d, BX", t.bytes*n)
	for i := 0; 5*i < t.rows; i++ {
		t.line("ADDQ $%d, %s", t.stepOfA()*n, rowsA[i])
	}
}

// columnMasks emits what leaves the masks of the columns to write in K1 and K2, or
// the address of the masks in DX.
func (m x86) columnMasks() {
	if m.width == 16 {
		m.line("MOVL $32, CX")
		m.line("SUBQ n+48(FP), CX")
		m.line("MOVL $0xffffffff, DX")
		m.line("SHRL CX, DX")
		m.line("KMOVW DX, K1")
		m.line("SHRL $16, DX")
		m.line("KMOVW DX, K2")
		return
	}
	m.line("LEAQ tails<>+128(SB), DX")
	m.line("MOVQ n+48(FP), AX")
	m.line("SHLQ $2, AX")
	m.line("SUBQ AX, DX")
}

// tileOfC emits the loads or the stores of the columns that the masks choose.
// AVX2 keeps the masks in the registers of B.
func (t tileX86) tileOfC(load bool) {
	masks := []string{"K1", "K2"}
	if t.width == 8 {
		masks = nil
		for i := range t.vectors {
			masks = append(masks, t.name(t.b(0)+i))
			t.line("VMOVUPS %d(DX), %s", 32*i, masks[i])
		}
	}
	t.each(func(r, i int) {
		at, acc := rowAddress(rowsC, r, 4*t.width*i), t.name(t.acc(r, i))
		switch {
		case load && t.width == 16:
			t.line("VMOVUPS.Z %s, %s, %s", at, masks[i], acc)
		case load:
			t.line("VMASKMOVPS %s, %s, %s", at, masks[i], acc)
		case t.width == 16:
			t.line("VMOVUPS %s, %s, %s", acc, masks[i], at)
		default:
			t.line("VMASKMOVPS %s, %s, %s", acc, masks[i], at)
		}
	})
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
