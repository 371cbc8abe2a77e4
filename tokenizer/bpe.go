package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// model encodes one word: it emits ids with the ranges of the word they stand for.
type model interface {
	encode(s *scratch, word []byte)
}

// bpe is byte-pair encoding (Sennrich et al. 2016) by a list of merges.
type bpe struct {
	merges *pairs
	bytes  bool       // words are bytes, the vocabulary writes them in GPT-2's alphabet
	byteID [256]int32 // with bytes: the token of a byte; -1 none
	vocab  lexicon
	whole  map[string]int32 // words that are tokens without merging; nil: not asked for
	prefix string           // before parts that begin no word
	suffix string           // behind the part that ends a word

	unk      int32 // for characters without a token; -1: they are left out
	fuse     bool  // neighbouring unknown characters are one token
	fallback *[256]int32
	starts   *starts
	partial  bool // characters may be left out, or have more bytes in the vocabulary: ranges need to be settled
}

// bpeOptions are the settings of a BPE model, by their names in tokenizer.json.
type bpeOptions struct {
	Unk          *string `json:"unk_token"`
	Prefix       *string `json:"continuing_subword_prefix"`
	Suffix       *string `json:"end_of_word_suffix"`
	Fuse         *bool   `json:"fuse_unk"`
	ByteFallback *bool   `json:"byte_fallback"`
	IgnoreMerges *bool   `json:"ignore_merges"`
	bytes        bool
}

// newBPE makes a model of a vocabulary and its merges in order of rank. Of a pair
// that comes twice the last counts.
func newBPE(vocab lexicon, merges [][2]string, o bpeOptions) (*bpe, error) {
	table, prefix := newPairs(len(merges)), value(o.Prefix)
	var made []byte
	for i, pair := range merges {
		left, lok := vocab.id(pair[0])
		right, rok := vocab.id(pair[1])
		made = append(append(made[:0], pair[0]...), strings.TrimPrefix(pair[1], prefix)...)
		id, ok := vocab.idOf(made)
		if !lok || !rok || !ok {
			return nil, fmt.Errorf("merges[%d]: %.40q + %.40q: not in the vocabulary", i, pair[0], pair[1])
		}
		table.put(left, right, uint32(i), id)
	}
	return bpeOf(vocab, table, o)
}

