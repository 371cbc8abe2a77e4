package tokenizer

import (
	"strings"
	"testing"
)

// The bytes of a text's tokens, one after the other, are the text, even where a token
// is part of a character.
func TestBytes(t *testing.T) {
	const text = "Once, twice: naïve 東京 🦊🦙\n\tand on."
	seen := 0
	for name, open := range published {
		tok, err := open(t)
		if err != nil {
			t.Fatal(err)
		}
		ids := tok.Encode(text, Bare)
		if tok.Decode(ids, true) != text {
			continue // this vocabulary changes texts
		}
		var all strings.Builder
		for _, id := range ids {
			all.Write(tok.Bytes(id))
		}
		if got := strings.TrimPrefix(all.String(), " "); got != text {
			t.Errorf("%s: %q", name, got)
		}
		seen++
	}
	if seen < 3 {
		t.Errorf("only %d vocabularies keep a text as it is", seen)
	}
}
