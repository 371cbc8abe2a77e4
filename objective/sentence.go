package objective

import (
	"strings"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// Sentences cuts a document of tokens into sentences, by two simple rules: one
// ends with a token that ends in . ! ? or a mark like these of another script,
// and takes along the quotes and brackets that close after it. So "Mr. Smith" is cut in
// two, as by BERT's own preparation of plain text, where it does no harm.
type Sentences struct {
	ends, closes, quotes []bool // by id; quotes are ", which open and close by turns
}

// SentencesOf returns the rules for t's tokens.
func SentencesOf(t *tokenizer.Tokenizer) Sentences {
	n := t.VocabSize()
	s := Sentences{make([]bool, n), make([]bool, n), make([]bool, n)}
	for id := range s.ends {
		token, ok := t.Token(int32(id))
		if !ok || t.Special(int32(id)) {
			continue
		}
		token = strings.TrimLeft(token, "▁Ġ#")
		s.closes[id] = token != "" && strings.Trim(token, `”’»)]}`) == ""
		s.quotes[id] = token == `"`
		bare := strings.TrimRight(token, `"'”’»)]}`)
		s.ends[id] = strings.HasSuffix(bare, ".") || strings.HasSuffix(bare, "!") || strings.HasSuffix(bare, "?") ||
			strings.HasSuffix(bare, "。") || strings.HasSuffix(bare, "！") || strings.HasSuffix(bare, "？") || strings.HasSuffix(bare, "।")
	}
	return s
}

// Cut returns where the sentences of ids end.
func (s Sentences) Cut(ids []int32) []int {
	var ends []int
	open := false
	for i := 0; i < len(ids); i++ {
		open = open != s.quotes[ids[i]]
		if !s.ends[ids[i]] {
			continue
		}
		for i+1 < len(ids) && (s.closes[ids[i+1]] || open && s.quotes[ids[i+1]]) {
			i++
			open = open != s.quotes[ids[i]]
		}
		ends = append(ends, i+1)
	}
	if n := len(ids); n > 0 && (len(ends) == 0 || ends[len(ends)-1] < n) {
		ends = append(ends, n)
	}
	return ends
}
