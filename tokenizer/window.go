package tokenizer

import (
	"errors"
	"fmt"
)

// Strategy says which of two texts is cut where both together are too long.
type Strategy int8

// The strategies of Hugging Face's tokenizers.
const (
	LongestFirst Strategy = iota // the longer one until both are equal, then both
	OnlyFirst
	OnlySecond
)

// Truncation says how what is too long becomes windows.
type Truncation struct {
	Length   int // tokens of a window, those of the template among them; 0: as many as there are
	Strategy Strategy
	Stride   int  // tokens that a window shares with the one before it
	Left     bool // the first window holds the end of the text, and the next what stands before
}

// EncodeWindows returns one text, or two in one sequence, as windows of at most
// cut.Length tokens. The first is the truncated text; the others hold what it
// left out, as Hugging Face's overflowing encodings do and in their order. Of two
// texts that are both cut each window of the one comes with each of the other. It
// fails if the template leaves no room, or if the text that may be cut is too
// short for it.
func (t *Tokenizer) EncodeWindows(texts []string, cut Truncation, opts ...Option) ([]Encoding, error) {
	all, err := t.windows(texts, cut, join(opts))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: truncation: %w", err)
	}
	return all, nil
}

func (t *Tokenizer) windows(texts []string, cut Truncation, o Option) ([]Encoding, error) {
	if len(texts) != 1 && len(texts) != 2 {
		return nil, fmt.Errorf("%d texts: neither one nor two", len(texts))
	}
	parts := t.template.of(len(texts))
	whole := make([]Encoding, len(texts))
	for i, text := range texts {
		s := t.scratches.take(true)
		t.run(s, text, o&Literal != 0)
		whole[i].text(t, part{text: i}, s, text, true)
		t.scratches.give(s)
	}
	room := cut.Length
	if o&Bare == 0 {
		room -= parts.added()
	}
	if cut.Length <= 0 {
		room = len(whole[0].IDs)
		if len(whole) == 2 {
			room += len(whole[1].IDs)
		}
	}
	ranges, err := cut.ranges(whole, room)
	if err != nil {
		return nil, err
	}
	all := []Encoding{}
	for _, one := range parts.combine(ranges) {
		var e Encoding
		for _, p := range parts {
			if p.text >= 0 {
				e.join(&whole[p.text], one[p.text], p.kind)
			} else if o&Bare == 0 {
				e.template(p, true)
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// ranges returns the windows of each text that room for tokens allows.
func (c Truncation) ranges(whole []Encoding, room int) (all [2][]span, err error) {
	var limit [2]int
	total := 0
	for i := range whole {
		limit[i] = len(whole[i].IDs)
		total += limit[i]
	}
	switch target := int(c.Strategy - OnlyFirst); {
	case room < 0:
		return all, fmt.Errorf("length %d: the template alone is longer", c.Length)
	case c.Stride < 0:
		return all, fmt.Errorf("stride %d: negative", c.Stride)
	case total <= room:
	case room == 0:
		limit = [2]int{}
	case c.Strategy == LongestFirst:
		limit = longestFirst(limit, room, len(whole))
	case target >= len(whole):
		return all, errors.New("the second text is to be cut, and there is none")
	case limit[target] <= total-room:
		return all, fmt.Errorf("length %d: the text to be cut has %d tokens, of which %d would have to go", c.Length, limit[target], total-room)
	default:
		limit[target] -= total - room
	}
	for i := range whole {
		n := len(whole[i].IDs)
		if limit[i] < n && limit[i] > 0 && c.Stride >= limit[i] {
			return all, fmt.Errorf("stride %d: not below the %d tokens that a window has for the text", c.Stride, limit[i])
		}
		all[i] = c.cut(n, limit[i])
	}
	return all, nil
}

// longestFirst returns how many tokens each text keeps.
func longestFirst(n [2]int, room, texts int) [2]int {
	if texts == 1 {
		return [2]int{room}
	}
	short := min(n[0], n[1])
	long := max(short, room-short)
	if short+long > room {
		short = room / 2
		long = room - short
	}
	if n[0] > n[1] {
		return [2]int{long, short}
	}
	return [2]int{short, long}
}

// cut returns the windows of n tokens; the first is what is kept.
func (c Truncation) cut(n, limit int) (all []span) {
	switch {
	case limit >= n:
		return []span{{0, int32(n)}}
	case limit == 0:
		return []span{{0, 0}, {0, int32(n)}}
	}
	step := limit - c.Stride
	for at := 0; ; at += step {
		from, to := at, min(at+limit, n)
		if c.Left {
			from, to = max(n-at-limit, 0), n-at
		}
		all = append(all, span{int32(from), int32(to)})
		if !c.Left && to == n || c.Left && from == 0 {
			return all
		}
	}
}

// combine returns which window of each text goes to each encoding.
func (ps parts) combine(ranges [2][]span) [][2]span {
	all := [][2]span{{}}
	var done [2]bool
	for _, p := range ps {
		if p.text < 0 || done[p.text] {
			continue
		}
		done[p.text] = true
		with := func(of [2]span, w span) [2]span {
			of[p.text] = w
			return of
		}
		windows := ranges[p.text]
		next := [][2]span{with(all[0], windows[0])}
		for _, before := range all[1:] {
			for _, w := range windows {
				next = append(next, with(before, w))
			}
		}
		for _, w := range windows[1:] {
			next = append(next, with(all[0], w))
		}
		all = next
	}
	return all
}

// join appends a window of another encoding.
func (e *Encoding) join(from *Encoding, at span, kind int32) {
	i, j := at.start, at.end
	e.IDs = append(e.IDs, from.IDs[i:j]...)
	for range j - i {
		e.Types = append(e.Types, kind)
	}
	e.Text, e.Offsets = append(e.Text, from.Text[i:j]...), append(e.Offsets, from.Offsets[i:j]...)
	e.Words, e.Special = append(e.Words, from.Words[i:j]...), append(e.Special, from.Special[i:j]...)
}

// Padding says how rows of a batch become equally long.
type Padding struct {
	Length   int   // tokens of a row; 0: as many as the longest has
	Multiple int   // the length is rounded up to a multiple of this, if it is over 1
	Left     bool  // fills before the text
	ID, Type int32 // of the tokens that fill
}

// Pad fills encodings until they are equally long, and sets Attention, which is
// false for what was filled in. Longer ones than p.Length stay as they are.
func Pad(rows []Encoding, p Padding) {
	length := p.Length
	if length <= 0 {
		for i := range rows {
			length = max(length, len(rows[i].IDs))
		}
	}
	if p.Multiple > 1 {
		length = (length + p.Multiple - 1) / p.Multiple * p.Multiple
	}
	for i := range rows {
		rows[i].pad(p, length)
	}
}

func (e *Encoding) pad(p Padding, length int) {
	places := e.Offsets != nil || len(e.IDs) == 0
	n := max(length-len(e.IDs), 0)
	if e.Attention == nil {
		e.Attention = fill([]bool{}, true, len(e.IDs), false)
	}
	e.IDs, e.Types = fill(e.IDs, p.ID, n, p.Left), fill(e.Types, p.Type, n, p.Left)
	e.Attention = fill(e.Attention, false, n, p.Left)
	if places {
		e.Text, e.Offsets = fill(e.Text, -1, n, p.Left), fill(e.Offsets, Offset{}, n, p.Left)
		e.Words, e.Special = fill(e.Words, -1, n, p.Left), fill(e.Special, true, n, p.Left)
	}
}

// fill puts v n times behind a, or before it.
func fill[T any](a []T, v T, n int, left bool) []T {
	out := make([]T, 0, len(a)+n)
	if !left {
		out = append(out, a...)
	}
	for range n {
		out = append(out, v)
	}
	if left {
		out = append(out, a...)
	}
	return out
}
