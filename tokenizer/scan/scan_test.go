package scan

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// alphabet holds characters of every class that the patterns tell apart.
var alphabet = []string{
	"a", "b", "s", "t", "L", "l", "S", "ſ", "é", "É", "ǅ", "ʰ", "中", "龥", "ア", "ひ", "한", "́", "҉", "1", "2", "３", "Ⅷ", "½", "٣",
	"'", "’", ".", ",", "/", "!", "$", "+", "<", "|", "`", "^", "~", "€", "。", "、", "…", " ", "  ", "\t", "\n", "\r", "\r\n", "\u00a0", "\u2028", "\u0085", "\u3000",
	"\u200d", "\ufffd", "\x00", "😀", "𝒳", "\U0001431b", "\U00010d50", "\U000116d0", "\u0897", "\u1b4e", "'re", "'LL", "'Ve", "'d",
}

func random(r *rand.Rand) []byte {
	var b []byte
	for range r.IntN(12) {
		b = append(b, alphabet[r.IntN(len(alphabet))]...)
	}
	return b
}

// TestKnown holds every hand-written scanner to the backtracking engine.
func TestKnown(t *testing.T) {
	for expr, p := range known {
		t.Run("", func(t *testing.T) {
			oracle, err := Backtrack(expr)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, uint64(len(expr))))
			for range 20000 {
				b := random(r)
				if strings.Contains(expr, "(?i") && strings.Contains(string(b), "ſ") {
					continue // the engine folds ASCII only
				}
				if got, want := p(nil, b), oracle(nil, b); !slices.Equal(got, want) {
					t.Fatalf("%s on %q:\n got %v\nwant %v", expr, b, cut(b, got), cut(b, want))
				}
			}
		})
	}
}

func cut(b []byte, at []Span) (words []string) {
	for _, s := range at {
		words = append(words, string(b[s.Start:s.End]))
	}
	return words
}

// FuzzKnown holds the hand-written scanners to the backtracking engine on any text.
func FuzzKnown(f *testing.F) {
	type held struct {
		expr          string
		hand, machine Pattern
	}
	var all []held
	for expr, p := range known {
		oracle, err := Backtrack(expr)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, held{expr, p, oracle})
	}
	f.Add("It's 12345 o'CLOCK,\r\n\n  ÀÉ ǅʰ中文 ٣½ e\u0301 <|endoftext|>\t\u00a0 ")
	f.Add("\n \x00\xff'S 'ſ   ")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<10 {
			return
		}
		text = strings.ToValidUTF8(text, "\ufffd")
		for _, h := range all {
			if strings.Contains(h.expr, "(?i") && strings.ContainsAny(text, "ſK\u0130\u0131") {
				continue // the engine folds by other rules
			}
			if got, want := h.hand(nil, []byte(text)), h.machine(nil, []byte(text)); !slices.Equal(got, want) {
				t.Errorf("%s on %q:\n got %v\nwant %v", h.expr, text, cut([]byte(text), got), cut([]byte(text), want))
			}
		}
	})
}
