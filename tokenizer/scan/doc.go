// Package scan finds the words a byte-pair tokenizer cuts text into before it
// merges.
//
// Published tokenizers name their cut by a regular expression. The ones in wide
// use are scanned here by hand, in one pass without allocation; Compile gives
// any other to a backtracking engine with a time limit. The scanners take
// Unicode classes from Go's tables and what Unicode 16 added to them.
package scan

// A Span is a range of bytes, end exclusive.
type Span struct{ Start, End int }

// A Pattern appends to dst the matches of an expression in b: from left to right,
// not overlapping, none of them empty.
type Pattern func(dst []Span, b []byte) []Span

// next is a scanner for an expression that matches at every position: it
// returns where the word that starts at i ends.
type next func(b []byte, i int) int

// pattern makes a Pattern of n.
func (n next) pattern() Pattern {
	return func(dst []Span, b []byte) []Span {
		for i := 0; i < len(b); {
			end := n(b, i)
			dst = append(dst, Span{i, end})
			i = end
		}
		return dst
	}
}

// find is a scanner for an expression that may match nothing at a position: it
// returns where a match that starts at i ends, or i.
func find(at func(b []byte, i int) int) Pattern {
	return func(dst []Span, b []byte) []Span {
		for i := 0; i < len(b); {
			if end := at(b, i); end > i {
				dst = append(dst, Span{i, end})
				i = end
				continue
			}
			_, n := ClassAt(b, i)
			i += n
		}
		return dst
	}
}
