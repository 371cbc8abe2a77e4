package data

import (
	"fmt"
	"slices"
	"testing"
)

// joinedRows returns all rows one after another.
func joinedRows(rows List[Row]) (ids []int32) {
	for i := range rows.Len() {
		ids = append(ids, rows.At(i).IDs...)
	}
	return ids
}

// Rows of a concatenation are the documents with what is put around them, cut every
// Length tokens, and their numbers change where documents do.
func TestConcatenate(t *testing.T) {
	for _, p := range []Packing{
		{Length: 1}, {Length: 7, Rest: true}, {Length: 5, End: []int32{1}}, {Length: 4, Begin: []int32{2, 3}, End: []int32{1, 1, 1}, Rest: true},
		{Length: 1000, Rest: true}, {Length: 6, Begin: []int32{2}, Separate: true}, {Length: 30, End: []int32{1}, Separate: true, Rest: true},
	} {
		for _, n := range []int{1, 2, 17} {
			c := someCorpus(n, 5)
			var want, doc []int32
			for i := range n {
				want = append(append(append(want, p.Begin...), c.Document(i)...), p.End...)
				for len(doc) < len(want) {
					doc = append(doc, int32(i))
				}
			}
			rows, err := Concatenate(c, p)
			if err != nil {
				t.Fatal(err)
			}
			if !p.Rest {
				want = want[:len(want)/p.Length*p.Length]
			}
			if got := joinedRows(rows); !slices.Equal(got, want) {
				t.Errorf("%+v of %d: %v, want %v", p, n, got, want)
			}
			at := 0
			for i := range rows.Len() {
				row := rows.At(i)
				if len(row.IDs) != p.Length && (i < rows.Len()-1 || !p.Rest) {
					t.Errorf("%+v of %d: row %d has %d tokens", p, n, i, len(row.IDs))
				}
				if (row.Documents != nil) != p.Separate {
					t.Errorf("%+v: documents %v", p, row.Documents)
				}
				for j, d := range row.Documents {
					if d != doc[at+j]-doc[at] {
						t.Errorf("%+v of %d: row %d: documents %v, want those of %v", p, n, i, row.Documents, doc[at:at+len(row.IDs)])
						break
					}
				}
				at += len(row.IDs)
			}
		}
	}
	for _, c := range []struct {
		c Corpus
		p Packing
	}{{NewMemory(), Packing{Length: 3}}, {someCorpus(3, 1), Packing{}}} {
		if _, err := Concatenate(c.c, c.p); err == nil {
			t.Error(fmt.Sprint("packed: ", c))
		}
	}
}
