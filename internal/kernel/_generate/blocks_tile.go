package main

import (
	"fmt"
	"slices"
	"strings"
)

// A blocksTile writes one function. Panel p is at the register panels[p]; row r of the
// activations is reached from the bases. The weights of 16 rows are a vector of a
// panel each, or two vectors of 256 bits of the one panel there then is.
type blocksTile struct {
	x86
	level   blocksLevel
	format  blockFormat
	rows    int
	panels  []string
	bases   []string
	vectors int
	// Registers: sums of products of codes, the elements, a vector of weights or of
	// scales for each vector, and others for a moment. Without an instruction for
	// products of bytes, there are further sums, of 16 bits.
	dot, sum, element func(r, v int) string
	weights           func(v int) string
	moment            [3]string
	constants         []uint32
	firstConstant     int
	table             string           // the register of the table that a format has
	free              int              // the first register that is free
	held              map[int][]string // vectors of the block that are in registers

	// Of such levels: the vector that dots loads, where the sums start and how many
	// products have been added to those of 16 bits.
	pending     int
	begin       [2]int
	added       int
	accumulated bool
}

func (t *blocksTile) name() string {
	return fmt.Sprintf("%sTile%dx%d%s", t.format.name, t.rows, 16*len(t.panels), t.isa.name)
}

// newBlocksTile assigns the registers.
func newBlocksTile(l blocksLevel, text *strings.Builder, f blockFormat, rows, panels int) *blocksTile {
	w := x86{isa: l.isa, text: text}
	if !l.dots && f.shortMasks != nil {
		f.masks = f.shortMasks
	}
	t := &blocksTile{
		x86: w, level: l, format: f, rows: rows, vectors: panels * 16 / l.width,
		panels: []string{"BX", "R14"}[:panels], bases: []string{"SI", "R10", "R11"},
		constants: f.masks, held: map[int][]string{}, pending: -1,
	}
	next := 0
	several := func() func(r, v int) string {
		first := next
		next += rows * t.vectors
		return func(r, v int) string { return w.name(first + r*t.vectors + v) }
	}
	t.dot = several()
	if l.sums(f) == 2 {
		t.sum = several()
	}
	first := next
	t.weights = func(v int) string { return w.name(first + v) }
	next += max(t.vectors, 2)
	for i := range t.moment {
		if i < 2 || !l.dots && f.bits > 6 {
			t.moment[i] = w.name(next)
			next++
		}
	}
	if next+rows*t.vectors <= l.regs && !(f.hasTable() && t.width < 16) {
		t.element = several()
	}
	t.firstConstant = next
	if !l.dots {
		for _, bits := range []uint32{low4, ones, sixteens} {
			if !slices.Contains(t.constants, bits) {
				t.constants = append(slices.Clip(t.constants), bits)
			}
		}
	}
	t.free = t.firstConstant
	if t.width == 16 {
		t.free += len(t.constants)
	}
	if f.hasTable() {
		t.table = w.name(t.free)
		t.free++
	}
	return t
}

// Constants of levels that have no instruction for products of bytes.
const (
	low4     = 0x0f0f0f0f
	ones     = 0x00010001
	sixteens = 0x00100010
)

// constant returns the operand of a constant: a register, or memory on levels that have
// few registers.
func (t *blocksTile) constant(bits uint32) string {
	if t.width < 16 {
		return fmt.Sprintf("constants%s<>+%d(SB)", t.isa.name, constAt(bits))
	}
	return t.x86.name(t.firstConstant + slices.Index(t.constants, bits))
}

// mask returns the operand of one of the format's masks.
func (t *blocksTile) mask(i int) string { return t.constant(t.format.masks[i]) }

// at returns the operand at a byte of the block of row r of the activations.
func (t *blocksTile) at(r, byte int) string { return rowAddress(t.bases, r, byte) }

// address returns the operand of vector v of what is at a byte of the block, and has
// some bytes for each of the 16 rows.
func (t *blocksTile) address(byte, v, each int) string {
	return t.from(t.panels, byte, v, each)
}

// from does so for blocks, or their heads, at other registers.
func (t *blocksTile) from(bases []string, byte, v, each int) string {
	if t.width < 16 {
		return fmt.Sprintf("%d(%s)", byte+8*each*v, bases[0])
	}
	return fmt.Sprintf("%d(%s)", byte, bases[v])
}

// each calls f for every row and vector.
func (t *blocksTile) each(f func(r, v int)) {
	for r := range t.rows {
		for v := range t.vectors {
			f(r, v)
		}
	}
}

// slot returns where an element is on levels that have few registers.
func (t *blocksTile) slot(r, v int) string { return fmt.Sprintf("%d(SP)", 64*r+32*v) }

