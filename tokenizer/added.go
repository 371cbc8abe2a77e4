package tokenizer

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// AddedToken is a token that stands beside the model's vocabulary: it is found
// in a text as it is, before the text is cut into words.
type AddedToken struct {
	ID         int32
	Content    string
	SingleWord bool // only where no word character touches it
	LStrip     bool // takes the white space before it
	RStrip     bool // takes the white space behind it
	Normalized bool // is looked for in the normalised text
	Special    bool // is left out where decoding skips special tokens
}

// finder finds a set of added tokens in text: from left to right, of those that
// begin at one place the longest.
type finder struct {
	trie   *trie
	first  [256]bool // bytes that tokens begin with
	tokens []AddedToken
}

// newFinder returns nil for no tokens. key tells what each is looked for as.
func newFinder(tokens []AddedToken, key func(AddedToken) string) *finder {
	f := &finder{tokens: tokens}
	keys := make([]string, 0, len(tokens))
	values := make([]int32, 0, len(tokens))
	for i, t := range tokens {
		if k := key(t); k != "" {
			f.first[k[0]] = true
			keys, values = append(keys, k), append(values, int32(i))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	f.trie = newTrie(keys, values)
	return f
}

// found is one added token in a text, with the white space it takes.
type found struct {
	token      *AddedToken
	start, end int
}

// next returns the first token at or behind from. done is where the text before
// it was already given out. literal leaves special tokens alone.
func (f *finder) next(b []byte, from, done int, literal bool) (found, int, bool) {
	for i := from; i < len(b); i++ {
		if !f.first[b[i]] {
			continue
		}
		value, n := f.trie.longest(b[i:])
		if n == 0 {
			continue
		}
		t := &f.tokens[value]
		start, end := i, i+n
		if literal && t.Special || t.SingleWord && (wordBefore(b, start) || wordAfter(b, end)) {
			i = end - 1
			continue
		}
		if t.LStrip {
			start = max(spaceBefore(b, start), min(done, start))
		}
		stop := end
		if t.RStrip {
			stop = spaceAfter(b, end)
		}
		return found{t, start, stop}, end, true
	}
	return found{}, len(b), false
}

// spaceBefore returns where the white space that ends at i begins.
func spaceBefore(b []byte, i int) int {
	for i > 0 {
		r, n := utf8.DecodeLastRune(b[:i])
		if scan.ClassOf(r)&scan.Space == 0 {
			break
		}
		i -= n
	}
	return i
}

// spaceAfter returns where the white space from i ends.
func spaceAfter(b []byte, i int) int {
	for i < len(b) {
		c, n := scan.ClassAt(b, i)
		if c&scan.Space == 0 {
			break
		}
		i += n
	}
	return i
}

func wordBefore(b []byte, i int) bool {
	r, n := utf8.DecodeLastRune(b[:i])
	return n > 0 && wordRune(r)
}

func wordAfter(b []byte, i int) bool {
	r, n := utf8.DecodeRune(b[i:])
	return n > 0 && wordRune(r)
}

// wordRune is \w of Rust's regular expressions: what is alphabetic, marks, decimal
// digits, connecting punctuation and joiners.
func wordRune(r rune) bool {
	c := scan.ClassOf(r)
	switch {
	case c&(scan.Letter|scan.Mark) != 0, scan.Decimal(r):
		return true
	case r < 128:
		return r == '_'
	case c&scan.Number != 0:
		return unicode.Is(unicode.Nl, r)
	}
	return unicode.In(r, unicode.Other_Alphabetic, unicode.Pc) || r == 0x200C || r == 0x200D
}

// sortAdded orders tokens by id and drops all but the last of one content.
func sortAdded(tokens []AddedToken) []AddedToken {
	last := make(map[string]int, len(tokens))
	for i, t := range tokens {
		last[t.Content] = i
	}
	kept := make([]AddedToken, 0, len(last))
	for i, t := range tokens {
		if last[t.Content] == i && t.Content != "" {
			kept = append(kept, t)
		}
	}
	slices.SortStableFunc(kept, func(a, b AddedToken) int { return cmp.Compare(a.ID, b.ID) })
	return kept
}
