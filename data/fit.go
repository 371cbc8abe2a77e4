package data

import "math/bits"

// piece is the tokens from … from+n-1 of a corpus, all of one document, or all of it.
type piece struct {
	doc  int32
	n    int32 // tokens with what is put around them
	from int64 // counted in the document with what is put around it
}

// BestFit packs whole documents into rows: the longest first, each into the row
// that it leaves least room in (Ding et al., 2024, arXiv:2404.10830). A document of more
// than p.Length tokens is cut into pieces of that length, the last of which is packed
// like a short document. Rows are of different lengths: they are not filled up.
// p.Rest is taken as set: nothing is left out. The plan takes about 20 bytes a
// piece.
func BestFit(c Corpus, p Packing) (List[Row], error) {
	if err := p.check(c, "best fit"); err != nil {
		return nil, err
	}
	all := concatenated{c: c, p: p, around: int64(len(p.Begin) + len(p.End))}
	byLength := make([][]piece, p.Length+1)
	for d := range c.Len() {
		n := all.start(d+1) - all.start(d)
		for from := int64(0); from < n; from += int64(p.Length) {
			k := min(n-from, int64(p.Length))
			byLength[k] = append(byLength[k], piece{int32(d), int32(k), from})
		}
	}
	f := &fitted{all: all}
	f.fit(byLength)
	return f, nil
}

// fitted is the plan of BestFit.
type fitted struct {
	all  concatenated
	rows [][]piece
}

// fit puts pieces into rows. Rows with the same room left are a stack, and a bit
// says of each amount of room whether there is one.
func (f *fitted) fit(byLength [][]piece) {
	stacks := make([][]int32, len(byLength))
	filled := make([]uint64, len(byLength)/64+1)
	for n := len(byLength) - 1; n > 0; n-- {
		for _, p := range byLength[n] {
			room := least(filled, n)
			var row int32
			if room < 0 {
				row, room = int32(len(f.rows)), len(byLength)-1
				f.rows = append(f.rows, nil)
			} else {
				s := stacks[room]
				row, stacks[room] = s[len(s)-1], s[:len(s)-1]
				if len(s) == 1 {
					filled[room/64] &^= 1 << (room % 64)
				}
			}
			f.rows[row] = append(f.rows[row], p)
			if left := room - n; left > 0 {
				stacks[left] = append(stacks[left], row)
				filled[left/64] |= 1 << (left % 64)
			}
		}
	}
}

// least returns the number of the first bit that is set at or after from, or -1.
func least(set []uint64, from int) int {
	for w := from / 64; w < len(set); w++ {
		b := set[w]
		if w == from/64 {
			b &= ^uint64(0) << (from % 64)
		}
		if b != 0 {
			return 64*w + bits.TrailingZeros64(b)
		}
	}
	return -1
}

func (f *fitted) Len() int { return len(f.rows) }

func (f *fitted) At(i int) Row {
	var row Row
	for k, p := range f.rows[i] {
		row.IDs = f.all.appendPart(row.IDs, int(p.doc), p.from, p.from+int64(p.n))
		if f.all.p.Separate {
			row.number(k)
		}
	}
	return row
}
