package main

import (
	"fmt"
	"strings"
)

// The mandatory prefixes as VEX and EVEX encode them.
const (
	prefix66 = 1
	prefixF3 = 2
)

// inverted returns a bit of a register's number, inverted, at another place.
func inverted(n, bit, to int) int { return (^n >> bit & 1) << to }

// evex emits an instruction that the Go assembler lacks, of the map 0F38 and without
// masking: d is changed by the 512-bit registers v and r.
func (m x86) evex(opcode, prefix, d, v, r int, mnemonic string) {
	p0 := inverted(d, 3, 7) | inverted(r, 4, 6) | inverted(r, 3, 5) | inverted(d, 4, 4) | 2
	p1 := (^v&15)<<3 | 4 | prefix
	p2 := 0x40 | inverted(v, 4, 3)
	m.encoded([]int{0x62, p0, p1, p2, opcode, 0xC0 | d&7<<3 | r&7}, "%s Z%d, Z%d, Z%d", mnemonic, r, v, d)
}

// vex does so with 256-bit registers, in the encoding that needs no AVX-512.
func (m x86) vex(opcode, prefix, d, v, r int, mnemonic string) {
	p0 := inverted(d, 3, 7) | 1<<6 | inverted(r, 3, 5) | 2
	p1 := (^v&15)<<3 | 4 | prefix
	m.encoded([]int{0xC4, p0, p1, opcode, 0xC0 | d&7<<3 | r&7}, "%s Y%d, Y%d, Y%d", mnemonic, r, v, d)
}

// encoded emits an instruction by its bytes.
func (m x86) encoded(code []int, format string, args ...any) {
	var list []string
	for _, b := range code {
		list = append(list, fmt.Sprintf("BYTE $0x%02x", b))
	}
	m.line("%s // %s", strings.Join(list, "; "), fmt.Sprintf(format, args...))
}
