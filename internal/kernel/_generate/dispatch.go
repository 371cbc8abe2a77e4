package main

import (
	"fmt"
	"strings"
)

// preamble returns how a Go file of an architecture begins.
func preamble(arch string) string {
	if arch == "purego" {
		return header + "//go:build purego || !(amd64 || arm64)\n\npackage kernel\n"
	}
	return header + "//go:build !purego\n\npackage kernel\n"
}

// dispatch returns the Go file of an architecture: what chooses between the levels,
// and the declarations of the assembly.
func dispatch(arch string, levels []*isa) string {
	var s strings.Builder
	s.WriteString(preamble(arch))
	s.WriteString("\n// assembly reports whether this binary has kernels in assembly.\n")
	fmt.Fprintf(&s, "const assembly = %v\n", levels != nil)
	for _, k := range kernels() {
		choose(&s, k, levels)
	}
	for _, l := range levels {
		declare(&s, l)
	}
	return s.String()
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
}
