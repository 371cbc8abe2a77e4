package main

import (
	"fmt"
	"strings"
)

var (
	x86Pointers = []string{"SI", "DI", "R8", "R9"}
	armPointers = []string{"R1", "R2", "R3", "R4"}
)

// elementSize returns the bytes of an element of slice i.
func (k kernel) elementSize(i int) int {
	if strings.HasSuffix(k.slices[i], "16") {
		return 2
	}
	return 4
}

// slice returns the name of slice i in Go.
func (k kernel) slice(i int) string { return strings.TrimSuffix(k.slices[i], "16") }

// signature returns the parameters in Go, and their bytes.
func (k kernel) signature() (text string, size int) {
	var groups []string
	if k.lanes {
		groups = append(groups, "l *lanes")
		size += 8
	}
	for i := range k.slices {
		t := "[]float32"
		if k.elementSize(i) == 2 {
			t = "[]uint16"
		}
		groups = append(groups, k.slice(i)+" "+t)
	}
	for _, s := range k.scalars {
		groups = append(groups, s+" float32")
	}
	return strings.Join(groups, ", "), size + 24*len(k.slices) + 4*len(k.scalars)
}

// function returns the text of k on one level.
func function(m *isa, k kernel) string {
	var text strings.Builder
	signature, size := k.signature()
	fmt.Fprintf(&text, "\n// func %s%s(%s)\nTEXT ·%s%s(SB), NOSPLIT, $0-%d\n", k.name, m.name, signature, k.name, m.name, size)
	if m == neon {
		neonFunction(&text, k)
	} else {
		x86Function(m, &text, k)
	}
	return text.String()
}

// pinned returns how many registers hold scalars and lanes.
func (k kernel) pinned(m *isa) int {
	if k.lanes {
		return len(k.scalars) + 16/m.width
	}
	return len(k.scalars)
}

// elements returns how many elements a turn of the loop takes.
func (k kernel) elements(m *isa) int {
	if k.lanes {
		return 16
	}
	return m.width
}

func x86Function(m *isa, text *strings.Builder, k kernel) {
	w := x86{m, text, x86Pointers}
	offset := 0
	if k.lanes {
		w.line("MOVQ l+0(FP), AX")
		offset = 8
	}
	for i := range k.slices {
		w.line("MOVQ %s_base+%d(FP), %s", k.slice(i), offset, w.ptrs[i])
		if i == 0 {
			w.line("MOVQ %s_len+%d(FP), CX", k.slice(i), offset+8)
		}
		offset += 24
	}
	for i, s := range k.scalars {
		w.line("VBROADCASTSS %s+%d(FP), %s", s, offset, w.name(i))
		offset += 4
	}
	if k.lanes {
		for j := range 16 / m.width {
			w.line("VMOVUPS %d(AX), %s", 4*m.width*j, w.name(len(k.scalars)+j))
		}
	}
	e := k.elements(m)
	fmt.Fprint(text, "\nloop:\n")
	w.line("CMPQ CX, $%d", e)
	w.line("JLT tail")
	k.bodies(m, false, func(b *block) { lower(b, m.regs, w) }, nil)
	for i := range k.slices {
		w.line("ADDQ $%d, %s", e*k.elementSize(i), w.ptrs[i])
	}
	w.line("SUBQ $%d, CX", e)
	w.line("JMP loop")
	fmt.Fprint(text, "\ntail:\n")
	if !k.half || m == avx512 {
		w.tail(k)
	}
	if k.lanes {
		for j := range 16 / m.width {
			w.line("VMOVUPS %s, %d(AX)", w.name(len(k.scalars)+j), 4*m.width*j)
		}
	}
	w.line("VZEROUPPER")
	w.line("RET")
}

// tail emits what treats the last CX elements, fewer than a turn of the loop takes.
func (m x86) tail(k kernel) {
	m.line("TESTQ CX, CX")
	m.line("JZ done")
	if m.isa == avx512 {
		m.line("MOVL $1, DX")
		m.line("SHLL CX, DX")
		m.line("DECL DX")
		m.line("KMOVW DX, K1")
		k.bodies(m.isa, true, func(b *block) { lower(b, m.regs, m) }, nil)
	} else {
		m.line("LEAQ tails<>+128(SB), DX")
		m.line("SHLQ $2, CX")
		m.line("SUBQ CX, DX")
		k.bodies(m.isa, true, func(b *block) { lower(b, m.regs-1, m) }, func(sub int) {
			m.line("VMOVUPS %d(DX), Y%d", 32*sub, tailMask)
		})
	}
	fmt.Fprint(m.text, "\ndone:\n")
}

// bodies calls emit with the loop's body for each vector of a turn.
func (k kernel) bodies(m *isa, tail bool, emit func(b *block), before func(sub int)) {
	for sub := range k.elements(m) / m.width {
		if before != nil {
			before(sub)
		}
		b := &block{isa: m, tail: tail, sub: sub, regs: k.pinned(m)}
		k.body(b)
		emit(b)
	}
}
