package tokenizer

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// TestStream: the parts a stream gives out, joined, are what Decode returns; each
// part is whole characters. Ids are drawn at random, so that most sequences are
// none that a text encodes to.
func TestStream(t *testing.T) {
	for name, open := range published {
		t.Run(name, func(t *testing.T) {
			tok, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(3, 5))
			for range 2000 {
				ids := make([]int32, r.IntN(12))
				for i := range ids {
					ids[i] = int32(r.IntN(tok.VocabSize() + 2))
					if r.IntN(2) == 0 { // byte tokens and short ones come first
						ids[i] = int32(r.IntN(300))
					}
				}
				for _, skip := range []bool{false, true} {
					want := tok.Decode(ids, skip)
					s := tok.NewStream(skip)
					var got strings.Builder
					for _, id := range ids {
						part := s.Push(id)
						if !utf8.ValidString(part) {
							t.Fatalf("%v: part %q is cut within a character", ids, part)
						}
						got.WriteString(part)
					}
					got.WriteString(s.Flush())
					if got.String() != want {
						t.Fatalf("%v, skip %v: streamed %q, at once %q", ids, skip, got.String(), want)
					}
				}
			}
		})
	}
}

// TestStreamIsPrompt: text comes as soon as it is certain, so that a reader sees
// it while it is made.
func TestStreamIsPrompt(t *testing.T) {
	tok, err := published["gpt-neox"](t)
	if err != nil {
		t.Fatal(err)
	}
	s := tok.NewStream(true)
	var parts []string
	for _, id := range tok.Encode("one two 🦙 three", Bare) {
		parts = append(parts, s.Push(id))
	}
	if rest := s.Flush(); rest != "" || strings.Join(parts, "") != "one two 🦙 three" || parts[0] != "one" || parts[1] != " two" {
		t.Errorf("parts %q, then %q", parts, rest)
	}
}

// TestStreamKeeps: of the special tokens that are left out some may be kept.
func TestStreamKeeps(t *testing.T) {
	tok, err := published["gpt-neox"](t)
	if err != nil {
		t.Fatal(err)
	}
	ids := tok.Encode("a<|endoftext|>b<|padding|>c", Bare)
	kept, _ := tok.ID("<|endoftext|>")
	for _, c := range []struct {
		keep []int32
		want string
	}{{nil, "abc"}, {[]int32{kept}, "a<|endoftext|>bc"}} {
		s := tok.NewStream(true)
		s.Keep(c.keep)
		got := ""
		for _, id := range ids {
			got += s.Push(id)
		}
		if got += s.Flush(); got != c.want {
			t.Errorf("with %v kept: %q, want %q", c.keep, got, c.want)
		}
	}
}

// TestStories holds tok512.bin to llama2.c: BOS comes first, and the space it puts
// before a text goes again behind BOS.
func TestStories(t *testing.T) {
	f, err := os.Open(testkit.Shared(t, "data/weights/stories260K/tok512.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tok, err := FromLlama2C(f, 512)
	if err != nil {
		t.Fatal(err)
	}
	if n := tok.VocabSize(); n != 512 {
		t.Fatalf("%d tokens", n)
	}
	story := strings.TrimSpace(string(mustRead(t, testkit.Shared(t, "data/weights/stories260K/expected_stdout.txt"))))
	for _, text := range []string{"", " ", "Once upon a time", "  two spaces", "a\nb", "Zürich 日本 🦙", story} {
		ids := tok.Encode(text)
		if bos, _ := tok.BOS(); ids[0] != bos || bos != 1 {
			t.Errorf("%q begins with %d", text, ids[0])
		}
		if got := tok.Decode(ids, true); got != text {
			t.Errorf("%q decodes to %q", text, got)
		}
		if want := llama2c(tok, text); !slices.Equal(ids, want) {
			t.Errorf("%q:\n got %v\nwant %v", text, ids, want)
		}
	}
}

// llama2c encodes as run.c of llama2.c does: it joins the best pair until none is
// left, looking through all of them each time.
func llama2c(tok *Tokenizer, text string) []int32 {
	ids := []int32{1}
	if text == "" {
		return ids
	}
	id, _ := tok.ID(lowBlock)
	ids = append(ids, id)
	for _, r := range text {
		if id, ok := tok.ID(strings.ReplaceAll(string(r), " ", lowBlock)); ok {
			ids = append(ids, id)
			continue
		}
		for _, b := range []byte(string(r)) {
			ids = append(ids, int32(b)+3)
		}
	}
	b := tok.model.(*spmBPE)
	for {
		best, at, made := none, -1, int32(0)
		for i := 0; i+1 < len(ids); i++ {
			if rank, id := b.merges.get(ids[i], ids[i+1]); rank < best {
				best, at, made = rank, i, id
			}
		}
		if at < 0 {
			return ids
		}
		ids[at] = made
		ids = slices.Delete(ids, at+1, at+2)
	}
}
