package main

// A product is a kind of matrix product: how its tiles read B, and what they do with
// a step of it. A step is what 4 bytes of a row of A are multiplied by, or 8 bytes
// where it has two halves.
type product struct {
	symbol   string // starts the names of its functions
	kind     string // the constant that names it in Go
	a, b     string // types of the elements of A and B
	halves   int    // steps of 4 bytes of A that share a load of B
	bytes    int    // of a panel of B, each step
	elements int    // of a row of A, each step
	levels   []*isa // that have it
	needs    string // a condition on the processor beside the level
	load     func(w x86, half int, at, to string)
	multiply func(w x86, b, x, acc int)
}

// sizes are the bytes of Go's types of numbers.
var sizes = map[string]int{"float32": 4, "uint16": 2}

func fusedMultiply(w x86, b, x, acc int) {
	w.line("VFMADD231PS %s, %s, %s", w.name(b), w.name(x), w.name(acc))
}

// products are all kinds of matrix products.
func products() []product {
	return []product{
		{
			symbol: "gemm", kind: "productF32", a: "float32", b: "float32", halves: 1, bytes: 128, elements: 1, levels: []*isa{avx2, avx512, neon},
			load:     func(w x86, _ int, at, to string) { w.line("VMOVUPS %s, %s", at, to) },
			multiply: fusedMultiply,
		},
		{
			symbol: "gemmF16", kind: "productF16", a: "float32", b: "uint16", halves: 1, bytes: 64, elements: 1, levels: []*isa{avx2, avx512},
			load:     func(w x86, _ int, at, to string) { w.line("VCVTPH2PS %s, %s", at, to) },
			multiply: fusedMultiply,
		},
		{
			symbol: "gemmBF16", kind: "productBF16", a: "float32", b: "uint16", halves: 2, bytes: 128, elements: 2, levels: []*isa{avx2, avx512},
			load: loadBF16, multiply: fusedMultiply,
		},
		{
			symbol: "gemmBF16Fast", kind: "productBF16Fast", a: "uint16", b: "uint16", halves: 1, bytes: 128, elements: 2, levels: []*isa{avx512}, needs: "hasBF16",
			load: func(w x86, _ int, at, to string) { w.line("VMOVUPS %s, %s", at, to) },
			multiply: func(w x86, b, x, acc int) {
				w.evex(0x52, prefixF3, acc, x, b, "VDPBF16PS")
			},
		},
	}
}

// loadBF16 widens one of each pair of bfloat16 numbers: the lower half of 32 bits is
// shifted up, and the upper half cleared of the lower. K3, or the register below that
// of A, holds the mask.
func loadBF16(w x86, half int, at, to string) {
	switch {
	case half == 0 && w.isa == avx512:
		w.line("VPSLLD $16, %s, %s", at, to)
	case half == 0:
		w.line("VMOVUPS %s, %s", at, to)
		w.line("VPSLLD $16, %s, %s", to, to)
	case w.isa == avx512:
		w.line("VMOVDQU16.Z %s, K3, %s", at, to)
	default:
		w.line("VPAND %s, %s, %s", at, w.name(w.regs-2), to)
	}
}

// upperHalves emits what sets the mask of [loadBF16].
func (m x86) upperHalves() {
	if m.isa == avx512 {
		m.line("MOVL $0xaaaaaaaa, AX")
		m.line("KMOVD AX, K3")
		return
	}
	y := m.name(m.regs - 2)
	m.line("VPCMPEQD %s, %s, %s", y, y, y)
	m.line("VPSLLD $16, %s, %s", y, y)
}

// The mandatory prefixes as VEX and EVEX encode them.
const (
	prefix66 = 1
	prefixF3 = 2
)

// evex emits an instruction that the Go assembler lacks, of the map 0F38 and without
// masking: d is changed by the 512-bit registers v and r.
func (m x86) evex(opcode, prefix byte, d, v, r int, mnemonic string) {
	inverted := func(n, bit, to int) byte { return byte(^n>>bit&1) << to }
	p0 := inverted(d, 3, 7) | inverted(r, 4, 6) | inverted(r, 3, 5) | inverted(d, 4, 4) | 2
	p1 := byte(^v&15)<<3 | 4 | prefix
	p2 := 0x40 | inverted(v, 4, 3)
	modrm := 0xC0 | byte(d&7)<<3 | byte(r&7)
	m.line("LONG $0x%02x%02x%02x62; WORD $0x%02x%02x // %s Z%d, Z%d, Z%d", p2, p1, p0, modrm, opcode, mnemonic, r, v, d)
}
