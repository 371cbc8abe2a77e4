package train

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/objective"
)

// small is a recipe that is right; LINE stands where tests put one more line.
const small = `name: small
seed: 3
model:
  config: {model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32}
tokenizer:
  train: {preset: gpt2, size: 300}
data:
  sources:
    - path: text.txt
objective: causal
optimizer: {lr: 1e-2}
schedule: {name: cosine, warmup: 2}
batch: {examples: 4, length: 16}
steps: 1_000
`

func TestRead(t *testing.T) {
	r, err := Parse("small.yaml", []byte(small), "batch.micro=2", "data.sources.0.path=other.txt", "eval.every=1e1", "sample.prompts=[a, b]")
	if err != nil {
		t.Fatal(err)
	}
	if r.Steps != 1000 || r.Batch.Micro != 2 || r.Data.Sources[0].Path != "other.txt" || r.Optimizer.LR != 0.01 || r.Eval.Every != 10 ||
		len(r.Sample.Prompts) != 2 || r.Objective.Name != "causal" || r.Schedule.Warmup != 2 || *r.Optimizer.Beta2 != 0.999 {
		t.Errorf("read as %+v", r)
	}
	text, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if text2, _ := again.Text(); !bytes.Equal(text, text2) {
		t.Errorf("a recipe as written is read as another:\n%s\n%s", text, text2)
	}
}

// TestBadRecipes: each mistake has an error that names file, line and key.
func TestBadRecipes(t *testing.T) {
	for _, c := range []struct{ change, by, want string }{
		{"examples: 4", "exmples: 4", "bad.yaml:13: batch.exmples: unknown key; known are examples, micro, length"},
		{"steps: 1_000", "steps: 0", "bad.yaml:14: steps: must be within 1 to"},
		{"steps: 1_000", "steps: many", "bad.yaml:14: steps: must be a whole number, not \"many\""},
		{"steps: 1_000", "steps: 1.5", "bad.yaml:14: steps: must be a whole number"},
		{"steps: 1_000", "steps: [1]", "bad.yaml:14: steps: must be a whole number, not a list or keys"},
		{"steps: 1_000", "steps: 99999999999999999999", "bad.yaml:14: steps: must be"},
		{"steps: 1_000", "steps: 5\nsteps: 6", "bad.yaml:15: steps: given twice"},
		{"steps: 1_000", "", "bad.yaml: steps: must be within 1"},
		{"seed: 3", "seed: -3", "bad.yaml:2: seed: must be a whole number that is not negative"},
		{"name: small", "name: ../x", "bad.yaml:1: name: must be a name of letters"},
		{"lr: 1e-2", "lr: .nan", "bad.yaml:11: optimizer.lr: must be a number"},
		{"lr: 1e-2", "lr: -1", "bad.yaml:11: optimizer.lr: must be within 0 to"},
		{"lr: 1e-2", "name: alchemy", "bad.yaml:11: optimizer.name: must be one of"},
		{"lr: 1e-2", "beta1: 2", "bad.yaml:11: optimizer.beta1: must be"},
		{"lr: 1e-2", "groups: [{lr: 1}]", "bad.yaml:11: optimizer.groups.0.match: must have"},
		{"name: cosine", "name: cosine, shape: round", "bad.yaml:12: schedule.shape: must be"},
		{"name: cosine", "name: sine", "bad.yaml:12: schedule.name: must be one of"},
		{"examples: 4", "examples: 4, micro: 8", "bad.yaml:13: batch.micro: must be within 1 to 4, not 8"},
		{"length: 16", "length: 1", "bad.yaml:13: batch.length: must be within 2"},
		{"objective: causal", "objective: casual", "bad.yaml:10: objective.name: must be one of"},
		{"objective: causal", "objective: {name: causal, rate: 1}", "bad.yaml:10: objective.rate: unknown key"},
		{"objective: causal", "objective: {name: masked, rate: 3}", "bad.yaml:10: objective.rate: must be within"},
		{"objective: causal", "", "bad.yaml: objective: must be one of"},
		{"    - path: text.txt", "    - weight: 2", "bad.yaml:9: data.sources.0.path: must be a file"},
		{"    - path: text.txt", "    - {path: x, weight: -2}", "bad.yaml:9: data.sources.0.weight: must be within 0"},
		{"  sources:\n    - path: text.txt", "  held_out: 0.1", "bad.yaml:7: data.sources: must have at least one"},
		{"  sources:\n    - path: text.txt", "  sources: text.txt", "bad.yaml:8: data.sources: must be a list"},
		{"  sources:\n    - path: text.txt", "  sources: [text.txt]", "bad.yaml:8: data.sources.0: must have keys"},
		{"preset: gpt2", "preset: gpt17", "bad.yaml:6: tokenizer.train.preset: must be one of"},
		{"size: 300", "size: -1", "bad.yaml:6: tokenizer.train.size: must be within"},
		{"  train: {preset: gpt2, size: 300}", "  path: x\n  train: {preset: gpt2, size: 300}", "bad.yaml:5: tokenizer: must have path or train, not both"},
		{"  train: {preset: gpt2, size: 300}", "  path:", "bad.yaml:5: tokenizer: must have path"},
		{"  config: {model_type: gpt2,", "  config: {model: gpt2,", "bad.yaml:4: model.config.model_type: must name"},
		{"model:\n  config: {model_type: gpt2, n_embd: 16, n_layer: 1, n_head: 2, n_positions: 32}", "model: {}", "bad.yaml:3: model: must have config"},
		{"model:\n", "model: 7\nmdl:\n", "bad.yaml:3: model: must have keys"},
		{"seed: 3", "seed: &x 3", "bad.yaml:2: anchors and aliases are not allowed"},
		{"seed: 3", "? [a]\n: 3", "a key must be a name"},
		{"seed: 3", "\"\": 3", "bad.yaml:2: unknown key"},
		{"seed: 3", "\t", "bad.yaml: it is no YAML"},
		{"seed: 3", "precision: f8", "bad.yaml:2: precision: must be one of"},
		{"seed: 3", "seed: " + strings.Repeat("[", 50) + strings.Repeat("]", 50), "bad.yaml:2: nested deeper than 32"},
	} {
		text := strings.Replace(small, c.change, c.by, 1)
		if text == small {
			t.Fatalf("%q is not in the recipe", c.change)
		}
		_, err := Parse("bad.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "train: bad.yaml") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v\nwant %s", c.by, c.change, err, c.want)
		}
	}
	for change, want := range map[string]string{
		"steps":                 "not of the form key=value",
		"batch.exmples=1":       "batch.exmples: unknown key",
		"data.sources.4.path=x": "data.sources.4: the list has 1 parts",
		"steps=":                "steps: must be a whole number, not \"\"",
		"steps=[":               "it is no YAML",
	} {
		if _, err := Parse("bad.yaml", []byte(small), change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--set %s: %v, want %s", change, err, want)
		}
	}
}

