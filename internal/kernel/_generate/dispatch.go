package main

import (
	"fmt"
	"strings"
)

// dispatch returns the Go file of an architecture: what chooses between the levels,
// and the declarations of the assembly.
func dispatch(arch string, levels []*isa) string {
	var s strings.Builder
	s.WriteString(header)
	if arch == "purego" {
		s.WriteString("//go:build purego || !(amd64 || arm64)\n")
	} else {
		s.WriteString("//go:build !purego\n")
	}
	s.WriteString("\npackage kernel\n\n// assembly reports whether this binary has kernels in assembly.\n")
	fmt.Fprintf(&s, "const assembly = %v\n", levels != nil)
	for _, k := range kernels() {
		choose(&s, k, levels)
	}
	chooseGemm(&s, levels)
	for _, l := range levels {
		declare(&s, l)
	}
	return s.String()
}

// chooseGemm writes gemm, and gemmTile, which calls the assembly of the active level.
func chooseGemm(s *strings.Builder, levels []*isa) {
	s.WriteString("\nfunc gemm(c []float32, ldc int, a []float32, lda int, b []float32, stride int, m, n, k int, accumulate bool) {\n")
	if levels == nil {
		s.WriteString("\tgemmGeneric(c, ldc, a, lda, b, stride, m, n, k, accumulate)\n}\n")
		return
	}
	s.WriteString("\tswitch active {\n")
	for _, l := range levels {
		fmt.Fprintf(s, "\tcase %s:\n\t\tgemmTiles(%d, %d, c, ldc, a, lda, b, stride, m, n, k, accumulate)\n", l.file, tileRows(l), tileColumns(l))
	}
	s.WriteString("\tdefault:\n\t\tgemmGeneric(c, ldc, a, lda, b, stride, m, n, k, accumulate)\n\t}\n}\n")
	fmt.Fprintf(s, "\n// gemmTile computes a tile on the active level.\nfunc gemmTile(rows, columns int, %s) {\n\tswitch active {\n", gemmParameters)
	for _, l := range levels {
		fmt.Fprintf(s, "\tcase %s:\n\t\tgemmTile%s(rows, columns, c, ldc, a, lda, b, k, n, load)\n", l.file, l.name)
	}
	s.WriteString("\t}\n}\n")
	s.WriteString("\n// peak does turns of 14 multiply-adds of vectors on the active level, and returns the\n// number of floating-point operations: what benchmarks measure products against.\n")
	s.WriteString("func peak(turns int) (operations int) {\n\tswitch active {\n")
	for _, l := range levels {
		fmt.Fprintf(s, "\tcase %s:\n\t\tpeak%s(turns)\n\t\treturn %d * turns\n", l.file, l.name, 2*14*l.width)
	}
	s.WriteString("\t}\n\treturn 0\n}\n")
}

// arguments returns the arguments of a call, with the slices cut as given.
func (k kernel) arguments(cut string) string {
	var list []string
	if k.lanes {
		list = append(list, "l")
	}
	for i := range k.slices {
		list = append(list, k.slice(i)+cut)
	}
	return strings.Join(append(list, k.scalars...), ", ")
}

// choose writes the function that calls k on the active level, in pieces that keep
// each call into assembly short.
func choose(s *strings.Builder, k kernel, levels []*isa) {
	signature, _ := k.signature()
	fmt.Fprintf(s, "\nfunc %s(%s) {\n", k.name, signature)
	if levels == nil {
		fmt.Fprintf(s, "\t%sGeneric(%s)\n}\n", k.name, k.arguments(""))
		return
	}
	s.WriteString("\tswitch active {\n")
	for _, l := range levels {
		fmt.Fprintf(s, "\tcase %s:\n", l.file)
		first := k.slice(0)
		fmt.Fprintf(s, "\t\tfor len(%s) > piece {\n\t\t\t%s%s(%s)\n", first, k.name, l.name, k.arguments("[:piece]"))
		var rest, names []string
		for i := range k.slices {
			names = append(names, k.slice(i))
			rest = append(rest, k.slice(i)+"[piece:]")
		}
		fmt.Fprintf(s, "\t\t\t%s = %s\n\t\t}\n", strings.Join(names, ", "), strings.Join(rest, ", "))
		if l == neon || l == avx2 && k.half {
			fmt.Fprintf(s, "\t\twhole := len(%s) &^ %d\n", first, k.elements(l)-1)
			fmt.Fprintf(s, "\t\t%s%s(%s)\n\t\t%sGeneric(%s)\n", k.name, l.name, k.arguments("[:whole]"), k.name, k.arguments("[whole:]"))
		} else {
			fmt.Fprintf(s, "\t\t%s%s(%s)\n", k.name, l.name, k.arguments(""))
		}
	}
	fmt.Fprintf(s, "\tdefault:\n\t\t%sGeneric(%s)\n\t}\n}\n", k.name, k.arguments(""))
}

// declare writes the declarations of a level's assembly.
func declare(s *strings.Builder, l *isa) {
	for _, k := range kernels() {
		signature, _ := k.signature()
		fmt.Fprintf(s, "\n//go:noescape\nfunc %s%s(%s)\n", k.name, l.name, signature)
	}
	name := "gemmTile"
	if l == neon {
		name = "gemmWhole" // gemmTileNEON calls it, once the columns are whole
	}
	name += l.name
	fmt.Fprintf(s, "\n// %s computes a tile of the given rows and columns, of which it writes n.\n", name)
	fmt.Fprintf(s, "func %s(rows, columns int, %s) {\n\tswitch rows + columns<<8 {\n", name, gemmParameters)
	for _, t := range shapes(l) {
		fmt.Fprintf(s, "\tcase %d + %d<<8:\n\t\t%s(c, ldc, a, lda, b, k, n, load)\n", t.rows, t.columns, t.function(l))
	}
	s.WriteString("\t}\n}\n")
	for _, t := range shapes(l) {
		fmt.Fprintf(s, "\n//go:noescape\nfunc %s(%s)\n", t.function(l), gemmParameters)
	}
	fmt.Fprintf(s, "\n// peak%s does 14 multiply-adds of vectors a turn.\nfunc peak%s(turns int)\n", l.name, l.name)
}
