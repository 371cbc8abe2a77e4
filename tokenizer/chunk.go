package tokenizer

import (
	"bytes"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/tokenizer/scan"
)

// chunk finds the next word of b at or behind i; where there is none both are
// len(b).
type chunk func(b []byte, i int) (start, end int)

// plan looks for a way to cut words one by one, in which each can be remembered
// with its ids, instead of step by step for the whole text. It serves where no
// places are asked for, and gives the same ids.
func (t *Tokenizer) plan() {
	t.chunk, t.rest = nil, nil
	pre := t.pre
	if n := len(pre); n > 1 && pre[n-1] == preTokenizer(byteLevelSplit{}) { // changes nothing
		pre = pre[:n-1]
	}
	if len(pre) == 0 {
		return
	}
	switch p := pre[0].(type) {
	case bertSplit:
		t.chunk = nextBERT
	case spaceSplit:
		t.chunk = nextSpaced
	case splitter:
		if p.next != nil && p.do == isolated {
			t.chunk = covering(p.next)
		}
	case byteLevelSplit:
		if p == (byteLevelSplit{regex: true}) {
			t.chunk = covering(scan.Next(patternGPT2))
		}
	}
	for _, p := range pre[1:] {
		if m, ok := p.(metaspace); ok && m.first { // asks where in the text a word is
			t.chunk = nil
		}
		if _, ok := p.(*spmSplit); ok {
			t.chunk = nil
		}
	}
	if t.chunk != nil && len(pre) > 1 {
		t.rest = pre[1:]
	}
}

func covering(next func(b []byte, i int) int) chunk {
	return func(b []byte, i int) (int, int) { return i, next(b, i) }
}

// nextSpaced is the next run of what is not white space.
func nextSpaced(b []byte, i int) (start, end int) {
	for i < len(b) {
		c, n := scan.ClassAt(b, i)
		if c&scan.Space == 0 {
			break
		}
		i += n
	}
	return i, until(b, i)
}

// until returns where the word at i ends, which is at white space.
func until(b []byte, i int) int {
	for i < len(b) {
		c, n := scan.ClassAt(b, i)
		if c&scan.Space != 0 {
			break
		}
		i += n
	}
	return i
}

// The kinds of ASCII characters to BERT.
const (
	bertWord = iota
	bertSpace
	bertMark
)

var bertKinds = func() (kinds [128]uint8) {
	for r := range rune(128) {
		switch {
		case isSpace(r):
			kinds[r] = bertSpace
		case bertPunct(r):
			kinds[r] = bertMark
		}
	}
	return kinds
}()

// bertKindAt returns the kind of the character at i, and its length.
func bertKindAt(b []byte, i int) (kind uint8, n int) {
	if c := b[i]; c < 128 {
		return bertKinds[c], 1
	}
	c, n := scan.ClassAt(b, i)
	switch {
	case c&scan.Space != 0:
		kind = bertSpace
	case bertPunctAt(b[i:]):
		kind = bertMark
	}
	return kind, n
}

// nextBERT is the next run of what is neither white space nor punctuation, or one
// punctuation mark.
func nextBERT(b []byte, i int) (start, end int) {
	for i < len(b) {
		kind, n := bertKindAt(b, i)
		if kind == bertMark {
			return i, i + n
		}
		if kind == bertWord {
			break
		}
		i += n
	}
	for end = i; end < len(b); {
		kind, n := bertKindAt(b, end)
		if kind != bertWord {
			break
		}
		end += n
	}
	return i, end
}

// appendChunks appends the ids of a text whose words are found one by one.
func (t *Tokenizer) appendChunks(s *scratch, b []byte) {
	for i := 0; i < len(b); {
		start, end := t.chunk(b, i)
		if start < end {
			t.appendWord(s, b, start, end)
		}
		i = end
	}
}

// appendSegments appends the ids of b[i:j], of which the parts that begin with the
// sign for spaces are encoded by themselves, and characters that merge with nothing.
func (t *Tokenizer) appendSegments(s *scratch, b []byte, i, j int) {
	for i < j {
		end := segment(b[:j], i, t.segments)
		t.appendWord(s, b, i, end)
		i = end
	}
}

// segment returns where the segment at i ends.
func segment(b []byte, i int, f *starts) int {
	end := i
	for bytes.HasPrefix(b[end:], []byte(lowBlock)) {
		end += len(lowBlock)
	}
	for from := i; end < len(b); end++ {
		switch c := b[end]; {
		case c < utf8.RuneSelf && f.loose[c]:
			return max(end, from+1)
		case c == lowBlock[0] && bytes.HasPrefix(b[end:], []byte(lowBlock)):
			return end
		}
	}
	return end
}

// segmented reports whether no token reaches over the place before a sign for
// spaces, if no such sign stands before it too: then what stands between such
// places can be encoded by itself.
func segmented(tokens []string, has func(string) bool) bool {
	if !has(lowBlock) {
		return false
	}
	sign := []byte(lowBlock)
	for _, token := range tokens {
		b := []byte(token)
		for bytes.HasPrefix(b, sign) {
			b = b[len(sign):]
		}
		if bytes.Contains(b, sign) {
			return false
		}
	}
	return true
}
