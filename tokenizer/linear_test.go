package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// worst are texts that slow implementations take a square of time for.
var worst = map[string]string{
	"a": "a", "^": "^", "space": " ", "newline": "\n", "mark": "\u0301", "marks": "\u0323\u0301", "digit": "0", "han": "中", "emoji": "🦙",
	"aB": "aB", "quote": "'", "nbsp": "\u00a0", "crlf": "\r\n", "tatweel": "ـ", "hangul": "각", "<": "<", "low": "▁", "nul": "\x00",
	"word": letters(4096),
}

// letters are n of them in no order, so that one word is made of many tokens.
func letters(n int) string {
	r := rand.New(rand.NewPCG(5, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(r.IntN(26))
	}
	return string(b)
}

// TestLinear: the worst text takes every kind of vocabulary at most two seconds a
// megabyte. Here a fortieth of that, with time for a machine that is busy: what
// takes a square of time would still be far over it.
func TestLinear(t *testing.T) { linear(t, 32<<10, 400*time.Millisecond) }

// TestLinearMegabyte is the promise as it stands.
func TestLinearMegabyte(t *testing.T) {
	testkit.Long(t)
	linear(t, 1<<20, 2*time.Second)
}

func linear(t *testing.T, size int, limit time.Duration) {
	for name, open := range published {
		t.Run(name, func(t *testing.T) {
			tok, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			for what, unit := range worst {
				text := strings.Repeat(unit, size/len(unit))
				begin := time.Now()
				ids := tok.Encode(text)
				encoded := time.Since(begin)
				tok.Decode(ids, false)
				if all := time.Since(begin); all > limit {
					t.Errorf("%s: %d KB took %v to encode and %v in all", what, size>>10, encoded, all)
				}
			}
		})
	}
}

// TestRoundTrip: vocabularies that can write every text give it back.
func TestRoundTrip(t *testing.T) {
	complete := 0
	for name, open := range published {
		t.Run(name, func(t *testing.T) {
			tok, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			if !tok.ByteComplete() {
				t.Skip("does not write every text")
			}
			complete++
			r := rand.New(rand.NewPCG(11, 13))
			for range 3000 {
				text := randomText(r)
				if got := tok.Decode(tok.Encode(text, Bare, Literal), false); got != text {
					t.Fatalf("%q comes back as %q", text, got)
				}
			}
		})
	}
	if complete < 3 {
		t.Errorf("%d vocabularies are complete", complete)
	}
}

// randomText draws characters of all lengths in UTF-8.
func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(24) {
		c := rune(r.IntN([]int{128, 128, 0x800, 0x10000, utf8.MaxRune}[r.IntN(5)]))
		if utf8.ValidRune(c) && c != '▁' { // which SentencePiece writes spaces as
			b.WriteRune(c)
		}
	}
	return b.String()
}

// TestNoAllocation: in a steady state encoding allocates nothing, or what
// golang.org/x/text needs for a text that is not in normal form.
func TestNoAllocation(t *testing.T) {
	if testkit.Race {
		t.Skip("allocations say nothing under the race detector")
	}
	for _, name := range []string{"gpt-neox", "qwen2", "bert-base-uncased", "mistral", "t5"} {
		t.Run(name, func(t *testing.T) {
			tok, err := published[name](t)
			if err != nil {
				t.Fatal(err)
			}
			dst := make([]int32, 0, 1000)
			for text, most := range map[string]float64{"The quick brown fox, 12345 times! ": 0, "nai\u0308ve ": 2} {
				text = strings.Repeat(text, 10)
				if n := testing.AllocsPerRun(50, func() { dst = tok.AppendEncode(dst[:0], text) }); n > most {
					t.Errorf("%q: %v allocations a call", text, n)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	text := string(mustRead(b, testkit.Shared(b, "data/corpora/pretrain/wikitext-2-raw/wiki.test.raw")))[:1<<20]
	for _, name := range []string{"gpt-neox", "qwen2", "bert-base-uncased", "mistral", "t5"} {
		tok, err := published[name](b)
		if err != nil {
			b.Fatal(err)
		}
		lines := strings.Split(text, "\n")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var ids []int32
			for b.Loop() {
				for _, line := range lines {
					ids = tok.AppendEncode(ids[:0], line)
				}
			}
		})
	}
}
