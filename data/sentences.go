package data

import "fmt"

// Sentences says how whole sentences are packed into rows: RoBERTa's full-sentences
// and doc-sentences (arXiv:1907.11692, section 4.2).
type Sentences struct {
	// Length is the most tokens of a row, what is put around them not counted.
	Length int
	// Cut returns where the sentences of a document end: ascending, the last at its
	// end.
	Cut func(ids []int32) []int
	// Cross lets rows go on with the next document, after Separator: full-sentences.
	// Without it a row is of one document: doc-sentences.
	Cross bool
	// Separator is put between documents of a row.
	Separator []int32
	// Begin and End are put around each row, as <s> and </s>.
	Begin, End []int32
}

// Pack fills rows with whole sentences of c, one after another, as long as they
// have room. A sentence longer than a row is cut. Rows are of different lengths.
// The plan takes 8 bytes a row.
func (s Sentences) Pack(c Corpus) (List[Row], error) {
	if err := (Packing{Length: s.Length}).check(c, "sentences"); err != nil {
		return nil, err
	}
	p := &sentenceRows{c: c, s: s}
	for d := range c.Len() {
		if err := p.add(d); err != nil {
			return nil, err
		}
	}
	p.ends = append(p.ends, c.Before(c.Len()))
	return p, nil
}

// sentenceRows is the plan: row i ends before token ends[i] of the corpus.
type sentenceRows struct {
	c    Corpus
	s    Sentences
	ends []int64
	used int // tokens of the row that is being filled
}

// add adds document d.
func (p *sentenceRows) add(d int) error {
	start := p.c.Before(d)
	n := p.c.Before(d+1) - start
	if n == 0 {
		return nil
	}
	cuts := p.s.Cut(p.c.Document(d))
	if len(cuts) == 0 || int64(cuts[len(cuts)-1]) != n || cuts[0] < 1 {
		return fmt.Errorf("data: sentences: document %d: its %d tokens are cut at %v", d, n, cuts)
	}
	for i, from := 0, 0; i < len(cuts); i++ {
		if cuts[i] < from {
			return fmt.Errorf("data: sentences: document %d: a sentence of tokens %d … %d", d, from, cuts[i])
		}
		for from < cuts[i] {
			k := min(cuts[i]-from, p.s.Length)
			p.put(start+int64(from), k, from == 0 && d > 0)
			from += k
		}
	}
	return nil
}

// put adds k tokens at the given place, the first of a document or not.
func (p *sentenceRows) put(at int64, k int, first bool) {
	need := k
	if first && p.used > 0 {
		need += len(p.s.Separator)
	}
	if p.used > 0 && (p.used+need > p.s.Length || first && !p.s.Cross) {
		p.ends = append(p.ends, at)
		p.used, need = 0, k
	}
	p.used += need
}

func (p *sentenceRows) Len() int { return len(p.ends) }

func (p *sentenceRows) At(i int) Row {
	from, end := int64(0), p.ends[i]
	if i > 0 {
		from = p.ends[i-1]
	}
	ids := append([]int32{}, p.s.Begin...)
	for d := documentAt(p.c, from); from < end; d++ {
		to := min(end, p.c.Before(d+1))
		ids = p.c.Append(ids, from, to)
		if from < to && to < end {
			ids = append(ids, p.s.Separator...)
		}
		from = to
	}
	return Row{IDs: append(ids, p.s.End...)}
}
