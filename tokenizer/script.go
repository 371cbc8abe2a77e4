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
	pages := scriptPages()
	for i := w.start; i < w.end; {
		r, n := utf8.DecodeRune(b[i:w.end])
		if page := pages[r>>8]; page != nil && page[r&255] != 0 {
			script := page[r&255]
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

// scriptPages holds the scripts of 256 characters a page, numbered from 1; 0 is
// none.
var scriptPages = sync.OnceValue(func() *[0x1100]*[256]uint8 {
	pages := new([0x1100]*[256]uint8)
	set := func(lo, hi, stride rune, script uint8) {
		for r := lo; r <= hi; r += stride {
			if pages[r>>8] == nil {
				pages[r>>8] = new([256]uint8)
			}
			pages[r>>8][r&255] = script
		}
	}
	fill := func(t *unicode.RangeTable, script uint8) {
		for _, r := range t.R16 {
			set(rune(r.Lo), rune(r.Hi), rune(r.Stride), script)
		}
		for _, r := range t.R32 {
			set(rune(r.Lo), rune(r.Hi), rune(r.Stride), script)
		}
	}
	number := map[string]uint8{}
	for name := range unicode.Scripts {
		number[name] = uint8(len(number) + 1)
	}
	number["Hiragana"], number["Katakana"] = number["Han"], number["Han"]
	for name, table := range unicode.Scripts {
		fill(table, number[name])
	}
	fill(laterScript, 0)
	set(0x589, 0x61C, 0x61C-0x589, number["Common"])
	set(0x953, 0x954, 1, number["Devanagari"])
	set(0x30FC, 0x30FC, 1, number["Han"])
	set(' ', ' ', 1, 0)
	return pages
})
