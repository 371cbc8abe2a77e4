package grammar

import (
	"bytes"
	"slices"
	"strconv"
	"sync"

	"github.com/nlp-zoo/zoo/tokenizer"
)

// A Vocabulary is the tokens of a model as the bytes they write. It is made once a
// model, takes some 20 MB for 150,000 tokens, and may be used by any number of
// goroutines.
type Vocabulary struct {
	size   int
	eos    []int32
	first  *trie // of tokens that begin a text; nil: as all do
	trie   *trie
	mu     sync.Mutex
	latest []*machine // of the grammars used last
}

// kept is how many grammars a vocabulary keeps what it found out for.
const kept = 8

// special tokens stand in grammars as their names or numbers between bytes that no
// text has.
const specialBegin, specialEnd = "\xFF", "\xFE"

// NewVocabulary returns the tokens of tok. eos are those that end a text.
func NewVocabulary(tok *tokenizer.Tokenizer, eos []int32) *Vocabulary {
	v := &Vocabulary{size: tok.VocabSize(), eos: slices.Clone(eos)}
	var all, begin []entry
	differs := false
	for id := range int32(v.size) {
		if slices.Contains(eos, id) {
			continue
		}
		name, ok := tok.Token(id)
		if !ok {
			continue
		}
		if tok.Special(id) {
			for _, text := range []string{name, "#" + strconv.Itoa(int(id))} {
				e := entry{[]byte(specialBegin + text + specialEnd), id}
				all, begin = append(all, e), append(begin, e)
			}
			continue
		}
		b := tok.Bytes(id)
		all = append(all, entry{b, id})
		if len(b) > 0 && b[0] == ' ' { // which may be dropped where a text begins
			if d := tok.Decode([]int32{id}, false); d == string(b[1:]) {
				b, differs = b[1:], true
			}
		}
		begin = append(begin, entry{b, id})
	}
	v.trie = newTrie(all, v.size)
	if differs {
		v.first = newTrie(begin, v.size)
	}
	return v
}

// Matcher returns what holds one text to g. What is found out about g is kept for other
// texts, and for grammars made of the same source, while g is one of the latest.
func (v *Vocabulary) Matcher(g *Grammar) *Matcher {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := slices.IndexFunc(v.latest, func(m *machine) bool { return m.g.source == g.source })
	var m *machine
	if i >= 0 {
		m = v.latest[i]
		v.latest = slices.Delete(v.latest, i, i+1)
	} else {
		m = newMachine(v, g)
	}
	v.latest = append(v.latest, m)
	if len(v.latest) > kept {
		v.latest = slices.Delete(v.latest, 0, 1)
	}
	return &Matcher{m: m}
}

type entry struct {
	text []byte
	id   int32
}

// trie is the tree of all tokens, its nodes in the order of their texts.
type trie struct {
	nodes    []trieNode
	ids      []int32          // of tokens, by text
	text     [][]byte         // by id
	numbered map[int32][]byte // of special tokens: their numbers in grammars
}

type trieNode struct {
	below uint64 // signature of the bytes below
	end   int32  // the node behind all below
	ids   int32  // the first token here or below
	b     byte
	depth uint8
}

func newTrie(entries []entry, size int) *trie {
	t := &trie{text: make([][]byte, size), numbered: map[int32][]byte{}}
	entries = slices.DeleteFunc(entries, func(e entry) bool { return len(e.text) == 0 || len(e.text) > window })
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.text, b.text) })
	t.nodes = append(t.nodes, trieNode{}) // the root
	path := []int32{0}
	var last []byte
	up := func(depth int) {
		for len(path) > depth+1 {
			n := path[len(path)-1]
			path = path[:len(path)-1]
			t.nodes[n].end = int32(len(t.nodes))
			above := &t.nodes[path[len(path)-1]]
			above.below |= t.nodes[n].below | signature(t.nodes[n].b)
		}
	}
	for _, e := range entries {
		same := 0
		for same < min(len(last), len(e.text)) && last[same] == e.text[same] {
			same++
		}
		up(same)
		for d := same; d < len(e.text); d++ {
			path = append(path, int32(len(t.nodes)))
			t.nodes = append(t.nodes, trieNode{ids: int32(len(t.ids)), b: e.text[d], depth: uint8(d + 1)})
		}
		t.ids = append(t.ids, e.id)
		if bytes.HasPrefix(e.text, []byte(specialBegin+"#")) && bytes.HasSuffix(e.text, []byte(specialEnd)) {
			t.numbered[e.id] = e.text
		} else {
			t.text[e.id] = e.text
		}
		last = e.text
	}
	up(0)
	t.nodes[0].end = int32(len(t.nodes))
	t.nodes = append(t.nodes, trieNode{ids: int32(len(t.ids))})
	return t
}

// signature is a bit for a byte, or for bytes that grammars seldom tell apart.
func signature(b byte) uint64 { return signatures[b] }

var signatures = func() (all [256]uint64) {
	bit := 0
	for b := 1; b < 256; b++ {
		switch {
		case b < ' ' && b != '\n' && b != '\t' && b != '\r', b > '0' && b <= '9', b > 'A' && b <= 'Z', b > 'a' && b <= 'z',
			b > 0xC2 && b < 0xE0, b > 0xE1 && b < 0xED, b == 0xEF, b > 0xF1 && b < 0xF4, b > 0xF5,
			b > 0x80 && b < 0x90, b > 0x90 && b < 0xA0, b > 0xA0 && b < 0xC0, b == 0x7F:
		default:
			bit++
		}
		all[b] = 1 << bit
	}
	all[0] = all[1]
	return all
}()
