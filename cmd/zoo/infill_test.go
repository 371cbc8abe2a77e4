package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInfill: the texts of two files are read, and what stands between is written.
func TestInfill(t *testing.T) {
	dir := t.TempDir()
	code, before, after := filepath.Join(dir, "code"), filepath.Join(dir, "a.py"), filepath.Join(dir, "b.py")
	const source = "../../task/testdata/code"
	if exit, _, stderr := call("", "convert", source+"/config.json", code, "--random", "--tokenizer", source); exit != exitDone {
		t.Fatal(stderr)
	}
	for file, text := range map[string]string{before: "def f(", after: "):\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	infill := func(stdin string, args ...string) (made struct {
		Text   string
		IDs    []int32
		Prompt int `json:"prompt_tokens"`
	}) {
		t.Helper()
		exit, out, stderr := call(stdin, append([]string{"infill", code, "-n", "8", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &made); exit != exitDone || err != nil {
			t.Fatalf("%v = %d, %q, %q", args, exit, out, stderr)
		}
		return made
	}
	files := infill("", "--prefix", before, "--suffix", after)
	want := 3 // the tokens before the parts
	for _, text := range []string{"def f(", "):\n"} {
		_, out, _ := call("", "tokenize", code, text)
		want += len(strings.Fields(out))
	}
	if files.Prompt != want {
		t.Errorf("%d tokens were read, want %d", files.Prompt, want)
	}
	if stdin := infill("def f(", "--prefix", "-", "--suffix", after); stdin.Text != files.Text || len(files.IDs) == 0 {
		t.Errorf("from standard input %q, from files %q", stdin.Text, files.Text)
	}
	if more := infill("", "--prefix", before, "--file", after); more.Prompt <= files.Prompt {
		t.Errorf("with a file beside it %d tokens were read, without %d", more.Prompt, files.Prompt)
	}
	for args, says := range map[string]string{
		"infill " + code: "--prefix",
		"infill " + code + " --prefix - --suffix -":                 "standard input",
		"infill " + code + " --prefix nowhere":                      "nowhere",
		"infill " + models + "gpt/testdata/gpt2 --prefix " + before: "infill",
	} {
		if exit, _, stderr := call("", strings.Fields(args)...); exit == exitDone || !strings.Contains(stderr, says) {
			t.Errorf("zoo %s = %d, %q, want %q", args, exit, stderr, says)
		}
	}
}
