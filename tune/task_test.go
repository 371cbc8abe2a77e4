package tune

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/chat"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/train"
)

func openTokenizer(t *testing.T, dir string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const bertDir, gptDir = "../models/bert/testdata/bert", "../models/gpt/testdata/gpt2"

// TestTagged: each word's first token has its tag, and no other token has one.
func TestTagged(t *testing.T) {
	number := map[string]int32{"O": 0, "B-X": 1, "I-X": 2}
	for _, dir := range []string{bertDir, gptDir} {
		tok := openTokenizer(t, dir)
		s := sentence{words: []string{"Hello", "unbelievably", "é,x", "the"}, tags: []string{"O", "B-X", "I-X", "O"}}
		e, places, err := tagged(tok, 100, s, number)
		if err != nil {
			t.Fatal(err)
		}
		whole := tok.EncodeWithOffsets(strings.Join(s.words, " "), tokenizer.Literal)
		at := 0
		for w, word := range s.words {
			token := places[w]
			if token < 0 {
				t.Fatalf("%s: %q has no token", dir, word)
			}
			o := whole.Offsets[token]
			if o.End <= at || o.Start > at || e.Target[token] != number[s.tags[w]] {
				t.Errorf("%s: token %d at %v is not the first of %q at %d, or has tag %d", dir, token, o, word, at, e.Target[token])
			}
			at += len(word) + 1
		}
		if n := targetCount(e.Target); n != len(s.words) {
			t.Errorf("%s: %d targets, want %d", dir, n, len(s.words))
		}
		if e, places, err = tagged(tok, 4, s, number); err != nil || len(e.Input) > 4 || places[3] != -1 {
			t.Errorf("%s: cut: %v %v %v", dir, e, places, err)
		}
	}
}

// TestMasked: the targets are the tokens of the answers, each at the place before.
func TestMasked(t *testing.T) {
	tok := openTokenizer(t, gptDir)
	messages := []chat.Message{
		{Role: "user", Content: "a question"}, {Role: "assistant", Content: "the answer"},
		{Role: "user", Content: "more"}, {Role: "assistant", Content: "end"},
	}
	for _, name := range chat.Defaults() {
		template, err := chat.Default(name)
		if err != nil {
			t.Fatal(err)
		}
		text, spans, err := template.RenderAnswers(context.Background(), messages, chat.Options{BOS: "<s>", EOS: "</s>"})
		if err != nil {
			t.Fatal(err)
		}
		e := masked(tok, 1000, text, spans)
		var got []int32
		for i, id := range e.Target {
			if id != tensor.Ignore {
				got = append(got, id)
				if i+1 < len(e.Input) && e.Input[i+1] != id {
					t.Errorf("%s: target %d is not the next token", name, i)
				}
			}
		}
		said := tok.Decode(got, false)
		for _, want := range []string{"the answer", "end"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: the targets are %q, which lack %q", name, said, want)
			}
		}
		if strings.Contains(said, "question") || strings.Contains(said, "more") {
			t.Errorf("%s: the targets are %q", name, said)
		}
	}
}

// TestAnswerWindows: what the targets of a window mark is the answer; windows without
// all of it have none; each token of the context is whole in one window.
func TestAnswerWindows(t *testing.T) {
	tok := openTokenizer(t, bertDir)
	context := strings.Repeat("the cat sat on a mat. ", 12) + "é the dog ran."
	start := strings.Index(context, "dog") - 1 // é has two bytes and is one code point
	q := question{text: "who ran?", context: context, answers: []answer{{"dog", start}}}
	o := &AnswerOptions{Stride: 8, Question: 16, Longest: 30}
	all, from, err := o.windows(tok, 40, 0, q)
	if err != nil || len(all) < 3 {
		t.Fatalf("%d windows: %v", len(all), err)
	}
	found, whole := 0, map[int]int{}
	for i, e := range all {
		if len(e.Input) > 40 {
			t.Errorf("window of %d tokens", len(e.Input))
		}
		if e.Target[1] != 0 {
			found++
			w := from[i]
			if got := context[w.offsets[e.Target[0]].Start:w.offsets[e.Target[1]].End]; !strings.HasPrefix(got, "dog") {
				t.Errorf("the answer is %q", got)
			}
		}
		for j, ok := range from[i].whole {
			if ok {
				whole[from[i].offsets[j].Start]++
			}
		}
	}
	if found == 0 || found == len(all) {
		t.Errorf("the answer is in %d of %d windows", found, len(all))
	}
	for at, n := range whole {
		if n != 1 {
			t.Errorf("the token at %d is whole in %d windows", at, n)
		}
	}
	if tokens := tok.EncodeWithOffsets(context, tokenizer.Bare).IDs; len(whole) != len(tokens) {
		t.Errorf("%d tokens are whole somewhere, of %d", len(whole), len(tokens))
	}
}

