package tokenizer

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// scripts cuts words where the script changes. Hiragana and Katakana count as
// Han; spaces, and characters of no script, belong to what stands before them.
// Those that stand before all else are lost, as the reference loses them.
type scripts struct{}

func (scripts) split(s *scratch, _ bool) {
	out := s.spare.at[:0]
	for _, w := range s.words.at {
		out = cutScripts(out, s.words.text.b, w)
	}
	s.spare.at, s.words.at = s.words.at, out
}

func cutScripts(out []span, b []byte, w span) []span {
	last, begin := uint8(0), w.end
	table := scriptTables()
	for i := w.start; i < w.end; {
		r, n := utf8.DecodeRune(b[i:w.end])
		if script := table.of(r); script != 0 {
			switch {
			case last == 0:
				begin = i
			case script != last:
				out = append(out, span{begin, i})
				begin = i
			}
			last = script
		}
		i += int32(n)
	}
	if begin < w.end {
		out = append(out, span{begin, w.end})
	}
	return out
}

// scriptTable holds the scripts of characters, numbered from 1; 0 is none.
type scriptTable struct {
	pages [0x1100]*[256]uint8 // 256 characters a page
	names [256]string
}

var scriptTables = sync.OnceValue(func() *scriptTable {
	t := new(scriptTable)
	number := map[string]uint8{}
	for name := range unicode.Scripts {
		n := uint8(len(number) + 1)
		number[name], t.names[n] = n, name
	}
	number["Hiragana"], number["Katakana"] = number["Han"], number["Han"]
	for name, table := range unicode.Scripts {
		t.fill(table, number[name])
	}
	t.fill(laterScript, 0)
	t.set(0x589, 0x61C, 0x61C-0x589, number["Common"])
	t.set(0x953, 0x954, 1, number["Devanagari"])
	t.set(0x30FC, 0x30FC, 1, number["Han"])
	t.set(' ', ' ', 1, 0)
	return t
})

func (t *scriptTable) set(lo, hi, stride rune, script uint8) {
	for r := lo; r <= hi; r += stride {
		if t.pages[r>>8] == nil {
			t.pages[r>>8] = new([256]uint8)
		}
		t.pages[r>>8][r&255] = script
	}
}

func (t *scriptTable) fill(table *unicode.RangeTable, script uint8) {
	for _, r := range table.R16 {
		t.set(rune(r.Lo), rune(r.Hi), rune(r.Stride), script)
	}
	for _, r := range table.R32 {
		t.set(rune(r.Lo), rune(r.Hi), rune(r.Stride), script)
	}
}

// of returns the script of a character.
func (t *scriptTable) of(r rune) uint8 {
	if page := t.pages[r>>8]; page != nil {
		return page[r&255]
	}
	return 0
}
