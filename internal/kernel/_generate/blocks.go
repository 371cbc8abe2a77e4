package main

import (
	"fmt"
	"maps"
	"strings"
)

// Products of block-quantised weights. A tile is some rows of activations by a panel
// of 16 rows of weights, or by two panels that lie beside each other. The functions
// are
//
//	func ⟨format⟩Tile⟨rows⟩x⟨columns⟩⟨level⟩(c *float32, ldc int, a *activation, lda int, b *byte, blocks, panels, n, ahead int)
//
// ldc and lda are in bytes; blocks is the number of packed blocks of a panel. A tile
// of 16 columns is computed for panels that follow each other, n columns being written
// of each; one of 32 columns is computed once, and n columns of its 32 are written.
// As many bytes as one panel has are fetched into the cache, from ahead bytes past b.
const blocksParameters = "c *float32, ldc int, a *activation, lda int, b *byte, blocks, panels, n, ahead int"

// The layout of a block of activations, which package kernel declares.
const (
	activationScale  = 32
	activationStart  = 36
	activationHalves = 40
	activationTotal  = 48
	activationSize   = 52
)

// A blockFormat is a format of packed blocks, see the layouts in package kernel.
type blockFormat struct {
	name   string // in functions
	format string // the constant
	head   int    // bytes of a packed block of 16 rows before its units
	units  int
	size   int // bytes of a unit
	values int // of a unit
	masks  []uint32
	body   func(t *blocksTile) // emits a unit
	simple *simple             // one of the two
	super  *super
}

// bytes returns the bytes of a packed block of 16 rows.
func (f blockFormat) bytes() int { return f.head + f.units*f.size }

// blockFormats lists the formats that have kernels.
func blockFormats() []blockFormat {
	return []blockFormat{
		simple{offset: 0, halves: 1, words: 8}.format("q8", "FormatQ8_0"),
		simple{offset: 4, halves: 1, words: 4}.format("q4", "FormatQ4_0"),
		simple{offset: -1, halves: 2, words: 4}.format("q41", "FormatQ4_1"),
		simple{offset: 3, halves: 1, words: 4, high: true}.format("q5", "FormatQ5_0"),
		simple{offset: -1, halves: 2, words: 4, high: true}.format("q51", "FormatQ5_1"),
		super{}.format("q4k", "FormatQ4_K"),
		super{fifth: true}.format("q5k", "FormatQ5_K"),
		super{six: true}.format("q6k", "FormatQ6_K"),
	}
}

// simple describes a format of blocks of 32 values, as simpleBlocks does in package
// kernel. The codes' offset is 128 >> offset, or 0 for an offset below 0.
type simple struct {
	offset, halves, words int
	high                  bool
}

func (s simple) format(name, constant string) blockFormat {
	size := 32*s.halves + 64*s.words
	if s.high {
		size += 64
	}
	return blockFormat{name: name, format: constant, units: 1, size: size, values: 32, masks: []uint32{0x0f0f0f0f, 0x10101010}, body: s.body, simple: &s}
}

// body emits the block at the tile's pointers.
func (s simple) body(t *blocksTile) {
	t.start(activationStart, s.offset)
	codes := 32 * s.halves
	for c := range s.words {
		if s.words == 8 {
			t.load(codes + 64*c)
			t.dots(4 * c)
			continue
		}
		if c == 0 && s.high {
			t.hold(1, codes+64*s.words)
		}
		t.hold(0, codes+64*c)
		for high := range 2 {
			t.nibbles(codes+64*c, high == 1)
			if s.high {
				t.fifth(codes+64*s.words, c+4*high)
			}
			t.dots(4 * (c + 4*high))
		}
	}
	t.scales(0)
	t.add(activationScale)
	if s.halves == 2 {
		t.scales(32)
		t.addLowest(activationTotal)
	}
}

