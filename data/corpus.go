package data

import (
	"math"
	"slices"
	"sort"
)

// A Corpus is documents of tokens, by number, which follow each other as one
// sequence. Nothing of it changes; any number of goroutines may read it.
type Corpus interface {
	// Len returns the number of documents.
	Len() int
	// Document returns the tokens of document i, which the caller may keep but not
	// change.
	Document(i int) []int32
	// Before returns how many tokens there are before document i, 0 ≤ i ≤ Len: for
	// Len, how many there are in all.
	Before(i int) int64
	// Append appends the tokens from … to-1 of the whole sequence to dst.
	Append(dst []int32, from, to int64) []int32
}

// Memory is a Corpus that lies in memory.
type Memory struct {
	ids  []int32
	ends []int64
}

// NewMemory returns a corpus of docs, which it copies.
func NewMemory(docs ...[]int32) *Memory {
	m := &Memory{}
	for _, d := range docs {
		m.ids = append(m.ids, d...)
		m.ends = append(m.ends, int64(len(m.ids)))
	}
	return m
}

// Len is part of Corpus.
func (m *Memory) Len() int { return len(m.ends) }

// Document is part of Corpus.
func (m *Memory) Document(i int) []int32 {
	lo, hi := m.Before(i), m.Before(i+1)
	return m.ids[lo:hi:hi]
}

// Before is part of Corpus.
func (m *Memory) Before(i int) int64 {
	if i == 0 {
		return 0
	}
	return m.ends[i-1]
}

// Append is part of Corpus.
func (m *Memory) Append(dst []int32, from, to int64) []int32 { return append(dst, m.ids[from:to]...) }

// subset is some documents of a corpus.
type subset struct {
	c    Corpus
	docs []int   // their numbers, ascending
	ends []int64 // tokens up to the end of each
}

// Subset returns the documents of c that have the given numbers, in their order.
func Subset(c Corpus, docs []int) Corpus {
	s := &subset{c: c, docs: docs, ends: make([]int64, len(docs))}
	var end int64
	for i, d := range docs {
		end += c.Before(d+1) - c.Before(d)
		s.ends[i] = end
	}
	return s
}

func (s *subset) Len() int               { return len(s.docs) }
func (s *subset) Document(i int) []int32 { return s.c.Document(s.docs[i]) }

func (s *subset) Before(i int) int64 {
	if i == 0 {
		return 0
	}
	return s.ends[i-1]
}

func (s *subset) Append(dst []int32, from, to int64) []int32 {
	for i := documentAt(s, from); from < to; i++ {
		end := min(to, s.Before(i+1))
		skip := s.c.Before(s.docs[i]) - s.Before(i)
		dst = s.c.Append(dst, from+skip, end+skip)
		from = end
	}
	return dst
}

// documentAt returns the number of the document that has token at of the whole
// sequence: the last that begins there or before.
func documentAt(c Corpus, at int64) int {
	return sort.Search(c.Len(), func(i int) bool { return c.Before(i+1) > at })
}

// HoldOut divides the documents of c: a share of them, drawn by seed, is held out,
// to the nearest whole document, and at least one of two or more where share is
// above 0.
func HoldOut(c Corpus, share float64, seed uint64) (rest, held Corpus) {
	n := c.Len()
	k := int(math.Round(float64(n) * min(max(share, 0), 1)))
	if k == 0 && share > 0 && n > 1 {
		k = 1
	}
	p := NewPermutation(n, seed)
	order := make([]int, n)
	for i := range order {
		order[i] = p.At(i)
	}
	out, in := order[:k], order[k:]
	slices.Sort(out)
	slices.Sort(in)
	return Subset(c, in), Subset(c, out)
}

// HoldOutEnd divides the sequence of c: the last share of its tokens is held out.
// A document that lies on both sides is cut in two. It suits corpora of few long
// documents, such as books.
func HoldOutEnd(c Corpus, share float64) (rest, held Corpus) {
	n := c.Before(c.Len())
	cut := n - int64(math.Round(float64(n)*min(max(share, 0), 1)))
	return &part{c, 0, cut, 0, documentsUntil(c, cut)}, &part{c, cut, n, documentAt(c, cut), c.Len()}
}

// documentsUntil returns how many documents begin before token end.
func documentsUntil(c Corpus, end int64) int {
	return sort.Search(c.Len(), func(i int) bool { return c.Before(i) >= end })
}

// part is the tokens from … to-1 of a corpus, which are of its documents first …
// last-1.
type part struct {
	c           Corpus
	from, to    int64
	first, last int
}

func (p *part) Len() int { return max(p.last-p.first, 0) }

func (p *part) Before(i int) int64 {
	if i == p.Len() {
		return p.to - p.from
	}
	return max(p.c.Before(p.first+i)-p.from, 0)
}

func (p *part) Document(i int) []int32 { return p.Append(nil, p.Before(i), p.Before(i+1)) }

func (p *part) Append(dst []int32, from, to int64) []int32 {
	return p.c.Append(dst, p.from+from, p.from+to)
}

// Join returns the documents of all corpora, one corpus after another.
func Join(all ...Corpus) Corpus {
	j := &joined{all: all, docs: make([]int, len(all)+1), tokens: make([]int64, len(all)+1)}
	for i, c := range all {
		j.docs[i+1] = j.docs[i] + c.Len()
		j.tokens[i+1] = j.tokens[i] + c.Before(c.Len())
	}
	return j
}

type joined struct {
	all    []Corpus
	docs   []int // documents before each
	tokens []int64
}

func (j *joined) Len() int { return j.docs[len(j.all)] }

// find returns the corpus that has document i, and its number there.
func (j *joined) find(i int) (c, doc int) {
	c = sort.Search(len(j.all)-1, func(c int) bool { return j.docs[c+1] > i })
	return c, i - j.docs[c]
}

func (j *joined) Document(i int) []int32 {
	c, doc := j.find(i)
	return j.all[c].Document(doc)
}

func (j *joined) Before(i int) int64 {
	if len(j.all) == 0 {
		return 0
	}
	c, doc := j.find(i)
	return j.tokens[c] + j.all[c].Before(doc)
}

func (j *joined) Append(dst []int32, from, to int64) []int32 {
	for c := range j.all {
		lo, hi := max(from, j.tokens[c]), min(to, j.tokens[c+1])
		if lo < hi {
			dst = j.all[c].Append(dst, lo-j.tokens[c], hi-j.tokens[c])
		}
	}
	return dst
}
