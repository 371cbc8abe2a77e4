package generate_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/t5"
)

// speculated returns the tokens made, and how many guesses were made and right.
func speculated(t testing.TB, net any, prompt []int32, o generate.Options) (out []int32, guesses, right int) {
	t.Helper()
	for tok, err := range generate.Generate(context.Background(), net, nil, prompt, o) {
		if err != nil {
			t.Fatal(err)
		}
		out, guesses = append(out, tok.ID), guesses+tok.Guesses
		if tok.Guessed {
			right++
		}
	}
	return out, guesses, right
}

// Speculation must change nothing but the speed: not for a draft that is always
// right, nor for one that hardly ever is, nor at the end of a context.
func TestSpeculationChangesNothing(t *testing.T) {
	drafts := map[string]model.Decoder{
		"itself": open(t, small).Net.(model.Decoder),
		"other":  open(t, "../models/llama/testdata/tied").Net.(model.Decoder),
		"none":   nil,
	}
	r := rand.New(rand.NewPCG(1, 2))
	all, hits := 0, 0
	for _, path := range []string{small, "../models/llama/testdata/mistral", "../models/gpt/testdata/gpt2"} {
		m := open(t, path)
		d := m.Net.(model.Decoder)
		for name, draft := range drafts {
			if draft != nil && draft.Vocab() != d.Vocab() {
				continue
			}
			for range 6 {
				prompt := make([]int32, 1+r.IntN(12))
				for i := range prompt {
					prompt[i] = int32(r.IntN(min(8, d.Vocab())))
				}
				o := generate.Options{MaxTokens: 1 + r.IntN(40), Seed: r.Uint64(), Temperature: float64(r.IntN(2)) * 0.9, RepetitionPenalty: 1.1}
				want := ids(t, m.Net, prompt, o)
				o.Speculation = generate.Speculation{Draft: draft, Lookup: r.IntN(2) * 3, Tokens: 1 + r.IntN(9)}
				got, guesses, right := speculated(t, m.Net, prompt, o)
				if !slices.Equal(got, want) {
					t.Fatalf("%s, draft %s, prompt %v, %+v:\n got %v\nwant %v", path, name, prompt, o, got, want)
				}
				if right > guesses {
					t.Errorf("%d of %d guesses are right", right, guesses)
				}
				if name == "itself" && path == small && o.Temperature == 0 && o.Speculation.Lookup == 0 && o.RepetitionPenalty == 0 && right < guesses {
					t.Errorf("a draft that is the model itself had %d of %d guesses right", right, guesses)
				}
				all, hits = all+guesses, hits+right
			}
		}
	}
	if all == 0 || hits == 0 || hits == all {
		t.Errorf("%d of %d guesses were right: both kinds are wanted", hits, all)
	}
}

func TestDraftThatIsTheModelIsRight(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	o := generate.Options{MaxTokens: 33, Speculation: generate.Speculation{Draft: d, Tokens: 4}}
	out, guesses, right := speculated(t, d, []int32{1, 5, 9}, o)
	// The first token needs no guess; six passes check 4 and add one, the last checks 1 and adds one.
	if len(out) != 33 || guesses != right || right != 25 {
		t.Errorf("%d tokens, %d of %d guesses right, want 33 and 25 of 25", len(out), right, guesses)
	}
}

func TestLookupReadsTheSource(t *testing.T) {
	source := []int32{5, 3, 3, 9, 2, 4, 6, 8, 7, 10, 3, 3, 9, 5}
	o := generate.Options{MaxTokens: 20, EOS: []int32{1}, Speculation: generate.Speculation{Lookup: 2, Tokens: 5}}
	got, _, right := speculated(t, copier{11}, source, o)
	if want := append(slices.Clone(source), 1); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if right < 6 {
		t.Errorf("%d guesses were right; the source says what follows", right)
	}
}

func TestSpeculationRefusals(t *testing.T) {
	d := open(t, small).Net.(model.Decoder)
	for want, o := range map[string]generate.Options{
		"vocabulary": {Speculation: generate.Speculation{Draft: uniform{d.Vocab() + 500}}},
		"lookup":     {Speculation: generate.Speculation{Lookup: 1}},
		"tokens":     {Speculation: generate.Speculation{Tokens: -1}},
		"beam":       {Beams: 2, Speculation: generate.Speculation{Lookup: 3}},
	} {
		for _, err := range generate.Generate(context.Background(), d, nil, []int32{1}, o) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error is %v", want, err)
			}
			break
		}
	}
}

// A draft with a short context, or with fewer tokens, guesses as far as it can.
func TestDraftsThatEndEarly(t *testing.T) {
	m := open(t, small)
	V := m.Net.(model.Decoder).Vocab()
	want := ids(t, m.Net, []int32{1, 5, int32(V - 1)}, generate.Options{MaxTokens: 30})
	for name, draft := range map[string]model.Decoder{"context": short{uniform{V}, 9}, "vocab": uniform{V - 3}} {
		o := generate.Options{MaxTokens: 30, Speculation: generate.Speculation{Draft: draft}}
		if got, _, _ := speculated(t, m.Net, []int32{1, 5, int32(V - 1)}, o); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// short has a context that ends.
type short struct {
	uniform
	context int
}

func (s short) Context() int { return s.context }
