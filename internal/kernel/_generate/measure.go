package main

import (
	"fmt"
	"strings"
)

// chains is how many results the loops that measure a peak work on at once: more than
// the longest latency times the instructions a cycle, fewer than there are registers.
const chains = 14

// measures returns the assembly that measures what a processor of an architecture does
// at most, beside the peak of each level.
func measures(arch string) string {
	var s strings.Builder
	s.WriteString(header + "//go:build !purego\n\n#include \"textflag.h\"\n")
	if arch == "arm64" {
		readARM(&s)
		turnsARM(&s, "peakBytesNEON", func(m arm, r int) { // of processors with the dot product extension
			m.word(0x4E809400|chains<<16|chains<<5|uint32(r), "sdot v%d.4s, v%d.16b, v%d.16b", r, chains, chains)
		})
		return s.String()
	}
	readX86(&s, avx2)
	readX86(&s, avx512)
	for _, d := range []struct {
		name string
		m    *isa
		dot  func(m x86, r int)
	}{
		{"peakBytesAVX512VNNI", avx512, func(m x86, r int) {
			m.line("VPDPBUSD %s, %s, %s", m.name(chains), m.name(chains), m.name(r))
		}},
		{"peakHalvesAVX512BF16", avx512, dotHalves},
		{"peakBytesAVXVNNI", avx2, dotBytesVEX},
		{"peakBytesAVX512", avx512, multiplyBytes},
		{"peakBytesAVX2", avx2, multiplyBytes},
	} {
		turnsX86(&s, d.name, d.m, d.dot)
	}
	return s.String()
}

// turnsX86 writes a function that does an operation on each chain, turns times.
func turnsX86(s *strings.Builder, name string, isa *isa, op func(m x86, r int)) {
	fmt.Fprintf(s, "\n// func %s(turns int)\nTEXT ·%s(SB), NOSPLIT, $0-8\n", name, name)
	m := x86{isa: isa, text: s}
	m.line("MOVQ turns+0(FP), CX")
	for i := range chains + 1 {
		m.line("VXORPS %s, %s, %s", m.name(i), m.name(i), m.name(i))
	}
	s.WriteString("\nloop:\n")
	for i := range chains {
		op(m, i)
	}
	m.line("DECQ CX")
	m.line("JNZ loop")
	m.line("VZEROUPPER")
	m.line("RET")
}

// dotHalves emits VDPBF16PS, which the Go assembler lacks.
func dotHalves(m x86, r int) { m.evex(0x52, prefixF3, r, chains, chains, "VDPBF16PS") }

// dotBytesVEX emits VPDPBUSD in the encoding of AVX-VNNI, which processors without
// AVX-512 have.
func dotBytesVEX(m x86, r int) { m.vex(0x50, prefix66, r, chains, chains, "VPDPBUSD") }

// multiplyBytes emits products of bytes, added to int32, for processors that have no one
// instruction for it.
func multiplyBytes(m x86, r int) {
	m.line("VPMADDUBSW %s, %s, %s", m.name(chains), m.name(chains), m.name(chains+1))
	m.line("VPMADDWD %s, %s, %s", m.name(chains), m.name(chains+1), m.name(chains+1))
	m.line("VPADDD %s, %s, %s", m.name(chains+1), m.name(r), m.name(r))
}

// readX86 writes a function that reads whole steps of memory, as fast as it comes.
func readX86(s *strings.Builder, isa *isa) {
	m := x86{isa: isa, text: s}
	step, size := 512, 4*isa.width
	fmt.Fprintf(s, "\n// func read%s(p *byte, steps int) uint64\nTEXT ·read%s(SB), NOSPLIT, $0-24\n", isa.name, isa.name)
	m.line("MOVQ p+0(FP), SI")
	m.line("MOVQ steps+8(FP), CX")
	for i := range 8 {
		m.line("VXORPS %s, %s, %s", m.name(i), m.name(i), m.name(i))
	}
	s.WriteString("\nloop:\n")
	for at := 0; at < step; at += size {
		if at%64 == 0 {
			m.line("PREFETCHT0 %d(SI)", at+4096)
		}
		r := at / size % 8
		m.line("VXORPS %d(SI), %s, %s", at, m.name(r), m.name(r))
	}
	m.line("ADDQ $%d, SI", step)
	m.line("DECQ CX")
	m.line("JNZ loop")
	for n := 4; n > 0; n /= 2 {
		for i := range n {
			m.line("VXORPS %s, %s, %s", m.name(i+n), m.name(i), m.name(i))
		}
	}
	if isa == avx512 {
		m.line("VEXTRACTF64X4 $1, Z0, Y1")
		m.line("VXORPS Y1, Y0, Y0")
	}
	m.line("VEXTRACTF128 $1, Y0, X1")
	m.line("VXORPS X1, X0, X0")
	m.line("VMOVQ X0, AX")
	m.line("VPEXTRQ $1, X0, BX")
	m.line("XORQ BX, AX")
	m.line("MOVQ AX, ret+16(FP)")
	m.line("VZEROUPPER")
	m.line("RET")
}

// readARM is readX86 for NEON.
func readARM(s *strings.Builder) {
	m := arm{s}
	const step = 512
	s.WriteString("\n// func readNEON(p *byte, steps int) uint64\nTEXT ·readNEON(SB), NOSPLIT, $0-24\n")
	m.line("MOVD p+0(FP), R0")
	m.line("MOVD steps+8(FP), R1")
	for i := range 8 {
		m.three(0x6E201C00, "eor", i, i, i)
	}
	s.WriteString("\nloop:\n")
	for half := range 4 {
		for i := range 8 {
			m.transfer(loadQ, "ldr", 8+i, 0, 128*half+16*i, 16)
		}
		for i := range 8 {
			m.three(0x6E201C00, "eor", i, i, 8+i)
		}
	}
	m.line("ADD $%d, R0", step)
	m.line("SUBS $1, R1")
	m.line("BNE loop")
	for n := 4; n > 0; n /= 2 {
		for i := range n {
			m.three(0x6E201C00, "eor", i, i, i+n)
		}
	}
	m.line("VMOV V0.D[0], R2")
	m.line("VMOV V0.D[1], R3")
	m.line("EOR R3, R2")
	m.line("MOVD R2, ret+16(FP)")
	m.line("RET")
}

// turnsARM is turnsX86 for NEON.
func turnsARM(s *strings.Builder, name string, op func(m arm, r int)) {
	fmt.Fprintf(s, "\n// func %s(turns int)\nTEXT ·%s(SB), NOSPLIT, $0-8\n", name, name)
	m := arm{s}
	m.line("MOVD turns+0(FP), R0")
	for i := range chains + 1 {
		m.three(0x6E201C00, "eor", i, i, i)
	}
	s.WriteString("\nloop:\n")
	for i := range chains {
		op(m, i)
	}
	m.line("SUBS $1, R0")
	m.line("BNE loop")
	m.line("RET")
}