// A blocksTile writes one function. Its methods emit the parts of a block's body, and
// are what the formats are made of. Panel p is at the register panels[p]; row r of the
// activations is reached from the bases.
type blocksTile struct {
	x86
	format blockFormat
	rows   int
	panels []string
	bases  []string
	// Registers: sums of products of codes, the elements, a vector of weights or of
	// scales for each panel, and others for a moment.
	dot, element func(r, p int) string
	weights      func(p int) string
	moment       [2]string
	mask         func(i int) string // the format's masks, of which bytes 15 and 16 are the usual
	held         map[int]string     // vectors of the block that are in registers
}

func (t *blocksTile) name() string {
	return fmt.Sprintf("%sTile%dx%d%s", t.format.name, t.rows, 16*len(t.panels), t.isa.name)
}

// newBlocksTile assigns the registers.
func newBlocksTile(m *isa, text *strings.Builder, f blockFormat, rows, panels int) *blocksTile {
	w := x86{isa: m, text: text}
	n := rows * panels
	next := 2*n + panels
	return &blocksTile{
		x86: w, format: f, rows: rows,
		panels: []string{"BX", "R14"}[:panels], bases: []string{"SI", "R10", "R11"},
		dot:     func(r, p int) string { return w.name(r*panels + p) },
		element: func(r, p int) string { return w.name(n + r*panels + p) },
		weights: func(p int) string { return w.name(2*n + p) },
		moment:  [2]string{w.name(next), w.name(next + 1)},
		mask:    func(i int) string { return w.name(next + 2 + i) },
		held:    map[int]string{},
	}
}

// at returns the operand at a byte of the block of row r of the activations.
func (t *blocksTile) at(r, byte int) string { return rowAddress(t.bases, r, byte) }

// each calls f for every row and panel.
func (t *blocksTile) each(f func(r, p int)) {
	for r := range t.rows {
		for p := range t.panels {
			f(r, p)
		}
	}
}

// start sets the sums to the integer at a byte of each row's block, which is -128 times
// the sum of its codes, shifted right; or to 0, if shift is negative.
func (t *blocksTile) start(byte, shift int) {
	t.each(func(r, p int) {
		d := t.dot(r, p)
		switch {
		case shift < 0:
			t.line("VPXORD %s, %s, %s", d, d, d)
		case p > 0:
			t.line("VMOVDQA64 %s, %s", t.dot(r, 0), d)
		case shift == 0:
			t.line("VPBROADCASTD %s, %s", t.at(r, byte), d)
		default:
			t.line("VPSRAD.BCST $%d, %s, %s", shift, t.at(r, byte), d)
		}
	})
}

// load sets the weights to the vector at a byte of the block.
func (t *blocksTile) load(byte int) {
	for p, base := range t.panels {
		t.line("VMOVDQU64 %d(%s), %s", byte, base, t.weights(p))
	}
}

// hold keeps the vector at a byte of the block in one of two registers, for methods that
// use it. Only tiles of one panel have such registers, and they need them: loads are
// what limits them.
func (t *blocksTile) hold(register, byte int) {
	if len(t.panels) > 1 {
		return
	}
	name := t.mask(len(t.format.masks) + register)
	maps.DeleteFunc(t.held, func(_ int, held string) bool { return held == name })
	t.line("VMOVDQU64 %d(%s), %s", byte, t.panels[0], name)
	t.held[byte] = name
}

// vector returns the operand of the vector at a byte of panel p's block.
func (t *blocksTile) vector(byte, p int) string {
	if held, ok := t.held[byte]; ok {
		return held
	}
	return fmt.Sprintf("%d(%s)", byte, t.panels[p])
}

// nibbles sets the weights to the lower or the higher halves of the bytes of a vector.
func (t *blocksTile) nibbles(byte int, high bool) {
	for p := range t.panels {
		w, at := t.weights(p), t.vector(byte, p)
		if high {
			t.line("VPSRLW $4, %s, %s", at, w)
			t.line("VPANDD %s, %s, %s", t.mask(0), w, w)
		} else {
			t.line("VPANDD %s, %s, %s", at, t.mask(0), w)
		}
	}
}

