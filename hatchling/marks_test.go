package hatchling

import (
	"slices"
	"strings"
	"unicode"
)

// A word is one of a text, in small letters, with the marks around it: whether it
// begins with a capital, and what stands behind it.
type word struct {
	letters string
	capital bool
	after   string
}

const marks = ",.;:!?"

// wordsOf returns the words of a text. Dashes are marks behind the word before.
func wordsOf(text string) []word {
	var words []word
	for field := range strings.FieldsSeq(strings.ReplaceAll(text, "--", " -- ")) {
		letters := strings.TrimRight(field, marks+"-")
		after := field[len(letters):]
		if letters == "" {
			if len(words) > 0 {
				words[len(words)-1].after += after
			}
			continue
		}
		words = append(words, word{strings.ToLower(letters), unicode.IsUpper([]rune(letters)[0]), after})
	}
	return words
}

// bare is a text without what is to be restored.
func bare(words []word) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.letters)
	}
	return b.String()
}

// counts are marks that are right, that were written, and that should have been.
type counts struct{ right, written, wanted int }

func (c counts) f1() float64 {
	if c.written+c.wanted == 0 {
		return 0
	}
	return 2 * float64(c.right) / float64(c.written+c.wanted)
}

// tally is how a restored text compares with the original: its capitals, its marks
// of punctuation, and words that were changed.
type tally struct {
	capitals, punctuation counts
	words, changed        int
}

// add compares the words of two texts, those that stand in both in the same order.
func (t *tally) add(got, want []word) {
	pairs := matched(got, want)
	t.words += len(want)
	t.changed += len(want) - len(pairs)
	for _, w := range want {
		t.capitals.wanted += number(w.capital)
		t.punctuation.wanted += number(w.after != "")
	}
	for _, g := range got {
		t.capitals.written += number(g.capital)
		t.punctuation.written += number(g.after != "")
	}
	for _, p := range pairs {
		g, w := got[p[0]], want[p[1]]
		t.capitals.right += number(g.capital && w.capital)
		t.punctuation.right += number(g.after != "" && g.after == w.after)
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// matched returns the places of a longest common subsequence of words.
func matched(a, b []word) (pairs [][2]int) {
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			length[i][j] = max(length[i+1][j], length[i][j+1])
			if a[i].letters == b[j].letters {
				length[i][j] = 1 + length[i+1][j+1]
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].letters == b[j].letters:
			pairs = append(pairs, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// plain is what needs no model: a capital at the start and a full stop at the end.
func plain(words []word) []word {
	words = slices.Clone(words)
	for i := range words {
		words[i].capital, words[i].after = i == 0, ""
	}
	words[len(words)-1].after = "."
	return words
}

// keep adds a run that is not too short to tell anything.
func keep(all [][]word, run []word) [][]word {
	if len(run) > 3 {
		all = append(all, run)
	}
	return all
}

// sentences cuts a text into runs of whole sentences of up to most words. Longer
// sentences are passed over.
func sentences(text string, most int) (all [][]word) {
	text = strings.NewReplacer(`"`, "", "(", "", ")", "", "*", "").Replace(text)
	for line := range strings.Lines(text) {
		var run, next []word
		for _, w := range wordsOf(line) {
			next = append(next, w)
			if w.after == "" || !strings.ContainsAny(w.after, ".!?") {
				continue
			}
			if len(run)+len(next) > most {
				all, run = keep(all, run), nil
			}
			if len(next) <= most {
				run = append(run, next...)
			}
			next = nil
		}
		all = keep(all, run)
	}
	return all
}
