package train

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tokenizer"
)

func TestPattern(t *testing.T) {
	r := data.Record{Fields: map[string]string{"en": "a\x00b", "label": "1"}}
	for text, want := range map[string]string{
		"": "", "plain": "plain", "translate: {en}": "translate: a\uFFFDb", "{label}{en}.": "1a\uFFFDb.",
		"{no}": "error", "{": "error", "}": "error", "{}": "error", "{a{en}}": "error",
	} {
		p, err := patternOf(text)
		got := "error"
		if err == nil {
			if got, err = p.fill(r, nil); err != nil {
				got = "error"
			}
		}
		if got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	p, _ := patternOf("{label}")
	if got, err := p.fill(r, map[string]any{"1": true}); err != nil || got != "true" {
		t.Errorf("words: %q, %v", got, err)
	}
	if _, err := p.fill(r, map[string]any{"0": "no"}); err == nil || !strings.Contains(err.Error(), `"1" is not one of answers`) {
		t.Errorf("no word: %v", err)
	}
}

// mixed is a recipe of a text and two tasks of different size.
func mixed(t *testing.T, changes ...string) *Recipe {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var large, small strings.Builder
	large.WriteString("de,en\n")
	for i := range 400 {
		fmt.Fprintf(&large, "ba %d,du\n", i)
	}
	for i := range 100 {
		fmt.Fprintf(&small, `{"q":{"s":"ki %d"},"label":%d}`+"\n", i, i%2)
	}
	r, err := Parse("mixed.yaml", []byte(fmt.Sprintf(`
name: mixed
model:
  config: {model_type: t5, d_model: 32, d_kv: 16, d_ff: 64, num_layers: 1, num_heads: 2, dropout_rate: 0}
tokenizer: {path: ../models/t5/testdata/t5}
data:
  sources:
    - {path: %s}
    - {path: %s, input: "translate: {de}", answer: "{en}"}
    - {path: %s, input: "judge: {q.s}", answer: "{label}", answers: {0: no, 1: yes}}
  exponent: 0.5
  limit: 225
  held_out: 0.1
objective: denoising
batch: {examples: 8, length: 24}
steps: 8
eval: {every: 4, batches: 3}
`, file("text.txt", words(3000)), file("large.csv", large.String()), file("small.jsonl", small.String()))), changes...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// opened returns a run of r whose examples are open.
func opened(t *testing.T, r *Recipe) *run {
	t.Helper()
	x := &run{Recipe: r, dir: t.TempDir()}
	t.Cleanup(func() {
		for _, c := range x.open {
			_ = c.Close()
		}
	})
	var err error
	if x.tok, err = tokenizer.Open(r.Tokenizer.Path); err != nil {
		t.Fatal(err)
	}
	if err := x.openObjective(); err != nil {
		t.Fatal(err)
	}
	if err := x.openExamples(); err != nil {
		t.Fatal(err)
	}
	return x
}

// kindOf tells which source an example is of, and holds it to be right.
func kindOf(t *testing.T, tok *tokenizer.Tokenizer, e objective.Example) string {
	t.Helper()
	end, _ := tok.EOS()
	if len(e.Input) > 24 || len(e.Target) > 24 || e.Input[len(e.Input)-1] != end || e.Target[len(e.Target)-1] != end {
		t.Errorf("input %v, target %v", e.Input, e.Target)
	}
	in, out := tok.Decode(e.Input, true), tok.Decode(e.Target, true)
	switch {
	case strings.HasPrefix(in, tok.Decode(tok.Encode("translate: ba", tokenizer.Bare), true)):
		if want := tok.Decode(tok.Encode("du", tokenizer.Bare), true); out != want {
			t.Errorf("%q gives %q, not %q", in, out, want)
		}
		return "translate"
	case strings.HasPrefix(in, tok.Decode(tok.Encode("judge: ki", tokenizer.Bare), true)):
		if no, yes := tok.Decode(tok.Encode("no", tokenizer.Bare), true), tok.Decode(tok.Encode("yes", tokenizer.Bare), true); out != no && out != yes {
			t.Errorf("%q gives %q", in, out)
		}
		return "judge"
	}
	return "text"
}

// TestTasks: sources with answers are read at rates of their numbers of examples, with
// limit and temperature, each example as its pattern says; held-out ones are of all.
func TestTasks(t *testing.T) {
	r := opened(t, mixed(t))
	counts := map[string]float64{}
	const n = 4000
	for range n {
		e, err := r.in.Next()
		if err != nil {
			t.Fatal(err)
		}
		counts[kindOf(t, r.tok, e)]++
	}
	// 360 examples count as 225, and 90 as 90: to the power of a half, 15 and 9.49.
	if got, want := counts["translate"]/counts["judge"], 15/math.Sqrt(90); math.Abs(got-want) > 0.15 {
		t.Errorf("%v of translations to judgements, want %v", got, want)
	}
	if counts["text"] < n/10 {
		t.Errorf("%v are of the text", counts["text"]/n)
	}
	held := map[string]int{}
	for _, e := range r.held {
		held[kindOf(t, r.tok, e)]++
	}
	if held["translate"] != 8 || held["judge"] != 8 || held["text"] == 0 {
		t.Errorf("held out are %v", held)
	}
}

// TestTasksTrain: a run of a mixture that was stopped ends as one that was not, and
// weights and tasks alone will do.
func TestTasksTrain(t *testing.T) {
	r := mixed(t)
	want := trained(t, r, Options{})
	half := *r
	half.Steps = 4
	dir := trained(t, &half, Options{})
	trained(t, r, Options{Dir: dir, Resume: true})
	sameState(t, dir, want)

	alone := mixed(t, "objective=text-to-text")
	alone.Data.Sources, alone.Data.Exponent = slices.Clone(alone.Data.Sources[1:]), nil
	alone.Data.Sources[0].Weight, alone.Data.Sources[1].Weight = 3, 1
	trained(t, alone, Options{})
}

// TestTasksErrors: what can't be is told by its key.
func TestTasksErrors(t *testing.T) {
	for change, want := range map[string]string{
		"objective=text-to-text":          "data.sources.0.input: must be there for text-to-text",
		"objective=causal":                "data.sources.1.input: must not be there for causal",
		"data.sources.2.answers={1: yes}": `label: "0" is not one of answers`,
		"data.sources.1.input='{fr}'":     `there is no field "fr"`,
	} {
		if _, err := Run(context.Background(), mixed(t, change), Options{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", change, err, want)
		}
	}
	for change, want := range map[string]string{
		"data.sources.0.answer=x":                                          "data.sources.0.input: must be there with answer",
		"data.sources.0.answers={0: x}":                                    "data.sources.0.input: must be there with answer",
		"data.sources.0={path: x, input: '{', answer: x}":                  "data.sources.0.input: a brace",
		"data.sources.0={path: x, input: a, answer: b, answers: {0: [x]}}": "data.sources.0.answers: the word",
	} {
		_, err := Parse("x.yaml", []byte(small), change)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", change, err, want)
		}
	}
}
