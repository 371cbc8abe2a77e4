package checkpoint

import (
	"slices"
	"strings"
)

// A Rename is one line of a table that turns the names of one format into those
// of another, with what has to be done to the values. It applies to every tensor
// whose name From matches; each {n} in it stands for a number, which takes the
// place of {n} in To.
type Rename struct {
	From, To string // several names, separated by spaces, where Op says so
	Op       Op
	Heads    int   // of Permute, Unpermute, Group and Ungroup
	Parts    []int // of Concat and Split: rows of each part; nil: all alike. Of Group and Ungroup: one number; nil: 3
}

// An Op is what a [Rename] does to values. It moves whole rows, that is indices
// of the first axis, so block formats stay as they are; only Transpose needs a
// plain form.
type Op uint8

// The operations. Each but Drop has an inverse, see [Invert].
const (
	Same      Op = iota
	Transpose    // a matrix
	// Permute makes the two rows of each pair that is rotated together neighbours;
	// in each head they were half of it apart. From Hugging Face's Llama to GGUF's.
	Permute
	Unpermute // the inverse of Permute
	Group     // rows of part, head, dimension become rows of head, part, dimension
	Ungroup   // the inverse of Group: queries, keys and values of each head become three blocks
	Concat    // several tensors become one, along the first axis
	Split     // the inverse of Concat
	Stack     // tensors whose names differ in {e}, numbers from 0, become one with a new first axis
	Unstack   // the inverse of Stack
	Drop      // the tensor is left out; To is empty
)

// inverse holds the operation that undoes each.
var inverse = map[Op]Op{
	Same: Same, Transpose: Transpose, Permute: Unpermute, Unpermute: Permute, Group: Ungroup, Ungroup: Group,
	Concat: Split, Split: Concat, Stack: Unstack, Unstack: Stack,
}

// Invert returns the table that goes the other way. What table drops, it cannot
// bring back.
func Invert(table []Rename) []Rename {
	var inverted []Rename
	for _, r := range slices.Backward(table) {
		op, ok := inverse[r.Op]
		if ok {
			inverted = append(inverted, Rename{From: r.To, To: r.From, Op: op, Heads: r.Heads, Parts: r.Parts})
		}
	}
	return inverted
}

// NameIn returns the name, before table is applied, of the tensor that has that name
// afterwards. It knows one-to-one names only.
func NameIn(table []Rename, name string) (string, bool) {
	for _, r := range table {
		from, to := parsePatterns(r.From), parsePatterns(r.To)
		if len(from) != 1 || len(to) != 1 {
			continue
		}
		if b, ok := to[0].match(name); ok {
			return from[0].expand(b), true
		}
	}
	return "", false
}

// A pattern is a name with places for numbers: texts, with {n} or {e} between
// them.
type pattern struct {
	texts  []string
	places []byte
}

func parsePattern(name string) pattern {
	var p pattern
	for {
		i := strings.IndexByte(name, '{')
		if i < 0 || len(name) < i+3 || name[i+2] != '}' {
			p.texts = append(p.texts, name)
			return p
		}
		p.texts = append(p.texts, name[:i])
		p.places = append(p.places, name[i+1])
		name = name[i+3:]
	}
}

// A binding holds the numbers of one match, as written.
type binding struct{ n, e string }

// match reports whether the name is of the pattern, and with what numbers. A
// number has no leading zeros.
func (p *pattern) match(name string) (b binding, ok bool) {
	rest, ok := strings.CutPrefix(name, p.texts[0])
	for i, place := range p.places {
		if !ok {
			return b, false
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		number := rest[:digits]
		if digits == 0 || digits > 9 || digits > 1 && number[0] == '0' {
			return b, false
		}
		bound := &b.n
		if place == 'e' {
			bound = &b.e
		}
		if *bound != "" && *bound != number {
			return b, false
		}
		*bound = number
		rest, ok = strings.CutPrefix(rest[digits:], p.texts[i+1])
	}
	return b, ok && rest == ""
}

// expand returns the name that the pattern stands for.
func (p *pattern) expand(b binding) string {
	name := p.texts[0]
	for i, place := range p.places {
		if place == 'e' {
			name += b.e
		} else {
			name += b.n
		}
		name += p.texts[i+1]
	}
	return name
}

func parsePatterns(names string) []pattern {
	var all []pattern
	for _, name := range strings.Fields(names) {
		all = append(all, parsePattern(name))
	}
	return all
}
