package main

import (
	"fmt"
	"strings"
)

// neonBlocksLevels are the levels of products of integers on arm64.
func neonBlocksLevels() []blocksLevel {
	return []blocksLevel{{neon, "neon", false}, {neonDot, "neonDot", true}}
}

// blocksFilesNEON adds the files of products of block-quantised weights on arm64.
func blocksFilesNEON(files map[string]string) {
	var s, calls strings.Builder
	levels := neonBlocksLevels()
	s.WriteString(preamble("arm64"))
	s.WriteString("\n// blocksRows returns the rows of the largest tile of a format on the active level, or 0\n// where there are none.\n")
	s.WriteString("func blocksRows(f Format) int {\n\tswitch integer {\n")
	for _, l := range levels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\treturn %d\n", l.constant, neonBlockRows(l.isa))
	}
	s.WriteString("\t}\n\treturn 0\n}\n")
	fmt.Fprintf(&s, "\n// blocksWhole computes a tile of 16 columns on the active level.\nfunc blocksWhole(f Format, rows int, %s) {\n\tswitch integer {\n", blocksParameters)
	for _, l := range levels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tblocksTile%s(f, rows, %s)\n", l.constant, l.name, blocksArguments)
		fmt.Fprintf(&calls, "\nfunc blocksTile%s(f Format, rows int, %s) {\n\tswitch f {\n", l.name, blocksParameters)
		for _, f := range blockFormats() {
			fmt.Fprintf(&calls, "\tcase %s:\n\t\t%sTile%s(rows, %s)\n", f.format, f.name, l.name, blocksArguments)
		}
		calls.WriteString("\t}\n}\n")
		files["blocks_"+l.file+"_arm64.s"] = assemblyHeader + blocksTextNEON(l.isa, &calls)
	}
	s.WriteString("\t}\n}\n" + calls.String())
	files["blocks_arm64.go"] = s.String()
}

// blocksTextNEON returns the tiles of a level, and writes what calls them.
func blocksTextNEON(l *isa, calls *strings.Builder) string {
	var text, stubs strings.Builder
	for _, f := range blockFormats() {
		fmt.Fprintf(calls, "\nfunc %sTile%s(rows int, %s) {\n\tswitch rows {\n", f.name, l.name, blocksParameters)
		for rows := 1; rows <= neonBlockRows(l); rows++ {
			t := newBlocksNEON(l, &text, f, rows)
			fmt.Fprintf(calls, "\tcase %d:\n\t\t%s(%s)\n", rows, t.name(), blocksArguments)
			fmt.Fprintf(&stubs, "\n//go:noescape\nfunc %s(%s)\n", t.name(), blocksParameters)
			t.write()
		}
		calls.WriteString("\t}\n}\n")
	}
	calls.WriteString(stubs.String())
	return text.String() + signedCodesTable()
}

// signedCodesTable returns the data of IQ4_NL's table.
func signedCodesTable() string {
	return "DATA codes<>+0(SB)/8, $0xf6eaddcfbfad9881\nDATA codes<>+8(SB)/8, $0x7159453526190d01\nGLOBL codes<>(SB), RODATA|NOPTR, $16\n"
}
