package objective

import (
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// Vocab is what data halves need to know of a vocabulary. An id is -1 where there
// is no such token.
type Vocab struct {
	Size       int
	Begin, End int32 // stand around a text: [CLS] and [SEP], <s> and </s>, or whatever ends one
	Pad        int32 // 0 where the vocabulary has none, as no token sees padding
	Mask       int32
	Sentinels  []int32 // <extra_id_0> and so on
	// Special tells of tokens that no text has, such as Mask.
	Special func(id int32) bool
	// Continues tells of tokens that are no word's first: those with WordPiece's ##,
	// or those without the mark of a space in vocabularies that have one.
	Continues func(id int32) bool
	// ID returns the id of a token.
	ID func(token string) (int32, bool)
	// Decode and Encode turn ids to text and back, without special tokens.
	Decode func(ids []int32) string
	Encode func(text string) []int32
	// EncodeOn is Encode for a text that goes on within a line: without the space that
	// SentencePiece puts before a text.
	EncodeOn func(text string) []int32
	// Sentences cuts documents into sentences.
	Sentences Sentences
}

// VocabOf returns what t's vocabulary is.
func VocabOf(t *tokenizer.Tokenizer) Vocab {
	either := func(of ...func() (int32, bool)) int32 {
		for _, f := range of {
			if id, ok := f(); ok {
				return id
			}
		}
		return -1
	}
	v := Vocab{
		Size: t.VocabSize(), Begin: either(t.CLS, t.BOS), End: either(t.SEP, t.EOS), Mask: either(t.MASK),
		Pad: max(either(t.PAD), 0), Special: t.Special, ID: t.ID, Continues: continues(t),
		Decode:    func(ids []int32) string { return t.Decode(ids, true) },
		Encode:    func(text string) []int32 { return t.Encode(text, tokenizer.Bare, tokenizer.Literal) },
		EncodeOn:  func(text string) []int32 { return t.EncodeOn(text, tokenizer.Literal) },
		Sentences: SentencesOf(t),
	}
	for i := 0; ; i++ {
		id, ok := t.ID(fmt.Sprintf("<extra_id_%d>", i))
		if !ok {
			return v
		}
		v.Sentinels = append(v.Sentinels, id)
	}
}

// continues finds out by what mark the vocabulary tells where words begin.
func continues(t *tokenizer.Tokenizer) func(id int32) bool {
	marks := []string{"##", "▁", "Ġ"}
	counts := make([]int, len(marks))
	for id := range int32(t.VocabSize()) {
		token, _ := t.Token(id)
		for i, mark := range marks {
			if strings.HasPrefix(token, mark) {
				counts[i]++
			}
		}
	}
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	inner := make([]bool, t.VocabSize())
	for id := range inner {
		if token, ok := t.Token(int32(id)); ok && !t.Special(int32(id)) && counts[best] > 0 {
			inner[id] = strings.HasPrefix(token, marks[best]) == (best == 0)
		}
	}
	return func(id int32) bool { return inner[id] }
}
