package train

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

// vocabulary grows token by token; ids are in the order of adding.
type vocabulary struct {
	ids    map[string]int32
	tokens []string
}

func newVocabulary(lists ...[]string) *vocabulary {
	v := &vocabulary{ids: map[string]int32{}}
	for _, list := range lists {
		for _, token := range list {
			v.id(token)
		}
	}
	return v
}

// id returns the id of a token, which it adds if it is new.
func (v *vocabulary) id(token string) int32 {
	id, ok := v.ids[token]
	if !ok {
		id = int32(len(v.tokens))
		v.ids[token] = id
		v.tokens = append(v.tokens, token)
	}
	return id
}

// letter is a character with its number of occurrences.
type letter struct {
	char  rune
	count int64
}

// alphabet returns the characters of the words and of initial, by code point. Of
// more than limit, if that is positive, the rarest are left out: those of initial
// last, and of equally frequent ones those with larger code points first.
func (w *words) alphabet(initial []rune, limit int) []letter {
	counts := make([]int64, utf8.MaxRune+1)
	for i, n := range w.counts {
		for _, r := range string(w.at(i)) {
			counts[r] += n
		}
	}
	for _, r := range initial {
		counts[r] = math.MaxInt64
	}
	var all []letter
	for r, n := range counts {
		if n > 0 {
			all = append(all, letter{rune(r), n})
		}
	}
	if limit > 0 && len(all) > limit {
		slices.SortFunc(all, func(a, b letter) int {
			return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.char, b.char))
		})
		all = all[:limit]
		slices.SortFunc(all, func(a, b letter) int { return cmp.Compare(a.char, b.char) })
	}
	return all
}

// symbols are words as token ids.
type symbols struct {
	ids     []int32 // of all words, one after the other
	begin   []int   // of each word in ids
	size    []int32 // ids that are left of each word
	weight  []int64 // occurrences
	lengths []int32 // by place in ids: characters that the token stands for; nil: not wanted
}

// word returns the ids of word w.
func (s *symbols) word(w int32) []int32 { return s.ids[s.begin[w]:][:s.size[w]] }

// symbols returns the words as the ids of their characters. Characters outside the
// vocabulary are left out. Tokens with a prefix or a suffix that words need are
// added, in the order of their texts.
func (w *words) symbols(c *Config, v *vocabulary) symbols {
	forms := newForms(c, v)
	w.eachChar(func(_ int, r rune, at int) { forms.need(r, at) })
	forms.number(v)
	s := symbols{begin: make([]int, w.len()), size: make([]int32, w.len()), weight: w.counts, ids: make([]int32, 0, len(w.text))}
	w.eachChar(func(i int, r rune, at int) {
		if at&first != 0 {
			s.begin[i] = len(s.ids)
		}
		if id := forms.ids[at][r]; id > 0 {
			s.ids = append(s.ids, id-1)
			s.size[i]++
		}
	})
	if c.MaxTokenLength > 0 {
		s.lengths = slices.Repeat([]int32{1}, len(s.ids))
	}
	return s
}

// where a character stands in its word.
const (
	first = 1 << iota
	last
)

// eachChar calls f with each character of each word and where it stands.
func (w *words) eachChar(f func(word int, r rune, at int)) {
	for i := range w.len() {
		b := w.at(i)
		at := first
		for len(b) > 0 {
			r, n := utf8.DecodeRune(b)
			if b = b[n:]; len(b) == 0 {
				at |= last
			}
			f(i, r, at)
			at = 0
		}
	}
}

// forms are the tokens that characters become by where they stand.
type forms struct {
	prefix, suffix string
	ids            [first + last + 1][]int32 // by place and character, 1 + the id; 0: none
	all            []string                  // new ones
	of             map[string][]*int32
}

func newForms(c *Config, v *vocabulary) *forms {
	f := &forms{prefix: c.Prefix, suffix: c.Suffix, of: map[string][]*int32{}}
	for at := range f.ids {
		f.ids[at] = make([]int32, utf8.MaxRune+1)
		for i := range f.ids[at] {
			f.ids[at][i] = -1
		}
	}
	for id, token := range v.tokens {
		r, n := utf8.DecodeRuneInString(token)
		if n == 0 || n < len(token) {
			continue
		}
		for at := range f.ids {
			f.ids[at][r] = 0
			if f.form(r, at) == token {
				f.ids[at][r] = int32(id) + 1
			}
		}
	}
	return f
}

func (f *forms) form(r rune, at int) string {
	s := string(r)
	if at&first == 0 {
		s = f.prefix + s
	}
	if at&last != 0 {
		s += f.suffix
	}
	return s
}

// need notes that a character stands at a place.
func (f *forms) need(r rune, at int) {
	id := &f.ids[at][r]
	if *id != 0 {
		return
	}
	*id = -2
	s := f.form(r, at)
	if f.of[s] == nil {
		f.all = append(f.all, s)
	}
	f.of[s] = append(f.of[s], id)
}

// number adds the forms to the vocabulary.
func (f *forms) number(v *vocabulary) {
	slices.Sort(f.all)
	for _, s := range f.all {
		for _, id := range f.of[s] {
			*id = v.id(s) + 1
		}
	}
}
