package generate_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
	"github.com/nlp-zoo/zoo/tokenizer"
)

// letters is a processor that bans all tokens but those of small letters.
type letters struct{ tok *tokenizer.Tokenizer }

func (l letters) Process(_ []int32, logits []float32) {
	for i := range logits {
		s := l.tok.Decode([]int32{int32(i)}, true)
		if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" {
			logits[i] = float32(math.Inf(-1))
		}
	}
}

// whole returns the text of a generation, held against the decoded tokens.
func whole(t *testing.T, net any, tok *tokenizer.Tokenizer, prompt []int32, o generate.Options) string {
	t.Helper()
	var made []int32
	text := ""
	for step, err := range generate.Generate(context.Background(), net, tok, prompt, o) {
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, step.ID)
		text += step.Text
		if last := len(made) == 40; (step.Finish == generate.FinishLength) != last {
			t.Errorf("token %d has finish %q", len(made), step.Finish)
		}
	}
	if want := tok.Decode(made, true); text != want {
		t.Errorf("text %q, want %q", text, want)
	}
	return text
}

func TestTextEqualsDecodedTokens(t *testing.T) {
	m := open(t, small)
	tok, err := tokenizer.Open(small)
	if err != nil {
		t.Fatal(err)
	}
	prompt := tok.Encode("It was")
	whole(t, m.Net, tok, prompt, generate.Options{MaxTokens: 40, Temperature: 1, Seed: 11}) // bytes of any kind
	o := generate.Options{MaxTokens: 40, Temperature: 1, Seed: 11, Processors: []generate.Processor{letters{tok}}}
	text := whole(t, m.Net, tok, prompt, o)
	runes := []rune(text)
	if len(runes) < 12 {
		t.Fatalf("text %q is not fit for what follows: take another seed", text)
	}
	o.Stop = []string{string(runes[len(runes)/2 : len(runes)/2+3])}
	want, _, found := strings.Cut(text, o.Stop[0])
	got, reason := "", generate.FinishNone
	for step, err := range generate.Generate(context.Background(), m.Net, tok, prompt, o) {
		if err != nil {
			t.Fatal(err)
		}
		got, reason = got+step.Text, step.Finish
	}
	if !found || got != want || reason != generate.FinishStop {
		t.Errorf("with stop %q: %q (%s), want %q", o.Stop[0], got, reason, want)
	}
}

// TestKeep: a special token is no text unless it is kept.
func TestKeep(t *testing.T) {
	m := open(t, small)
	tok, err := tokenizer.Open(small)
	if err != nil {
		t.Fatal(err)
	}
	bos, ok := tok.BOS()
	if !ok {
		t.Fatal("no token begins a text")
	}
	name, _ := tok.Token(bos)
	for _, keep := range [][]int32{nil, {bos}} {
		o := generate.Options{MaxTokens: 2, Bias: map[int32]float32{bos: 1e6}, Keep: keep}
		text := ""
		for step, err := range generate.Generate(context.Background(), m.Net, tok, tok.Encode("It was"), o) {
			if err != nil {
				t.Fatal(err)
			}
			text += step.Text
		}
		if want := strings.Repeat(name, 2*len(keep)); text != want {
			t.Errorf("keep %v: %q, want %q", keep, text, want)
		}
	}
}
