package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// TestCache: remembered words, and words cut one by one, have the ids that all
// steps give, which are taken where places are asked for.
func TestCache(t *testing.T) {
	read := func(path string) string {
		text := string(mustRead(t, testkit.Shared(t, "data/corpora/"+path)))
		return text[:min(len(text), 150<<10)]
	}
	texts := []string{
		read("pretrain/wikitext-2-raw/wiki.test.raw"), read("parallel/pud/zh_pud-ud-test.conllu"), read("parallel/pud/ru_pud-ud-test.conllu"),
		string(mustRead(t, "bpe.go")), string(mustRead(t, "scan/compile.go")), strings.Repeat(probe, 50),
	}
	for name, open := range published {
		t.Run(name, func(t *testing.T) {
			tok, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				for part := range strings.SplitSeq(text, "\n\n") {
					want := tok.EncodeWithOffsets(part).IDs
					for range 2 {
						if got := tok.Encode(part); !slices.Equal(got, want) {
							t.Fatalf("%q:\n got %v\nwant %v", part, got, want)
						}
					}
				}
			}
		})
	}
}
