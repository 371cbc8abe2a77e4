package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/train"
)

// TestTrain trains a tiny model, stops it, resumes it, and runs what came of it.
func TestTrain(t *testing.T) {
	dir := t.TempDir()
	text, recipe, out := filepath.Join(dir, "text.txt"), filepath.Join(dir, "tiny.yaml"), filepath.Join(dir, "run")
	if err := os.WriteFile(text, []byte(strings.Repeat("one two three four five six seven eight nine ten. ", 400)), 0o666); err != nil {
		t.Fatal(err)
	}
	err := os.WriteFile(recipe, []byte(`
model: {config: {model_type: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 64}}
tokenizer: {train: {preset: gpt2, size: 300}}
data: {sources: [{path: `+text+`}]}
objective: causal
optimizer: {lr: 1e-2}
batch: {examples: 4, length: 32}
steps: 20
eval: {every: 10, batches: 1}
log: {every: 5}
`), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"train", recipe, "--out", out}, exitDone, "held-out loss"},
		{[]string{"train", recipe, "--out", out}, exitFailed, "there is a run already"},
		{[]string{"train", out, "--resume", "--set", "steps=30"}, exitDone, "going on from " + filepath.Join(out, "last") + ", step 20"},
		{[]string{"run", filepath.Join(out, "last"), "one two", "-n", "4", "--temperature", "0"}, exitDone, "three four"},
		{[]string{"show", filepath.Join(out, "best")}, exitDone, "llama"},
		{[]string{"score", filepath.Join(out, "last"), "one two three"}, exitDone, "perplexity"},
		{[]string{"train", recipe, "--set", "stps=3"}, exitUsage, "stps: unknown key"},
		{[]string{"train", "alchemy"}, exitUsage, "neither a file nor one of bert-base"},
		{[]string{"train", filepath.Join(dir, "absent.yaml")}, exitUsage, "no such file"},
		{[]string{"train", "--list"}, exitDone, "roberta-base"},
		{[]string{"train"}, exitUsage, "1 arg"},
	} {
		code, stdout, stderr := call("", c.args...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("zoo %v = %d, want %d with %q: %s%s", c.args, code, c.code, c.want, stdout, stderr)
		}
	}
	events(t, recipe, out)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var o, e strings.Builder
	if code := run(ctx, []string{"train", recipe, "--out", out, "--force"}, stdio{strings.NewReader(""), &o, &e}); code != exitFailed ||
		!strings.Contains(e.String(), "stopped before a step was made; go on with: zoo train "+out+" --resume") {
		t.Errorf("stopped: %d, %s", code, e.String())
	}
}

// events: with --json there is a line for each event.
func events(t *testing.T, recipe, out string) {
	t.Helper()
	code, stdout, stderr := call("", "train", recipe, "--out", out, "--force", "--json")
	if code != exitDone || stderr != "" {
		t.Fatalf("%d: %s", code, stderr)
	}
	seen := map[string]int{}
	for line := range strings.Lines(stdout) {
		var e struct {
			Event string
			train.Metrics
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		seen[e.Event]++
	}
	if seen["started"] != 1 || seen["metrics"] != 4 || seen["saved"] < 2 {
		t.Errorf("events are %v", seen)
	}
}