func ids(row ...int32) *nn.IDs { return &nn.IDs{Data: row, B: 1, T: len(row)} }

// tiny is the recipe of a model that is small enough for tests.
const tiny = `
name: tiny
seed: 3
model:
  config: {model_type: %s}
tokenizer: {path: %s}
task: %s
%s
optimizer: {lr: 5e-3}
batch: {examples: 8, length: 32}
steps: 100
eval: {every: 50}
log: {every: 10}
`

const smallBERT = `bert, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4, max_position_embeddings: 64, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0`

// run trains by a recipe, and returns the folder and the last metrics.
func run(t *testing.T, text string) (string, map[string]float64) {
	t.Helper()
	r, err := train.Parse("recipe.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	dir := t.TempDir()
	var last map[string]float64
	_, err = train.Run(context.Background(), r, train.Options{Dir: dir, Report: func(event any) {
		if m, ok := event.(train.Metrics); ok && m.Eval != nil {
			last = m.Eval
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return dir, last
}

// table is records that a model can tell apart by their words.
func table() string {
	var b strings.Builder
	colours, fruits := []string{"red", "blue", "green"}, []string{"pear", "fig", "plum"}
	for i := range 48 {
		class := i % 3
		line, _ := json.Marshal(map[string]any{
			"text": fmt.Sprintf("%s thing %d", colours[class], i), "pair": fmt.Sprintf("%s %d", fruits[class], i), "label": fruits[class], "number": class,
			"many": fruits[:class+1], "choices": fruits, "same": string("abcdefghiklmnoprstwyz"[i%21]) + " " + string("bcd"[i/21]),
		})
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// TestTasksLearn: every task learns records that are easy, and what it writes opens.
func TestTasksLearn(t *testing.T) {
	data := write(t, "data.jsonl", table())
	tags := write(t, "data.conll", strings.Repeat("red\tB-X\nthing\tI-X\nis\tO\n\nblue\tB-Y\nsky\tO\n\n", 20))
	files := func(path string) string { return fmt.Sprintf("train: [%s], eval: [%s]", path, path) }
	for _, c := range []struct{ name, task, metric, adapter string }{
		{"single", "{name: classify, " + files(data) + "}", "accuracy", ""},
		{"multi", "{name: classify, kind: multi, label: many, " + files(data) + "}", "f1", ""},
		{"regression", "{name: classify, kind: regression, label: number, " + files(data) + "}", "pearson", ""},
		{"choose", "{name: choose, choices: [choices], label: number, " + files(data) + "}", "accuracy", ""},
		{"tag", "{name: tag, " + files(tags) + "}", "f1", ""},
		{"embed", "{name: embed, text: same, pair: same, " + files(data) + "}", "recall_at_1", ""},
		{"lora", "{name: classify, " + files(data) + "}", "accuracy", "adapter: {name: lora, targets: [all-linear], rank: 16, dropout: 0.05}"},
		{"dora", "{name: classify, " + files(data) + "}", "accuracy", "adapter: {name: lora, targets: [all-linear], rank: 16, dora: true, bias: all, weights: q8_0}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, got := run(t, fmt.Sprintf(tiny, smallBERT, bertDir, c.task, c.adapter))
			if got[c.metric] < 0.9 {
				t.Errorf("%s is %v after training", c.metric, got)
			}
			m := open(t, filepath.Join(dir, "last"))
			if c.adapter == "" {
				return
			}
			in := model.Inputs{IDs: ids(4, 5, 6, 7)}
			merged := logits(m, in)
			if !strings.Contains(string(m.Config), "id2label") {
				t.Error("config.json has no labels")
			}
			if a, err := ReadConfig(filepath.Join(dir, "last")); err != nil || a.R != 16 || merged.Len() != 3 {
				t.Errorf("the adapter's config: %+v, %v", a, err)
			}
		})
	}
}

// TestWriters: texts for texts, and instructions of a decoder and an encoder-decoder.
func TestWriters(t *testing.T) {
	var lines []string
	for i := range 24 {
		lines = append(lines, fmt.Sprintf(`{"text":"say %d","answer":"yes","instruction":"say %d","input":"now","output":"yes"}`, i, i))
	}
	data := write(t, "data.jsonl", strings.Join(lines, "\n"))
	files := fmt.Sprintf("train: [%s], eval: [%s]", data, data)
	t5 := "t5, d_model: 32, d_kv: 8, d_ff: 64, num_layers: 1, num_heads: 4, dropout_rate: 0"
	gpt := "gpt2, n_embd: 32, n_layer: 1, n_head: 4, n_positions: 256, resid_pdrop: 0, attn_pdrop: 0, embd_pdrop: 0"
	for _, c := range []struct{ name, model, tok, task string }{
		{"write", t5, "../models/t5/testdata/t5", "{name: write, prefix: 'x: ', " + files + "}"},
		{"flan-t5", t5, "../models/t5/testdata/t5", "{name: instruct, template: flan, " + files + "}"},
		{"flan", gpt, gptDir, "{name: instruct, template: flan, " + files + "}"},
		{"chatml", gpt, gptDir, "{name: instruct, template: chatml, system: be brief, " + files + "}"},
		{"alpaca", gpt, gptDir, "{name: instruct, template: alpaca, " + files + "}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := run(t, strings.Replace(fmt.Sprintf(tiny, c.model, c.tok, c.task, ""), "length: 32", "length: 250", 1))
			if loss, ok := got["loss"]; !ok || loss > 0.7 {
				t.Errorf("loss is %v after training", got)
			}
		})
	}
}

// TestAdapterResumes: a run of an adapter that is stopped and resumed ends as one
// that was not.
func TestAdapterResumes(t *testing.T) {
	data := write(t, "data.jsonl", table())
	task := fmt.Sprintf("{name: classify, train: [%s], eval: [%s]}", data, data)
	text := fmt.Sprintf(tiny, smallBERT, bertDir, task, "adapter: {name: lora, dropout: 0.1}") + "save: {every: 20}\n"
	whole, _ := run(t, text)
	parts := t.TempDir()
	for _, steps := range []string{"steps=40", "steps=100"} {
		r, err := train.Parse("recipe.yaml", []byte(text), steps)
		if err == nil {
			_, err = train.Run(context.Background(), r, train.Options{Dir: parts, Resume: true})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"adapter_model.safetensors", "model.safetensors"} {
		a, errA := os.ReadFile(filepath.Join(whole, "last", name))
		b, errB := os.ReadFile(filepath.Join(parts, "last", name))
		if errA != nil || errB != nil || !slices.Equal(a, b) {
			t.Errorf("%s: not the same bytes: %v %v", name, errA, errB)
		}
	}
}

// TestRecords: what records lack is told.
func TestRecords(t *testing.T) {
	tok := openTokenizer(t, bertDir)
	for _, c := range []struct{ file, text, task, want string }{
		{"a.csv", "text,label\nx,y\n", "{name: classify, label: class}", "no class"},
		{"a.csv", "text,label\nx\n", "{name: classify}", "wrong number of fields"},
		{"a.jsonl", "{\n", "{name: classify}", "line 1"},
		{"a.txt", "x", "{name: classify}", "not one of"},
		{"a.jsonl", `{"text":"x","label":"one"}`, "{name: classify, kind: regression}", "no number"},
		{"a.jsonl", `{"text":"x","label":7,"c":["a","b"]}`, "{name: choose, choices: [c]}", "number of none"},
		{"a.conll", "word\n", "{name: tag}", "line 1"},
		{"a.json", "[", "{name: answer}", "JSON"},
		{"a.jsonl", `{"messages":[{"role":1}]}`, "{name: instruct, template: chatml}", "no role"},
	} {
		path := write(t, c.file, c.text)
		text := fmt.Sprintf(tiny, smallBERT, bertDir, strings.TrimSuffix(c.task, "}")+", train: ["+path+"]}", "")
		r, err := train.Parse("r.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Task.Options.(train.TaskOptions).Open(tok, 32)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %q: error is %v, want one of %q", c.task, c.text, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"task: {name: classify, train: [x], kind: odd}": "kind", "task: {name: nothing}": "task.name",
		"task: {name: classify}": "task.train", "task: {name: classify, train: [x]}\nadapter: {name: lora, rank: -1}": "adapter",
		"task: {name: classify, train: [x]}\nobjective: causal": "objective",
	} {
		if _, err := train.Parse("r.yaml", []byte("model: {from: x}\nsteps: 1\n"+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one of %q", text, err, want)
		}
	}
}

// TestRecipes: the recipes of this folder are right.
func TestRecipes(t *testing.T) {
	files, err := filepath.Glob("recipes/*.yaml")
	if err != nil || len(files) != 9 {
		t.Fatalf("%d recipes: %v", len(files), err)
	}
	for _, f := range files {
		if _, err := train.Read(f); err != nil {
			t.Error(err)
		}
	}
}
