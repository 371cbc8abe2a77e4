package train

import (
	"cmp"
	"maps"
	"slices"
	"unicode"
)

// space is SentencePiece's sign for a space.
const space = '▁'

// The first numbers of an alphabet.
const (
	wordEnd   = 0 // stands behind each word
	uncovered = 1 // a character that there are no pieces for
	letters   = 2 // and more: characters, the most frequent first
)

// spelling numbers the characters of a corpus.
type spelling struct {
	chars   []rune // by number
	counts  []int64
	scripts []int16 // by number; see piece
	numbers map[rune]int32
}

// newSpelling numbers the most frequent characters of w, a share of coverage of
// all there are, and those that are asked for.
func newSpelling(w *words, initial []rune, coverage float64) *spelling {
	all := w.alphabet(nil, 0)
	var total, covered int64
	for _, l := range all {
		total += l.count
	}
	slices.SortFunc(all, func(a, b letter) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.char, b.char))
	})
	s := &spelling{chars: make([]rune, letters), counts: make([]int64, letters), scripts: make([]int16, letters), numbers: map[rune]int32{}}
	for _, l := range all {
		if float64(covered) >= coverage*float64(total) {
			break
		}
		covered += l.count
		s.add(l.char, l.count)
	}
	for _, r := range initial {
		if s.numbers[r] == 0 {
			s.add(r, 0)
		}
	}
	return s
}

func (s *spelling) add(r rune, n int64) {
	s.numbers[r] = int32(len(s.chars))
	s.chars, s.counts, s.scripts = append(s.chars, r), append(s.counts, n), append(s.scripts, scriptOf(r))
}

// text returns what characters spell.
func (s *spelling) text(piece []int32) string {
	runes := make([]rune, len(piece))
	for i, c := range piece {
		runes[i] = s.chars[c]
	}
	return string(runes)
}

// spelled are words as characters by number.
type spelled struct {
	text   []int32 // each word with a wordEnd behind it
	begin  []int   // of each word, and len(text)
	counts []int64
}

// word returns the characters of word i.
func (s *spelled) word(i int) []int32 { return s.text[s.begin[i] : s.begin[i+1]-1] }

// spell returns w as characters, the most frequent words first and then by text.
func (s *spelling) spell(w *words) *spelled {
	order := w.sorted()
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(w.counts[b], w.counts[a]) })
	out := &spelled{}
	for _, i := range order {
		out.begin = append(out.begin, len(out.text))
		out.counts = append(out.counts, w.counts[i])
		for _, r := range string(w.at(int(i))) {
			out.text = append(out.text, max(s.numbers[r], uncovered))
		}
		out.text = append(out.text, wordEnd)
	}
	out.begin = append(out.begin, len(out.text))
	return out
}

// Scripts that are none.
const (
	inherited = -1 // that of the character before
	anyScript = -2
)

var scriptNames = slices.Sorted(maps.Keys(unicode.Scripts))

// scriptOf returns the number of r's script. Japanese syllables count as Han.
func scriptOf(r rune) int16 {
	for i, name := range scriptNames {
		if !unicode.Is(unicode.Scripts[name], r) {
			continue
		}
		switch name {
		case "Inherited":
			return inherited
		case "Hiragana", "Katakana":
			name = "Han"
		}
		if r == 'ー' {
			name = "Han"
		}
		if name == "Han" {
			i, _ = slices.BinarySearch(scriptNames, name)
		}
		return int16(i)
	}
	return int16(len(scriptNames))
}

// valid reports whether SentencePiece would take a piece: it holds characters of
// one script, and a space at its beginning only.
func (s *spelling) valid(piece []int32) bool {
	before := int16(anyScript)
	for i, c := range piece {
		if c < letters {
			return false
		}
		if s.chars[c] == space {
			if i > 0 {
				return false
			}
			continue
		}
		script := s.scripts[c]
		if script == inherited {
			script = before
		}
		if script != before && before != anyScript {
			return false
		}
		before = script
	}
	return true
}
