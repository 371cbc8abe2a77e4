package tokenizer

import (
	"bytes"
	"strconv"
)

// Bytes returns what an id adds to a text that has begun: part of a character, perhaps.
// It is nil for an id that the vocabulary does not have.
func (t *Tokenizer) Bytes(id int32) []byte {
	token, ok := t.Token(id)
	if !ok {
		return nil
	}
	if _, spelt := t.forms[id]; !spelt && len(token) == len("<0x00>") && token[:3] == "<0x" && token[5] == '>' {
		if b, err := strconv.ParseUint(token[3:5], 16, 8); err == nil {
			return []byte{byte(b)} // which alone may be no character, and would be lost
		}
	}
	once, twice := t.decodeRaw(id), t.decodeRaw(id, id)
	if added, ok := bytes.CutPrefix(twice, once); ok { // decoders change the begin of a text
		return added
	}
	return once
}

// decodeRaw returns the bytes of ids before what is no character in them is replaced.
func (t *Tokenizer) decodeRaw(ids ...int32) []byte {
	s := t.NewStream(false)
	for _, id := range ids {
		s.add(id)
	}
	s.chain.end()
	return s.out.held
}