// fifth adds 16 to the weights where the bytes of a vector have the bit set.
func (t *blocksTile) fifth(byte, bit int) {
	for p := range t.panels {
		w, m, at := t.weights(p), t.moment[0], t.vector(byte, p)
		switch {
		case bit < 4:
			t.line("VPSLLW $%d, %s, %s", 4-bit, at, m)
		case bit > 4:
			t.line("VPSRLW $%d, %s, %s", bit-4, at, m)
		default:
			t.line("VMOVDQU64 %s, %s", at, m)
		}
		t.line("VPTERNLOGD $0xf8, %s, %s, %s", t.mask(1), m, w) // w | m & bit4
	}
}

// dots adds the products of the weights and the 4 codes at a byte of each row's block.
func (t *blocksTile) dots(byte int) {
	for r := range t.rows {
		if len(t.panels) == 1 {
			t.line("VPDPBUSD.BCST %s, %s, %s", t.at(r, byte), t.weights(0), t.dot(r, 0))
			continue
		}
		x := t.moment[r%2]
		t.line("VPBROADCASTD %s, %s", t.at(r, byte), x)
		for p := range t.panels {
			t.line("VPDPBUSD %s, %s, %s", x, t.weights(p), t.dot(r, p))
		}
	}
}

// scales sets the weights to the 16 numbers of half precision at a byte of the block.
func (t *blocksTile) scales(byte int) {
	for p, base := range t.panels {
		t.line("VCVTPH2PS %d(%s), %s", byte, base, t.weights(p))
	}
}

// add adds to the elements the sums times the weights, which are scales, times the
// scale at a byte of each row's block.
func (t *blocksTile) add(byte int) {
	t.each(func(r, p int) {
		d, m := t.dot(r, p), t.moment[p]
		t.line("VCVTDQ2PS %s, %s", d, d)
		t.line("VMULPS.BCST %s, %s, %s", t.at(r, byte), t.weights(p), m)
		t.line("VFMADD231PS %s, %s, %s", m, d, t.element(r, p))
	})
}

// addLowest adds to the elements the weights, which are minima, times the number at a
// byte of each row's block.
func (t *blocksTile) addLowest(byte int) {
	t.each(func(r, p int) {
		t.line("VFMADD231PS.BCST %s, %s, %s", t.at(r, byte), t.weights(p), t.element(r, p))
	})
}

// write emits the function.
func (t *blocksTile) write() {
	fmt.Fprintf(t.text, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-72\n", t.name(), blocksParameters, t.name())
	t.line("MOVQ b+32(FP), BX")
	t.line("MOVQ panels+48(FP), DX")
	t.line("MOVQ ahead+64(FP), R15")
	t.line("ADDQ BX, R15")
	t.masks()
	for i, bits := range t.format.masks {
		t.line("MOVL $0x%08x, AX", bits)
		t.line("VPBROADCASTD AX, %s", t.mask(i))
	}
	if len(t.panels) == 2 {
		t.line("MOVQ blocks+40(FP), R14")
		t.line("IMULQ $%d, R14", t.format.bytes())
		t.line("ADDQ BX, R14")
	}
	t.line("MOVQ c+0(FP), DI")
	fmt.Fprint(t.text, "\npanel:\n")
	t.each(func(r, p int) {
		e := t.element(r, p)
		t.line("VXORPS %s, %s, %s", e, e, e)
	})
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
		t.line("DECL AX")
		t.line("JNZ unit")
	}
	t.line("DECQ CX")
	t.line("JNZ block")
	bases := []string{"DI", "R8", "R9"}
	setBases(t.x86, bases, "ldc+8(FP)", t.rows)
	t.each(func(r, p int) {
		t.line("VMOVUPS %s, K%d, %s", t.element(r, p), p+1, rowAddress(bases, r, 64*p))
	})
	if len(t.panels) == 1 {
		t.line("ADDQ $64, DI")
		t.line("DECQ DX")
		t.line("JNZ panel")
	}
	t.line("VZEROUPPER")
	t.line("RET")
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
	t.line("MOVL $%d, AX", t.format.units)
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
