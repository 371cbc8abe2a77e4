package tokenizer

import (
	"hash/maphash"
	"maps"
	"math/bits"
	"unsafe"
)

// A lexicon gives the ids of tokens. One of a list takes a seventh of
// what a map of so many tokens does, beside the list.
type lexicon struct {
	own   map[string]int32 // goes before the list
	list  []string         // by id
	slots []int32          // 1 + an id, at the place of its token's hash or behind; 0: free
}

var lexiconSeed = maphash.MakeSeed()

// mapped is the lexicon of a map, which must not change afterwards.
func mapped(m map[string]int32) lexicon { return lexicon{own: m} }

// listed is the lexicon of a list by id, which must not change afterwards. Of a token
// that comes twice it gives the last id; "" is none.
func listed(list []string) lexicon {
	l := lexicon{list: list, slots: make([]int32, 1<<bits.Len(uint(len(list)+len(list)/2)))}
	for id, token := range list {
		if token != "" {
			l.slots[l.slot(token)] = int32(id) + 1
		}
	}
	return l
}

// slot returns the place of a token among the slots, or of the free one where it would be.
func (l *lexicon) slot(token string) int {
	mask := len(l.slots) - 1
	for i := int(maphash.String(lexiconSeed, token)); ; i++ {
		if at := l.slots[i&mask]; at == 0 || l.list[at-1] == token {
			return i & mask
		}
	}
}

// id returns the id of a token, or 0 if it has none.
func (l *lexicon) id(token string) (int32, bool) {
	if id, ok := l.own[token]; ok {
		return id, true
	}
	if len(l.slots) == 0 || token == "" {
		return 0, false
	}
	if at := l.slots[l.slot(token)]; at > 0 {
		return at - 1, true
	}
	return 0, false
}

// idOf is id of a token that stands in b.
func (l *lexicon) idOf(b []byte) (int32, bool) {
	return l.id(unsafe.String(unsafe.SliceData(b), len(b))) // only read
}

// has reports whether a token has an id.
func (l *lexicon) has(token string) bool {
	_, ok := l.id(token)
	return ok
}

// clone returns a lexicon whose map may be changed.
func (l *lexicon) clone() lexicon {
	own := maps.Clone(l.own)
	if own == nil {
		own = map[string]int32{}
	}
	return lexicon{own, l.list, l.slots}
}

// all returns the tokens and their ids.
func (l *lexicon) all() map[string]int32 {
	if l.list == nil {
		return l.own
	}
	all := make(map[string]int32, len(l.list))
	for id, token := range l.list {
		if token != "" {
			all[token] = int32(id)
		}
	}
	maps.Copy(all, l.own)
	return all
}
