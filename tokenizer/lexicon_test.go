package tokenizer

import (
	"fmt"
	"maps"
	"testing"
)

// TestLexicon holds the lexicon of a list to a map of it.
func TestLexicon(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 100, 5000} {
		list, want := make([]string, n), map[string]int32{}
		for i := range list {
			list[i] = fmt.Sprint("token ", i%(n*3/4+1)) // some twice
			if i%10 == 7 {
				list[i] = ""
			} else {
				want[list[i]] = int32(i)
			}
		}
		l := listed(list)
		own := l.clone()
		own.own["token 1"], own.own["added"] = 70_000, 70_001
		check := func(l lexicon, want map[string]int32) {
			t.Helper()
			if got := l.all(); !maps.Equal(got, want) {
				t.Fatalf("%d tokens: all: %d, want %d", n, len(got), len(want))
			}
			for _, token := range append(list, "", "added", "token", "token -1") {
				w, ok := want[token]
				if id, found := l.id(token); id != w || found != ok || l.has(token) != ok {
					t.Fatalf("%d tokens: id of %q: %d, %t, want %d, %t", n, token, id, found, w, ok)
				}
				if id, found := l.idOf([]byte(token)); id != w || found != ok {
					t.Fatalf("%d tokens: id of bytes %q: %d, %t, want %d, %t", n, token, id, found, w, ok)
				}
			}
		}
		check(l, want)
		check(mapped(want), want)
		more := maps.Clone(want)
		more["token 1"], more["added"] = 70_000, 70_001
		check(own, more)
		check(l, want)
	}
}