// keys returns every key of a recipe that t has, with a dot before each part.
func keys(prefix string, t reflect.Type) (all []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[Section]() {
		return nil
	}
	for i := range t.NumField() {
		name, inline := fieldName(t.Field(i))
		switch {
		case inline:
			all = append(all, keys(prefix, t.Field(i).Type)...)
		case name != "":
			all = append(append(all, under(prefix, name)), keys(under(prefix, name), t.Field(i).Type)...)
		}
	}
	return all
}

// TestDocumented holds docs/training.md to have every key.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "training.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := keys("", reflect.TypeFor[Recipe]())
	if len(all) < 30 {
		t.Fatalf("only %d keys found", len(all))
	}
	for _, key := range all {
		if !bytes.Contains(text, []byte("`"+key+"`")) {
			t.Errorf("docs/training.md does not have %s", key)
		}
	}
}

// TestObjectivesDocumented holds docs/training.md to have every objective and the
// options of each.
func TestObjectivesDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "training.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range objective.Names() {
		o, err := objective.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("| `"+name+"` |")) {
			t.Errorf("docs/training.md does not have the objective %s", name)
		}
		for _, key := range keys("", reflect.TypeOf(o)) {
			if !bytes.Contains(text, []byte("`"+key+"`")) {
				t.Errorf("docs/training.md does not have %s of %s", key, name)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small), "steps=4")
	f.Add([]byte("a: &a [1]\nb: *a"), "a.b.c=[1,2]")
	f.Add([]byte("? {a: b}\n: 3"), "seed={}")
	f.Add([]byte("objective: {name: masked, rate: 0.5}"), "data.sources=[{path: x}]")
	f.Add([]byte("<<: {a: b}\n"), "name=!!binary aGk=")
	f.Fuzz(func(t *testing.T, text []byte, change string) {
		for _, changes := range [][]string{nil, {change}} {
			r, err := Parse("fuzz.yaml", text, changes...)
			if err != nil {
				if !strings.HasPrefix(err.Error(), "train: ") {
					t.Errorf("error %q does not say where it is from", err)
				}
				continue
			}
			out, err := r.Text()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Parse("again.yaml", out); err != nil {
				t.Errorf("as written it is refused: %v\n%s", err, out)
			}
		}
	})
}