// bpeOf is newBPE of merges whose tokens have been looked up.
func bpeOf(vocab lexicon, merges *pairs, o bpeOptions) (*bpe, error) {
	m := &bpe{merges: merges, vocab: vocab, unk: -1, prefix: value(o.Prefix), suffix: value(o.Suffix), fuse: value(o.Fuse)}
	if unk := value(o.Unk); unk != "" {
		id, ok := vocab.id(unk)
		if !ok {
			return nil, fmt.Errorf("unk_token %.80q: not in the vocabulary", unk)
		}
		m.unk = id
	}
	if value(o.ByteFallback) {
		m.fallback = byteTokens(vocab)
	}
	if value(o.IgnoreMerges) {
		m.whole = vocab.all()
	}
	m.partial = m.unk < 0 || m.fallback != nil && m.prefix+m.suffix != ""
	if m.prefix == "" && m.suffix == "" {
		token := func(text string) int32 {
			if id, ok := vocab.id(text); ok {
				return id
			}
			return -1
		}
		m.starts = newStarts(m.merges, token(lowBlock), func(c byte) int32 {
			if id := token(string(rune(c))); id >= 0 || m.fallback == nil {
				return id
			}
			return m.fallback[c]
		})
	}
	if o.bytes {
		m.useBytes()
	}
	return m, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// byteTokens returns the ids of the tokens <0x00> to <0xFF>; -1 for one that is
// missing.
func byteTokens(vocab lexicon) *[256]int32 {
	var ids [256]int32
	for b := range ids {
		ids[b] = -1
		if id, ok := vocab.id(fmt.Sprintf("<0x%02X>", b)); ok {
			ids[b] = id
		}
	}
	return &ids
}

// useBytes lets the model read bytes where its vocabulary writes them in GPT-2's
// alphabet, which saves translating every word.
func (m *bpe) useBytes() {
	m.bytes = true
	for b := range m.byteID {
		m.byteID[b] = -1
		if id, ok := m.vocab.id(string(byteRune[b])); ok {
			m.byteID[b] = id
		}
	}
	m.partial = m.unk < 0 && (m.prefix+m.suffix != "" || !m.byteComplete())
	if m.prefix == "" && m.suffix == "" {
		m.starts = newStarts(m.merges, -1, func(c byte) int32 { return m.byteID[c] })
	}
	if m.whole != nil {
		whole := make(map[string]int32, len(m.whole))
		var buf []byte
		for token, id := range m.whole {
			if b, ok := appendBytes(buf[:0], token); ok {
				whole[string(b)] = id
			}
		}
		m.whole = whole
	}
}

func (m *bpe) encode(s *scratch, word []byte) {
	if len(word) == 0 {
		return
	}
	if m.whole != nil {
		if id, ok := m.whole[string(word)]; ok {
			s.emit(id, 0, len(word))
			return
		}
	}
	if !s.track && m.starts != nil && m.starts.append(s, m.merges, word) {
		return
	}
	s.symbols = s.symbols[:0]
	if m.bytes && m.prefix == "" && m.suffix == "" {
		m.splitBytes(s, word)
	} else {
		m.split(s, word)
	}
	if len(s.symbols) == 0 {
		return
	}
	mergeAll(s, m.merges, nil)
	first := len(s.at)
	for i := int32(0); i >= 0; i = s.symbols[i].next {
		p := &s.symbols[i]
		s.emit(p.id, int(p.start), int(p.end))
	}
	if s.track && m.partial {
		m.settle(s.at[first:], word)
	}
}

// settle makes ranges of a word's bytes of sums of lengths. The reference adds up
// the lengths of the characters it has tokens for, as GPT-2's alphabet writes
// them: behind one that is left out all stand for a place too far to the left,
// and behind one of which byte tokens were made too far to the right.
func (m *bpe) settle(at []span, word []byte) {
	var letters []int32 // of each byte as it is written, its place in the word
	for i, b := range word {
		for range m.width(b) {
			letters = append(letters, int32(i))
		}
	}
	last := int32(len(letters)) - 1
	for k := range at {
		from, to := min(at[k].start, last), min(at[k].end-1, last)
		at[k] = span{letters[from], letters[to] + 1}
	}
}

// width is how long a byte of a word is in the vocabulary's writing.
func (m *bpe) width(b byte) int {
	if m.bytes && byteRune[b] >= utf8.RuneSelf {
		return 2
	}
	return 1
}

// add appends a symbol for the next length bytes. An unknown one is joined to an
// unknown one before it if the model fuses them, or left out.
func (m *bpe) add(s *scratch, id int32, length int) {
	n := len(s.symbols)
	if id < 0 {
		if m.unk < 0 {
			return
		}
		if m.fuse && n > 0 && s.symbols[n-1].id == m.unk && s.symbols[n-1].made == -1 {
			s.symbols[n-1].end += int32(length)
			return
		}
	}
	start := int32(0)
	if n > 0 {
		start = s.symbols[n-1].end
	}
	p := symbol{id: id, start: start, end: start + int32(length)}
	if id < 0 {
		p.id, p.made = m.unk, -1
	}
	s.symbols = append(s.symbols, p)
}

func (m *bpe) splitBytes(s *scratch, word []byte) {
	for _, b := range word {
		length := 1
		if m.partial {
			length = m.width(b)
		}
		m.add(s, m.byteID[b], length)
	}
}

func (m *bpe) split(s *scratch, word []byte) {
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRune(word[i:])
		end := i + n
		key := s.buf[:0]
		if i > 0 {
			key = append(key, m.prefix...)
		}
		length := n
		if m.bytes {
			key = utf8.AppendRune(key, byteRune[word[i]])
			end, length = i+1, 1
			if m.partial {
				length = m.width(word[i])
			}
		} else {
			key = append(key, word[i:end]...)
		}
		if end == len(word) {
			key = append(key, m.suffix...)
		}
		s.buf = key
		if id, ok := m.vocab.idOf(key); ok {
			m.add(s, id, length)
		} else if !m.addBytes(s, key) {
			m.add(s, -1, length)
		}
		i = end
	}
}

// addBytes appends the byte tokens of a character that is not in the vocabulary,
// if there is one for each of its bytes.
func (m *bpe) addBytes(s *scratch, key []byte) bool {
	if m.fallback == nil {
		return false
	}
	for _, b := range key {
		if m.fallback[b] < 0 {
			return false
		}
	}
	for _, b := range key {
		m.add(s, m.fallback[b], 1)
	}
	return true
}

// made returns the tokens that merges make.
func (m *bpe) made(tokens []string) []string {
	var all []string
	for s := range m.merges.all() {
		all = append(all, tokens[s.id])
	}
	return all
}
