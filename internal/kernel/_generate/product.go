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
	load     func(w x86, half int, at string, to int)
	multiply func(w x86, b, x, acc int)

	// Bytes that are split take two registers of B a vector, and 8 bytes of A, of which
	// the latter go to the register below that of the former.
	split bool
}

// sizes are the bytes of Go's types of numbers.
var sizes = map[string]int{"float32": 4, "uint16": 2}

func fusedMultiply(w x86, b, x, acc int) {
	w.line("VFMADD231PS %s, %s, %s", w.name(b), w.name(x), w.name(acc))
}

// loadWhole loads a vector of B as it is.
func loadWhole(w x86, _ int, at string, to int) { w.line("VMOVUPS %s, %s", at, w.name(to)) }

// products are all kinds of matrix products.
func products() []product {
	return []product{
		{
			symbol: "gemm", kind: "productF32", a: "float32", b: "float32", halves: 1, bytes: 128, elements: 1, levels: []*isa{avx2, avx512, neon},
			load: loadWhole, multiply: fusedMultiply,
		},
		{
			symbol: "gemmF16", kind: "productF16", a: "float32", b: "uint16", halves: 1, bytes: 64, elements: 1, levels: []*isa{avx2, avx512, neon},
			load:     func(w x86, _ int, at string, to int) { w.line("VCVTPH2PS %s, %s", at, w.name(to)) },
			multiply: fusedMultiply,
		},
		{
			symbol: "gemmBF16", kind: "productBF16", a: "float32", b: "uint16", halves: 2, bytes: 128, elements: 2, levels: []*isa{avx2, avx512, neon},
			load: loadBF16, multiply: fusedMultiply,
		},
		{
			symbol: "gemmBF16Fast", kind: "productBF16Fast", a: "uint16", b: "uint16", halves: 1, bytes: 128, elements: 2, levels: []*isa{avx512}, needs: "hasBF16",
			load: loadWhole,
			multiply: func(w x86, b, x, acc int) {
				w.evex(0x52, prefixF3, acc, x, b, "VDPBF16PS")
			},
		},
	}
}

// loadBF16 widens one of each pair of bfloat16 numbers: the lower half of 32 bits is
// shifted up, and the upper half cleared of the lower. K3, or the register below that
// of A, holds the mask.
func loadBF16(w x86, half int, at string, register int) {
	to := w.name(register)
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
