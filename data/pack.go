package data

import (
	"fmt"
	"sort"
)

// A Row is tokens in sequence, of one document or of several.
type Row struct {
	IDs []int32
	// Documents has the number of each token's document in the row, from 0, where
	// documents are not to see each other; nil: one.
	Documents []int32
}

// Packing says how documents become rows.
type Packing struct {
	Length     int     // most tokens of a row
	Begin, End []int32 // put before and after each document
	// Separate numbers the documents of each row, for masks.
	Separate bool
	// Rest keeps what is left for a last, shorter row.
	Rest bool
}

func (p Packing) check(c Corpus, what string) error {
	if p.Length < 1 {
		return fmt.Errorf("data: %s: length: %d: must be 1 or more", what, p.Length)
	}
	if c.Len() == 0 {
		return fmt.Errorf("data: %s: there is no document", what)
	}
	return nil
}

// Concatenate packs the documents of c one after another and cuts the sequence into
// rows of p.Length tokens, wherever that is. It keeps no plan: a row is found by
// searching.
func Concatenate(c Corpus, p Packing) (List[Row], error) {
	if err := p.check(c, "concatenate"); err != nil {
		return nil, err
	}
	around := int64(len(p.Begin) + len(p.End))
	rows := &concatenated{c: c, p: p, around: around, tokens: c.Before(c.Len()) + around*int64(c.Len())}
	rows.n = int(rows.tokens / int64(p.Length))
	if p.Rest && rows.tokens%int64(p.Length) > 0 {
		rows.n++
	}
	return rows, nil
}

type concatenated struct {
	c      Corpus
	p      Packing
	around int64 // tokens put around each document
	tokens int64 // in all
	n      int
}

func (s *concatenated) Len() int { return s.n }

// start returns where document i begins, with what is put before it.
func (s *concatenated) start(i int) int64 { return s.c.Before(i) + s.around*int64(i) }

func (s *concatenated) At(i int) Row {
	if i < 0 || i >= s.n {
		panic("data: concatenate: no such row")
	}
	from := int64(i) * int64(s.p.Length)
	to := min(from+int64(s.p.Length), s.tokens)
	row := Row{IDs: make([]int32, 0, to-from)}
	first := sort.Search(s.c.Len(), func(d int) bool { return s.start(d+1) > from })
	for d := first; from < to; d++ {
		end := min(to, s.start(d+1))
		row.IDs = s.appendPart(row.IDs, d, from-s.start(d), end-s.start(d))
		if s.p.Separate {
			row.number(d - first)
		}
		from = end
	}
	return row
}

// appendPart appends the tokens from … to-1 of document d, counted with what is
// put around it.
func (s *concatenated) appendPart(dst []int32, d int, from, to int64) []int32 {
	begin, n := int64(len(s.p.Begin)), s.c.Before(d+1)-s.c.Before(d)
	if from < begin {
		dst = append(dst, s.p.Begin[from:min(to, begin)]...)
	}
	if lo, hi := max(from-begin, 0), min(to-begin, n); lo < hi {
		dst = s.c.Append(dst, s.c.Before(d)+lo, s.c.Before(d)+hi)
	}
	if lo, hi := max(from-begin-n, 0), to-begin-n; lo < hi {
		dst = append(dst, s.p.End[lo:hi]...)
	}
	return dst
}

// number gives the tokens at the end of the row that have no document yet the
// number n.
func (r *Row) number(n int) {
	for len(r.Documents) < len(r.IDs) {
		r.Documents = append(r.Documents, int32(n))
	}
}
