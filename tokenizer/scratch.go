package tokenizer

import (
	"sync"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// scratch is the memory one encoding works in. What a model finds goes to ids
// and, when offsets are asked for, at.
type scratch struct {
	track bool // offsets are wanted
	ids   []int32
	at    []span   // of each id: within the word first, then in the input
	word  []int32  // of each id, the number of its word
	forms []string // of each, what it is in the normalised text; "": its token
	n     int32    // words so far

	cur, other text // a normaliser reads cur, writes other, and they change places
	words      words
	spare      words
	found      []scan.Span
	symbols    []symbol
	heap       []uint64
	room       room
	best       []arrival
	buf        []byte
	cache      *wordCache // nil before it pays
	seen       int        // bytes of text so far
	inner      *scratch   // for parts of a text that need all steps
}

// keepAtMost bounds the memory that waits in the pool for the next text.
const keepAtMost = 1 << 20

// scratches keeps memory for the next text. What is remembered in it belongs to
// one tokenizer.
type scratches struct{ pool sync.Pool }

// take returns memory for one text.
func (p *scratches) take(track bool) *scratch {
	s, ok := p.pool.Get().(*scratch)
	if !ok {
		s = new(scratch)
	}
	s.track, s.n = track, 0
	s.ids, s.at, s.word, s.forms = s.ids[:0], s.at[:0], s.word[:0], s.forms[:0]
	return s
}

// give gives the memory back.
func (p *scratches) give(s *scratch) {
	s.cur.own()
	s.other.own()
	s.words.text.own()
	s.spare.text.own()
	if s.inner != nil {
		s.inner.cur.own()
		s.inner.other.own()
	}
	if cap(s.cur.b) > keepAtMost || cap(s.symbols) > keepAtMost || cap(s.best) > keepAtMost || cap(s.ids) > keepAtMost {
		return
	}
	p.pool.Put(s)
}

// emit appends an id that stands for bytes start to end of the word.
func (s *scratch) emit(id int32, start, end int) {
	s.ids = append(s.ids, id)
	if s.track {
		s.at = append(s.at, span{int32(start), int32(end)})
	}
}

// swap makes what a normaliser wrote the text that the next one reads.
func (s *scratch) swap() { s.cur, s.other = s.other, s.cur }
