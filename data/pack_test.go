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

// Rows of BestFit hold every token once, whole documents where they fit, and need
// little more rows than there are tokens for.
func TestBestFit(t *testing.T) {
	for _, p := range []Packing{
		{Length: 1}, {Length: 4, End: []int32{1}}, {Length: 12, Begin: []int32{2}, End: []int32{1}, Separate: true}, {Length: 130},
	} {
		c := someCorpus(300, 6)
		rows, err := BestFit(c, p)
		if err != nil {
			t.Fatal(err)
		}
		var pieces [][]int32
		total := 0
		for i := range rows.Len() {
			row := rows.At(i)
			total += len(row.IDs)
			if len(row.IDs) == 0 || len(row.IDs) > p.Length || (row.Documents != nil) != p.Separate {
				t.Fatalf("%+v: row %d: %v", p, i, row)
			}
			if !p.Separate {
				pieces = append(pieces, row.IDs)
				continue
			}
			for lo, hi := 0, 0; lo < len(row.IDs); lo = hi {
				for hi < len(row.IDs) && row.Documents[hi] == row.Documents[lo] {
					hi++
				}
				pieces = append(pieces, row.IDs[lo:hi])
			}
		}
		var want [][]int32
		for i := range c.Len() {
			want = append(want, append(append(append([]int32{}, p.Begin...), c.Document(i)...), p.End...))
		}
		if p.Separate && !slices.EqualFunc(sorted(pieces), sorted(want), slices.Equal) {
			t.Errorf("%+v: pieces %v, want %v", p, sorted(pieces), sorted(want))
		}
		got, all := slices.Concat(pieces...), slices.Concat(want...)
		slices.Sort(got)
		slices.Sort(all)
		if !slices.Equal(got, all) {
			t.Errorf("%+v: tokens are missing or there twice", p)
		}
		if most := total/p.Length + total/p.Length/10 + 1; rows.Len() > most && p.Length > 4 {
			t.Errorf("%+v: %d rows for %d tokens, over %d", p, rows.Len(), total, most)
		}
	}
}

func sorted(rows [][]int32) [][]int32 {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// every is a Cut of sentences of n tokens.
func every(n int) func(ids []int32) []int {
	return func(ids []int32) (ends []int) {
		for at := n; at < len(ids); at += n {
			ends = append(ends, at)
		}
		return append(ends, len(ids))
	}
}

func TestSentencesPack(t *testing.T) {
	c := NewMemory([]int32{10, 11, 12, 13, 14}, []int32{}, []int32{20, 21, 22}, []int32{30}, []int32{40, 41, 42, 43, 44, 45, 46})
	for _, k := range []struct {
		s    Sentences
		want [][]int32
	}{
		{Sentences{Length: 6, Cut: every(2)}, [][]int32{{10, 11, 12, 13, 14}, {20, 21, 22}, {30}, {40, 41, 42, 43, 44, 45}, {46}}},
		{Sentences{Length: 6, Cut: every(2), Cross: true, Separator: []int32{1}, Begin: []int32{0}, End: []int32{2}},
			[][]int32{{0, 10, 11, 12, 13, 14, 2}, {0, 20, 21, 22, 1, 30, 2}, {0, 40, 41, 42, 43, 44, 45, 2}, {0, 46, 2}}},
		{Sentences{Length: 8, Cut: every(2), Cross: true, Separator: []int32{1}},
			[][]int32{{10, 11, 12, 13, 14, 1, 20, 21}, {22, 1, 30, 1, 40, 41, 42, 43}, {44, 45, 46}}},
		{Sentences{Length: 3, Cut: every(100), Cross: true},
			[][]int32{{10, 11, 12}, {13, 14}, {20, 21, 22}, {30}, {40, 41, 42}, {43, 44, 45}, {46}}},
	} {
		rows, err := k.s.Pack(c)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]int32
		for i := range rows.Len() {
			got = append(got, rows.At(i).IDs)
		}
		if !slices.EqualFunc(got, k.want, slices.Equal) {
			t.Errorf("length %d, cross %v: %v, want %v", k.s.Length, k.s.Cross, got, k.want)
		}
	}
	for _, cut := range []func([]int32) []int{
		func([]int32) []int { return nil },
		func(ids []int32) []int { return []int{len(ids) + 1} },
		func(ids []int32) []int { return []int{len(ids), 0, len(ids)} },
		func(ids []int32) []int { return []int{-1, len(ids)} },
	} {
		if _, err := (Sentences{Length: 3, Cut: cut}).Pack(c); err == nil {
			t.Errorf("sentences that end at %v were taken", cut(c.Document(0)))
		}
	}
}
