package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

const models = "../../models/"

// call runs a command line and returns what it printed.
func call(stdin string, args ...string) (code int, out, stderr string) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, stdio{strings.NewReader(stdin), &o, &e})
	return code, o.String(), e.String()
}

// TestErrors: what is wrong is one line that names it, with the right exit code.
func TestErrors(t *testing.T) {
	gqa, gpt2, bert, t5 := models+"llama/testdata/gqa", models+"gpt/testdata/gpt2", models+"bert/testdata/bert", models+"t5/testdata/t5"
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"bogus", exitUsage, "bogus"},
		{"list --colour", exitUsage, "colour"},
		{"show", exitUsage, "show"},
		{"show nowhere", exitFailed, "nowhere"},
		{"version -t -1", exitUsage, "threads"},
		{"forward " + gqa, exitUsage, "--ids"},
		{"forward " + gqa + " --ids 1,x", exitUsage, `"x"`},
		{"forward " + gqa + " --ids 1,99999", exitUsage, "99999"},
		{"forward " + gqa + " --ids 1,-5", exitUsage, "-5"},
		{"forward " + gqa + " --ids 1,2 --mask 1,1,1", exitUsage, "--mask"},
		{"forward " + gqa + " --ids 1,2 --choices 2", exitUsage, "--choices"},
		{"forward " + t5 + " --ids 1,2", exitUsage, "--decoder-ids"},
		{"forward " + bert + " --ids 1,5 --types 0,9", exitFailed, bert},
		{"forward " + gpt2 + " --ids " + strings.Repeat("1,", 200) + "1", exitFailed, "context of 64"},
		{"run " + gpt2 + " hi --top-p 7", exitFailed, "top_p"},
		{"run " + gpt2 + " hi --system be-kind", exitUsage, "--system"},
		{"run " + gpt2 + " hi --cache-type q4_0", exitUsage, "q4_0"},
		{"bench " + gpt2 + " --cache-type f64", exitUsage, "f64"},
		{"run " + bert + " hi", exitFailed, "bert"},
		{"fill " + gpt2 + " hi", exitFailed, "fill"},
		{"score " + bert + " hi", exitFailed, "score"},
		{"embed " + bert + " hi --pooling sum", exitFailed, "sum"},
		{"detokenize " + gpt2 + " one", exitUsage, "one"},
		{"tokenize " + filepath.Join(gqa, "config.json") + " x", exitFailed, "config.json"},
	} {
		code, out, stderr := call("", strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.says) || !strings.HasPrefix(stderr, "zoo: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("zoo %.80s = %d, %q (printed %.60q), want %d and one line with %q", c.args, code, stderr, out, c.code, c.says)
		}
	}
}

func TestTokenizeAndBack(t *testing.T) {
	gpt2 := models + "gpt/testdata/gpt2"
	code, out, stderr := call("", "tokenize", gpt2, "the cat", "--json")
	var tokens struct {
		IDs    []int32
		Tokens []string
	}
	if err := json.Unmarshal([]byte(out), &tokens); code != exitDone || err != nil || len(tokens.IDs) == 0 || len(tokens.IDs) != len(tokens.Tokens) {
		t.Fatalf("tokenize = %d, %q, %q", code, out, stderr)
	}
	code, out, _ = call("", "tokenize", gpt2, "the cat")
	if code != exitDone {
		t.Fatal(code)
	}
	if code, text, _ := call(out, "detokenize", gpt2); code != exitDone || text != "the cat\n" {
		t.Errorf("detokenize of %q = %d, %q", out, code, text)
	}
	if _, lines, _ := call("the cat\nthe cat\n", "tokenize", gpt2, "--lines"); lines != out+out {
		t.Errorf("tokenize --lines = %q, want %q twice", lines, out)
	}
	if _, lines, _ := call("the cat\r\n\nthe cat", "tokenize", gpt2, "--lines", "--no-special"); strings.Count(lines, "\n") != 3 || len(lines) <= 2*len(out)+1 {
		t.Errorf("tokenize --lines of a line with a carriage return, an empty and an unended one = %q", lines)
	}
}

// TestStories holds zoo run against llama2.c's own greedy text.
func TestStories(t *testing.T) {
	dir := testkit.Shared(t, "data/weights/stories260K")
	want, err := os.ReadFile(filepath.Join(dir, "expected_stdout.txt"))
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "stories260K.bin")
	folder, gguf := filepath.Join(t.TempDir(), "stories"), filepath.Join(t.TempDir(), "stories.gguf")
	for _, args := range [][]string{{source, folder, "--to", "safetensors"}, {source, gguf, "--to", "gguf"}} {
		if code, _, stderr := call("", append([]string{"convert"}, args...)...); code != exitDone {
			t.Fatalf("convert %v = %d, %s", args, code, stderr)
		}
	}
	for _, m := range []string{source, folder, gguf} {
		code, out, stderr := call("", "run", m, "", "--temperature", "0", "-n", "200")
		if code != exitDone || strings.TrimSpace(out) != strings.TrimSpace(string(want)) {
			t.Errorf("run %s = %d, %q, %s", filepath.Base(m), code, out, stderr)
		}
	}
	for _, form := range []string{"f32", "f16", "bf16", "q8_0"} { // the story begins the same
		code, out, stderr := call("", "run", source, "", "--temperature", "0", "-n", "20", "--cache-type", form)
		if code != exitDone || len(out) < 20 || !strings.HasPrefix(string(want), strings.TrimSpace(out)) {
			t.Errorf("run --cache-type %s = %d, %q, %s", form, code, out, stderr)
		}
	}
}
