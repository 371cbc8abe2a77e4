package main

import (
	"fmt"
	"strings"
)

// Norms of rows of n values, which stand close: all passes over a row in one call. They
// stand in the files of attention. Of x, or where they add, of x + y, which they leave
// in sum; rms norms have no mean and no b.
const normParameters = "dst, sum, x, y, w, b *float32, n, rows int, eps float32"

// A normRows is one of the functions.
type normRows struct {
	name     string
	add, rms bool
}

var allNormRows = []normRows{
	{"layerNormRows", false, false}, {"addLayerNormRows", true, false}, {"rmsNormRows", false, true}, {"addRMSNormRows", true, true},
}

// normText returns the assembly of a level.
func normText(m *isa) string {
	var text strings.Builder
	for _, f := range allNormRows {
		f.emit(x86{m, &text, nil})
	}
	return text.String()
}

const (
	normMean, normScale = 0, 1 // registers
	normLanes           = 2
)

func (f normRows) emit(w x86) {
	fmt.Fprintf(w.text, "\n// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-68\n", f.name, w.isa.name, normParameters, f.name, w.isa.name)
	for i, r := range []string{"DI", "R8", "R9", "R10", "R11", "R12"} {
		w.line("MOVQ %s+%d(FP), %s", []string{"dst", "sum", "x", "y", "w", "b"}[i], 8*i, r)
	}
	w.line("MOVQ n+48(FP), R13")
	fmt.Fprint(w.text, "\nrow:\n")
	f.total(w)
	w.line("VXORPS X%d, X%d, X%d", normMean, normMean, normMean)
	if !f.rms {
		w.average(normMean)
		w.line("VBROADCASTSS X%d, %s", normMean, w.name(normMean))
		w.clearLanes()
		w.pass("deviations", []string{"R8"}, func(b *block) {
			d := b.inTail(b.subtract(b.load(0), b.scalar(normMean)), 0)
			b.setLanes(b.fma(d, d, b.lanes()))
		})
	}
	w.average(normScale)
	w.line("VADDSS eps+64(FP), X%d, X%d", normScale, normScale)
	w.line("VSQRTSS X%d, X%d, X%d", normScale, normScale, normScale)
	w.line("VMOVSS constants%s<>+%d(SB), X%d", w.isa.name, constAt(oneBits), normLanes)
	w.line("VDIVSS X%d, X%d, X%d", normScale, normLanes, normScale)
	w.line("VBROADCASTSS X%d, %s", normScale, w.name(normScale))
	if f.rms {
		w.pass("scale", []string{"DI", "R8", "R11"}, func(b *block) { b.store(0, b.mul(b.normed(), b.load(2))) })
	} else {
		w.pass("scale", []string{"DI", "R8", "R11", "R12"}, func(b *block) { b.store(0, b.fma(b.normed(), b.load(2), b.load(3))) })
	}
	w.line("SHLQ $2, R13")
	for _, r := range []string{"DI", "R8", "R9", "R10"} {
		w.line("ADDQ R13, %s", r)
	}
	w.line("SHRQ $2, R13")
	w.line("DECQ rows+56(FP)")
	w.line("JNZ row")
	w.line("VZEROUPPER")
	w.line("RET")
}

// total emits the first pass, which leaves the sum of a row, or of its squares, in the
// lanes.
func (f normRows) total(w x86) {
	w.clearLanes()
	from := []string{"R8"}
	if f.add {
		from = []string{"R8", "R9", "R10"}
	}
	w.pass("total", from, func(b *block) {
		var s value
		if f.add {
			s = b.add(b.load(1), b.load(2))
			b.store(0, s)
		} else {
			s = b.load(0)
		}
		if f.rms {
			b.setLanes(b.fma(s, s, b.lanes()))
		} else {
			b.setLanes(b.add(b.lanes(), s))
		}
	})
}

func (m x86) clearLanes() {
	for j := range 16 / m.width {
		r := m.name(normLanes + j)
		m.line("VXORPS %s, %s, %s", r, r, r)
	}
}

// average emits the sum of the lanes over n, to lane 0 of register d.
func (m x86) average(d int) {
	free := normLanes + 16/m.width
	m.fold("VADDPS", normLanes, free)
	m.line("VCVTSI2SSQ R13, X%d, X%d", free, free)
	m.line("VDIVSS X%d, X%d, X%d", free, normLanes, d)
}

// pass emits a loop over a row, whose slices begin at the registers from.
func (m x86) pass(name string, from []string, body func(b *block)) {
	m.ptrs = []string{"SI", "AX", "BX", "DX"}[:len(from)]
	for i, r := range from {
		m.line("MOVQ %s, %s", r, m.ptrs[i])
	}
	blockOf := func(sub int, tail bool) *block {
		b := &block{isa: m.isa, sub: sub, tail: tail, regs: normLanes + 16/m.width}
		body(b)
		return b
	}
	m.line("MOVQ R13, CX")
	m.line("SUBQ $16, CX")
	m.line("JLT %sTail", name)
	fmt.Fprintf(m.text, "\n%sLoop:\n", name)
	for sub := range 16 / m.width {
		lower(blockOf(sub, false), m.regs, m)
	}
	for _, r := range m.ptrs {
		m.line("ADDQ $64, %s", r)
	}
	m.line("SUBQ $16, CX")
	m.line("JGE %sLoop", name)
	fmt.Fprintf(m.text, "\n%sTail:\n", name)
	m.line("ADDQ $16, CX")
	m.line("JZ %sEnd", name)
	if m.isa == avx512 {
		m.line("MOVL $-1, R15")
		m.line("BZHIL CX, R15, R15")
		m.line("KMOVW R15, K1")
	} else {
		m.line("LEAQ tails<>+128(SB), R15")
		m.line("SHLQ $2, CX")
		m.line("SUBQ CX, R15")
	}
	for sub := range 16 / m.width {
		left := m.regs
		if m.isa == avx2 {
			m.line("VMOVUPS %d(R15), Y%d", 32*sub, tailMask)
			left--
		}
		lower(blockOf(sub, true), left, m)
	}
	fmt.Fprintf(m.text, "\n%sEnd:\n", name)
}

// normDispatch returns the functions that choose between the levels.
func normDispatch(levels []*isa) string {
	var s strings.Builder
	s.WriteString("\n// normTile runs the function of that number on the active level, if there is assembly\n// for that.\n")
	fmt.Fprintf(&s, "func normTile(number int, %s) bool {\n\tswitch active {\n", normParameters)
	for _, l := range levels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tswitch number {\n", l.file)
		for i, f := range allNormRows {
			fmt.Fprintf(&s, "\t\tcase %d:\n\t\t\t%s%s(dst, sum, x, y, w, b, n, rows, eps)\n", i, f.name, l.name)
		}
		s.WriteString("\t\t}\n\t\treturn true\n")
	}
	s.WriteString("\t}\n\treturn false\n}\n")
	for _, l := range levels {
		for _, f := range allNormRows {
			fmt.Fprintf(&s, "\n//go:noescape\nfunc %s%s(%s)\n", f.name, l.name, normParameters)
		}
	}
	return s.String()
}
