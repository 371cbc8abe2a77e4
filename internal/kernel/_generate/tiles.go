package main

import (
	"fmt"
	"slices"
	"strings"
)

// dispatchTiles returns the Go file of an architecture that chooses between the levels
// of matrix products, and declares their tiles.
func dispatchTiles(arch string, levels []*isa) string {
	var s strings.Builder
	s.WriteString(preamble(arch))
	if levels != nil {
		s.WriteString("\nimport \"unsafe\"\n")
	}
	for _, p := range products() {
		p.choose(&s, levels)
	}
	if levels == nil {
		return s.String()
	}
	chooseTile(&s, levels)
	s.WriteString("\n// peak does turns of 14 multiply-adds of vectors on the active level, and returns the\n// number of floating-point operations: what benchmarks measure products against.\n")
	s.WriteString("func peak(turns int) (operations int) {\n\tswitch active {\n")
	for _, l := range levels {
		fmt.Fprintf(&s, "\tcase %s:\n\t\tpeak%s(turns)\n\t\treturn %d * turns\n", l.file, l.name, 2*14*l.width)
	}
	s.WriteString("\t}\n\treturn 0\n}\n")
	for _, l := range levels {
		for _, p := range products() {
			p.declare(&s, l)
		}
		fmt.Fprintf(&s, "\n// peak%s does 14 multiply-adds of vectors a turn.\nfunc peak%s(turns int)\n", l.name, l.name)
	}
	return s.String()
}

// choose writes the function that computes p on the active level.
func (p product) choose(s *strings.Builder, levels []*isa) {
	fmt.Fprintf(s, "\nfunc %s(c []float32, ldc int, a []%s, lda int, b []%s, stride int, m, n, k int, accumulate bool) {\n", p.symbol, p.a, p.b)
	generic := p.symbol + "Generic(c, ldc, a, lda, b, stride, m, n, k, accumulate)"
	levels = p.among(levels)
	if len(levels) == 0 {
		fmt.Fprintf(s, "\t%s\n}\n", generic)
		return
	}
	s.WriteString("\tswitch {\n")
	for _, l := range levels {
		condition := "active == " + l.file
		if p.needs != "" {
			condition += " && " + p.needs
		}
		fmt.Fprintf(s, "\tcase %s:\n\t\tgemmTiles(%s, %d, %d, c, ldc, unsafe.Pointer(&a[0]), %d*lda, unsafe.Pointer(&b[0]), %d*stride, m, n, k, accumulate)\n",
			condition, p.kind, tileRows(l), tileColumns(l), sizes[p.a], sizes[p.b])
	}
	fmt.Fprintf(s, "\tdefault:\n\t\t%s\n\t}\n}\n", generic)
}

// among returns those of the levels that have p.
func (p product) among(levels []*isa) (have []*isa) {
	for _, l := range levels {
		if slices.Contains(p.levels, l) {
			have = append(have, l)
		}
	}
	return have
}

// chooseTile writes gemmTile, which calls the assembly of the active level.
func chooseTile(s *strings.Builder, levels []*isa) {
	fmt.Fprintf(s, "\n// gemmTile computes a tile of a product on the active level.\nfunc gemmTile(kind product, rows, columns int, %s) {\n\tswitch {\n", gemmParameters)
	for _, p := range products() {
		for _, l := range p.among(levels) {
			fmt.Fprintf(s, "\tcase kind == %s && active == %s:\n\t\t%sTile%s(rows, columns, %s)\n", p.kind, l.file, p.symbol, l.name, gemmArguments)
		}
	}
	s.WriteString("\t}\n}\n")
}

// declare writes the declarations of a level's tiles.
func (p product) declare(s *strings.Builder, l *isa) {
	if !slices.Contains(p.levels, l) {
		return
	}
	name := p.symbol + "Tile"
	if l == neon {
		name = p.symbol + "Whole" // gemmTileNEON calls it, once the columns are whole
	}
	name += l.name
	fmt.Fprintf(s, "\n// %s computes a tile of the given rows and columns, of which it writes n.\n", name)
	fmt.Fprintf(s, "func %s(rows, columns int, %s) {\n\tswitch rows + columns<<8 {\n", name, gemmParameters)
	for _, t := range shapes(l) {
		fmt.Fprintf(s, "\tcase %d + %d<<8:\n\t\t%s(%s)\n", t.rows, t.columns, t.function(p, l), gemmArguments)
	}
	s.WriteString("\t}\n}\n")
	for _, t := range shapes(l) {
		fmt.Fprintf(s, "\n//go:noescape\nfunc %s(%s)\n", t.function(p, l), gemmParameters)
	}
}