// write emits the function.
func (t *blocksTile) write() {
	flags, frame := "NOSPLIT", 0
	if t.element == nil {
		flags, frame = "0", 64*t.rows
	}
	fmt.Fprintf(t.text, "\n// func %s(%s)\nTEXT ·%s(SB), %s, $%d-72\n", t.name(), blocksParameters, t.name(), flags, frame)
	t.line("MOVQ b+32(FP), BX")
	t.line("MOVQ panels+48(FP), DX")
	t.line("MOVQ ahead+64(FP), R15")
	t.line("ADDQ BX, R15")
	if t.width == 16 {
		t.masks()
		for i, bits := range t.constants {
			t.line("MOVL $0x%08x, AX", bits)
			t.line("VPBROADCASTD AX, %s", t.x86.name(t.firstConstant+i))
		}
	}
	if t.table != "" {
		t.line("%s codes<>(SB), %s", map[int]string{8: "VBROADCASTI128", 16: "VBROADCASTI32X4"}[t.width], t.table)
	}
	if len(t.panels) == 2 {
		t.line("MOVQ blocks+40(FP), R14")
		t.line("IMULQ $%d, R14", t.format.bytes())
		t.line("ADDQ BX, R14")
	}
	t.line("MOVQ c+0(FP), DI")
	fmt.Fprint(t.text, "\npanel:\n")
	t.clear()
	t.line("MOVQ a+16(FP), SI")
	setBases(t.x86, t.bases, "lda+24(FP)", t.rows)
	t.line("MOVQ blocks+40(FP), CX")
	fmt.Fprint(t.text, "\nblock:\n")
	t.units()
	t.fetch(t.format.size)
	t.format.body(t)
	for _, p := range t.panels {
		t.line("ADDQ $%d, %s", t.format.size, p)
	}
	for i := 0; 5*i < t.rows; i++ {
		t.line("ADDQ $%d, %s", t.format.values/32*activationSize, t.bases[i])
	}
	if t.format.units > 1 {
		t.line("ADDQ $%d, AX", t.format.step)
		t.line("JNZ unit")
	}
	t.line("DECQ CX")
	t.line("JNZ block")
	t.store()
	if len(t.panels) == 1 {
		t.line("ADDQ $64, DI")
		t.line("DECQ DX")
		t.line("JNZ panel")
	}
	t.line("VZEROUPPER")
	t.line("RET")
}

// clear sets the elements to 0.
func (t *blocksTile) clear() {
	if t.element == nil {
		t.line("VXORPS Y0, Y0, Y0")
	}
	t.each(func(r, v int) {
		if t.element == nil {
			t.line("VMOVUPS Y0, %s", t.slot(r, v))
			return
		}
		e := t.element(r, v)
		t.line("VXORPS %s, %s, %s", e, e, e)
	})
}

// store writes the elements to C.
func (t *blocksTile) store() {
	bases := []string{"DI", "R8", "R9"}
	setBases(t.x86, bases, "ldc+8(FP)", t.rows)
	if t.width < 16 {
		t.line("LEAQ tails<>+128(SB), AX")
		t.line("MOVQ n+56(FP), CX")
		t.line("SHLQ $2, CX")
		t.line("SUBQ CX, AX")
		t.line("VMOVUPS (AX), %s", t.dot(0, 0))
		t.line("VMOVUPS 32(AX), %s", t.dot(0, 1))
	}
	t.each(func(r, v int) {
		if t.width == 16 {
			t.line("VMOVUPS %s, K%d, %s", t.element(r, v), v+1, rowAddress(bases, r, 64*v))
			return
		}
		e := t.weights(0)
		if t.element != nil {
			e = t.element(r, v)
		} else {
			t.line("VMOVUPS %s, %s", t.slot(r, v), e)
		}
		t.line("VMASKMOVPS %s, %s, %s", e, t.dot(0, v), rowAddress(bases, r, 32*v))
	})
}

// units emits the beginning of the loop over a block's units, if there are several: R8
// and R9 keep the heads.
func (t *blocksTile) units() {
	if t.format.units == 1 {
		return
	}
	t.fetch(t.format.head)
	for p, base := range t.panels {
		t.line("MOVQ %s, %s", base, []string{"R8", "R9"}[p])
		t.line("ADDQ $%d, %s", t.format.head, base)
	}
	t.format.super.loadHeads(t)
	t.line("MOVQ $%d, AX", -t.format.units*t.format.step)
	fmt.Fprint(t.text, "\nunit:\n")
}

// fetch fetches the next bytes ahead into the cache.
func (t *blocksTile) fetch(bytes int) {
	for i := 0; i < bytes; i += 64 {
		t.line("PREFETCHT0 %d(R15)", i)
	}
	t.line("ADDQ $%d, R15", bytes)
}

// masks emits what leaves the masks of the columns to write in K1 and K2.
func (t *blocksTile) masks() {
	t.line("MOVQ $-1, AX")
	t.line("MOVQ n+56(FP), CX")
	t.line("SHLQ CX, AX")
	t.line("NOTQ AX")
	t.line("KMOVW AX, K1")
	t.line("SHRQ $16, AX")
	t.line("KMOVW AX, K2")
}
