package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTune tunes hatchling/bert to tell two kinds of texts apart, by all weights and by
// an adapter, and has what came of it judge texts that it has not seen.
func TestTune(t *testing.T) {
	dir := t.TempDir()
	table := filepath.Join(dir, "table.csv")
	var b strings.Builder
	b.WriteString("text,label\n")
	for i := range 32 {
		kind := i % 2
		subject := []string{"the ship", "a horse", "her letter", "the house", "his voice", "the child", "an old man", "the sea"}[i/4]
		end := [][]string{{"was good and kind", "gave her great joy"}, {"was dark and cruel", "gave her great pain"}}[kind][i/2%2]
		fmt.Fprintf(&b, "%s %s,%s\n", subject, end, []string{"glad", "sad"}[kind])
	}
	recipe := filepath.Join(dir, "tune.yaml")
	text := `
model: {from: hatchling/bert, config: {hidden_dropout_prob: 0, attention_probs_dropout_prob: 0}}
task: {name: classify, train: [` + table + `], eval: [` + table + `]}
optimizer: {lr: 2e-3}
schedule: {name: linear, warmup: 5}
batch: {examples: 16, length: 24}
steps: 30
eval: {every: 30}
log: {every: 10}
`
	if err := os.WriteFile(table, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recipe, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, adapter := range map[string]string{
		"full": "", "lora": "adapter={name: lora, rank: 8, alpha: 16, targets: [all-linear], base: hatchling/bert}",
	} {
		out := filepath.Join(dir, name)
		args := []string{"train", recipe, "--out", out}
		if adapter != "" {
			args = append(args, "--set", adapter)
		}
		code, stdout, stderr := call("", args...)
		if code != exitDone {
			t.Fatalf("%s: %d: %s%s", name, code, stdout, stderr)
		}
		last := filepath.Join(out, "last")
		if _, err := os.Stat(filepath.Join(last, "adapter_model.safetensors")); (err == nil) != (adapter != "") {
			t.Errorf("%s: an adapter of its own: %v", name, err)
		}
		for text, want := range map[string]string{"the garden was good and kind": "glad", "the garden was dark and cruel": "sad"} {
			if got := judged(t, last, text); got != want {
				t.Errorf("%s: %q is judged %s", name, text, got)
			}
		}
	}
}

// judged returns the label that a classifier gives to a text.
func judged(t *testing.T, model, text string) string {
	t.Helper()
	decode := func(into any, args ...string) {
		code, out, stderr := call("", args...)
		if err := json.Unmarshal([]byte(out), into); code != exitDone || err != nil {
			t.Fatalf("zoo %v = %d, %v: %s%s", args, code, err, out, stderr)
		}
	}
	var tokens struct{ IDs []int32 }
	decode(&tokens, "tokenize", model, text, "--json")
	ids := strings.Trim(strings.ReplaceAll(fmt.Sprint(tokens.IDs), " ", ","), "[]")
	var scores struct{ Logits struct{ Data []float64 } }
	decode(&scores, "forward", model, "--ids", ids, "--json")
	var config struct {
		Labels map[string]string `json:"id2label"`
	}
	data, err := os.ReadFile(filepath.Join(model, "config.json"))
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil || len(scores.Logits.Data) != len(config.Labels) || len(config.Labels) != 2 {
		t.Fatalf("%v: %d scores of %v", err, len(scores.Logits.Data), config.Labels)
	}
	best := 0
	for i, v := range scores.Logits.Data {
		if v > scores.Logits.Data[best] {
			best = i
		}
	}
	return config.Labels[fmt.Sprint(best)]
}
