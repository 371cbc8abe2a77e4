package tokenizer

import "unicode/utf8"

// wordPiece takes the longest piece a word begins with, then the longest its
// rest begins with, and so on (Schuster and Nakajima 2012; BERT). A word that
// cannot be written so is one unknown token.
type wordPiece struct {
	begin, rest *trie
	unk         int32
	longest     int // characters of a word that is looked at
}

// newWordPiece makes a model of a vocabulary in which prefix marks the pieces
// that begin no word.
func newWordPiece(vocab map[string]int32, prefix string, unk int32, longest int) *wordPiece {
	var begin, rest []string
	var beginID, restID []int32
	for token, id := range vocab {
		if token != "" {
			begin, beginID = append(begin, token), append(beginID, id)
		}
		if len(token) > len(prefix) && token[:len(prefix)] == prefix {
			rest, restID = append(rest, token[len(prefix):]), append(restID, id)
		}
	}
	return &wordPiece{newTrie(begin, beginID), newTrie(rest, restID), unk, longest}
}

func (m *wordPiece) encode(s *scratch, word []byte) {
	if len(word) > m.longest && utf8.RuneCount(word) > m.longest {
		s.emit(m.unk, 0, len(word))
		return
	}
	from := len(s.ids)
	for i := 0; i < len(word); {
		pieces := m.rest
		if i == 0 {
			pieces = m.begin
		}
		id, n := pieces.longest(word[i:])
		if n == 0 {
			s.ids = s.ids[:from]
			if s.track {
				s.at = s.at[:from]
			}
			s.emit(m.unk, 0, len(word))
			return
		}
		s.emit(id, i, i+n)
		i += n
	}
}

// wordLevel looks whole words up.
type wordLevel struct {
	vocab map[string]int32
	unk   int32 // -1: unknown words are left out
}

func (m *wordLevel) encode(s *scratch, word []byte) {
	if id, ok := m.vocab[string(word)]; ok {
		s.emit(id, 0, len(word))
	} else if m.unk >= 0 {
		s.emit(m.unk, 0, len(word))
	}
}
