package main

import (
	"fmt"
	"strings"
)

// avx512VNNI is a level of kernels of integers.
var avx512VNNI = &isa{"AVX512VNNI", "avx512vnni", 16, 32, "Z"}

// A blocksLevel is a level and the sizes of its tiles.
type blocksLevel struct {
	*isa
	constant     string // of package kernel
	narrow, wide int    // rows of the largest tile of 16 and of 32 columns
}

var blocksLevels = []blocksLevel{{avx512VNNI, "avx512VNNI", 8, 6}}

// tiles calls f for each tile of a format.
func (l blocksLevel) tiles(text *strings.Builder, format blockFormat, f func(t *blocksTile)) {
	for rows := 1; rows <= l.narrow; rows++ {
		f(newBlocksTile(l.isa, text, format, rows, 1))
	}
	for rows := (l.wide + 1) / 2; rows <= l.wide && rows > 0; rows++ {
		f(newBlocksTile(l.isa, text, format, rows, 2))
	}
}

const assemblyHeader = header + "//go:build !purego\n\n#include \"textflag.h\"\n"

// choosePacks writes what packs panels.
func choosePacks(s *strings.Builder) {
	s.WriteString("\n// packPanel packs blocks of 16 whole rows, if the active level can.\n")
	s.WriteString("func packPanel(f Format, dst, src *byte, stride, blocks int) (done bool) {\n")
	s.WriteString("\tif integer == generic {\n\t\treturn false\n\t}\n\tswitch f {\n")
	var declarations strings.Builder
	for _, f := range blockFormats() {
		fmt.Fprintf(s, "\tcase %s:\n\t\t%sPackAVX2(dst, src, stride, blocks)\n", f.format, f.name)
		fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %sPackAVX2(dst, src *byte, stride, blocks int)\n", f.name)
	}
	s.WriteString("\tdefault:\n\t\treturn false\n\t}\n\treturn true\n}\n")
	s.WriteString(declarations.String())
	s.WriteString("\n//go:noescape\nfunc quantizeAVX2(dst *activation, x *float32, blocks int)\n")
}

// blocksFiles adds the files of products of block-quantised weights.
func blocksFiles(files map[string]string) {
	var s strings.Builder
	s.WriteString(preamble("amd64"))
	s.WriteString("\n// blocksTiles returns the rows of the largest tiles of 16 and of 32 columns of a\n")
	s.WriteString("// format on the active level, or 0 where there are none.\n")
	s.WriteString("func blocksTiles(f Format) (narrow, wide int) {\n\tswitch f {\n\tcase ")
	for i, f := range blockFormats() {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(f.format)
	}
	s.WriteString(":\n\t\tswitch integer {\n")
	for _, l := range blocksLevels {
		fmt.Fprintf(&s, "\t\tcase %s:\n\t\t\treturn %d, %d\n", l.constant, l.narrow, l.wide)
	}
	s.WriteString("\t\t}\n\t}\n\treturn 0, 0\n}\n")
	arguments := "c, ldc, a, lda, b, blocks, panels, n, ahead"
	fmt.Fprintf(&s, "\n// blocksTile computes a tile on the active level.\nfunc blocksTile(f Format, rows, columns int, %s) {\n\tswitch integer {\n", blocksParameters)
	for _, l := range blocksLevels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tblocksTile%s(f, rows+columns<<8, %s)\n", l.constant, l.name, arguments)
	}
	s.WriteString("\t}\n}\n")
	for _, l := range blocksLevels {
		fmt.Fprintf(&s, "\nfunc blocksTile%s(f Format, shape int, %s) {\n\tswitch f {\n", l.name, blocksParameters)
		for _, f := range blockFormats() {
			fmt.Fprintf(&s, "\tcase %s:\n\t\t%sTile%s(shape, %s)\n", f.format, f.name, l.name, arguments)
		}
		s.WriteString("\t}\n}\n")
		var text, declarations strings.Builder
		for _, f := range blockFormats() {
			fmt.Fprintf(&s, "\nfunc %sTile%s(shape int, %s) {\n\tswitch shape {\n", f.name, l.name, blocksParameters)
			l.tiles(&text, f, func(t *blocksTile) {
				fmt.Fprintf(&s, "\tcase %d + %d<<8:\n\t\t%s(%s)\n", t.rows, 16*len(t.panels), t.name(), arguments)
				fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(%s)\n", t.name(), blocksParameters)
				t.write()
			})
			s.WriteString("\t}\n}\n")
		}
		s.WriteString(declarations.String())
		files["blocks_"+l.file+"_amd64.s"] = assemblyHeader + text.String()
	}
	choosePacks(&s)
	files["blocks_pack_avx2_amd64.s"] = assemblyHeader + packs() + quantize()
	files["blocks_amd64.go"] = s.String()
}
