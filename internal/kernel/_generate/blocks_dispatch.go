package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// avx512VNNI is a level of kernels of integers.
var avx512VNNI = &isa{"AVX512VNNI", "avx512vnni", 16, 32, "Z"}

// A blocksLevel is a level of products of block-quantised weights.
type blocksLevel struct {
	*isa
	constant string // of package kernel
	dots     bool   // there is an instruction for products of bytes
}

func blocksLevels() []blocksLevel {
	return []blocksLevel{{avx2, "avx2", false}, {avxVNNI, "avxVNNI", true}, {avx512, "avx512", false}, {avx512VNNI, "avx512VNNI", true}}
}

// sums returns how many registers a sum needs.
func (l blocksLevel) sums(f blockFormat) int {
	if !l.dots && f.bits > 4 {
		return 2
	}
	return 1
}

// largest returns the rows of the largest tiles of 16 and of 32 columns, and 0 where a
// format has none.
func (l blocksLevel) largest(f blockFormat) (narrow, wide int) {
	switch {
	case l.isa == avx512VNNI:
		return 8, 6
	case f.hasTable() && l.isa == avx2: // which need a register for the table
		return 2, 0
	case f.hasTable() && l.isa == avxVNNI:
		return 5, 0
	case l.isa == avx512 && l.sums(f) == 2:
		return 6, 0
	case l.isa == avx512:
		return 8, 0
	case l.sums(f) == 2:
		return 3, 0
	}
	return 6, 0
}

// formats returns the formats that have kernels on the level.
func (l blocksLevel) formats() (all []blockFormat) {
	for _, f := range blockFormats() {
		if narrow, _ := l.largest(f); narrow > 0 {
			all = append(all, f)
		}
	}
	return all
}

// tiles calls f for each tile of a format.
func (l blocksLevel) tiles(text *strings.Builder, format blockFormat, f func(t *blocksTile)) {
	narrow, wide := l.largest(format)
	for rows := 1; rows <= narrow; rows++ {
		f(newBlocksTile(l, text, format, rows, 1))
	}
	for rows := (wide + 1) / 2; rows <= wide && rows > 0; rows++ {
		f(newBlocksTile(l, text, format, rows, 2))
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

const blocksArguments = "c, ldc, a, lda, b, blocks, panels, n, ahead"

// chooseTiles writes what tells the sizes of tiles, and what calls them.
func chooseTiles(s *strings.Builder) {
	s.WriteString("\n// blocksTiles returns the rows of the largest tiles of 16 and of 32 columns of a\n")
	s.WriteString("// format on the active level, or 0 where there are none.\n")
	s.WriteString("func blocksTiles(f Format) (narrow, wide int) {\n\tswitch integer {\n")
	for _, l := range blocksLevels() {
		fmt.Fprintf(s, "\tcase %s:\n\t\tswitch f {\n", l.constant)
		sizes := map[string][]string{}
		for _, f := range l.formats() {
			narrow, wide := l.largest(f)
			size := fmt.Sprint(narrow, ", ", wide)
			sizes[size] = append(sizes[size], f.format)
		}
		for _, size := range slices.Sorted(maps.Keys(sizes)) {
			fmt.Fprintf(s, "\t\tcase %s:\n\t\t\treturn %s\n", strings.Join(sizes[size], ", "), size)
		}
		s.WriteString("\t\t}\n")
	}
	s.WriteString("\t}\n\treturn 0, 0\n}\n")
	fmt.Fprintf(s, "\n// blocksTile computes a tile on the active level.\nfunc blocksTile(f Format, rows, columns int, %s) {\n\tswitch integer {\n", blocksParameters)
	for _, l := range blocksLevels() {
		fmt.Fprintf(s, "\tcase %s:\n\t\tblocksTile%s(f, rows+columns<<8, %s)\n", l.constant, l.name, blocksArguments)
	}
	s.WriteString("\t}\n}\n")
}

// level returns the assembly of a level, and writes what calls it.
func (l blocksLevel) assembly(s *strings.Builder) string {
	fmt.Fprintf(s, "\nfunc blocksTile%s(f Format, shape int, %s) {\n\tswitch f {\n", l.name, blocksParameters)
	for _, f := range l.formats() {
		fmt.Fprintf(s, "\tcase %s:\n\t\t%sTile%s(shape, %s)\n", f.format, f.name, l.name, blocksArguments)
	}
	s.WriteString("\t}\n}\n")
	var text, declarations strings.Builder
	consts = nil
	for _, f := range l.formats() {
		fmt.Fprintf(s, "\nfunc %sTile%s(shape int, %s) {\n\tswitch shape {\n", f.name, l.name, blocksParameters)
		l.tiles(&text, f, func(t *blocksTile) {
			fmt.Fprintf(s, "\tcase %d + %d<<8:\n\t\t%s(%s)\n", t.rows, 16*len(t.panels), t.name(), blocksArguments)
			fmt.Fprintf(&declarations, "\n//go:noescape\nfunc %s(%s)\n", t.name(), blocksParameters)
			t.write()
		})
		s.WriteString("\t}\n}\n")
	}
	s.WriteString(declarations.String())
	text.WriteString(codesTable())
	if l.width < 16 {
		text.WriteString(tables(l.isa))
	}
	return text.String()
}

// blocksFiles adds the files of products of block-quantised weights.
func blocksFiles(files map[string]string) {
	var s strings.Builder
	s.WriteString(preamble("amd64"))
	chooseTiles(&s)
	for _, l := range blocksLevels() {
		files["blocks_"+l.file+"_amd64.s"] = assemblyHeader + l.assembly(&s)
	}
	choosePacks(&s)
	files["blocks_pack_avx2_amd64.s"] = assemblyHeader + packs() + quantize()
	files["blocks_amd64.go"] = s.String()
}
