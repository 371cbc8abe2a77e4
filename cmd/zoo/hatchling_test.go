package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestHatchlings runs the models that come with the command by their names.
func TestHatchlings(t *testing.T) {
	code, out, stderr := call("", "run")
	if code != exitDone || len(strings.Fields(out)) < 20 {
		t.Errorf("run = %d, %q, %s", code, out, stderr)
	}
	if _, again, _ := call("", "run", "hatchling/gpt", ""); again != out {
		t.Errorf("with the model named it writes %q", again)
	}
	for _, args := range [][]string{
		{"fill", "hatchling/bert", "She took her [MASK] and left."}, {"embed", "hatchling/bert", "a text"},
		{"run", "hatchling/t5", "he was ill"}, {"score", "hatchling/gpt", "He was ill."}, {"tokenize", "hatchling/t5", "He"},
		{"forward", "hatchling/bert", "--ids", "1,2", "--json"},
	} {
		if code, out, stderr := call("", args...); code != exitDone || strings.TrimSpace(out) == "" {
			t.Errorf("%v = %d, %q, %s", args, code, out, stderr)
		}
	}
}

// TestHatchlingsAreListed: list names them, and show prints their cards.
func TestHatchlingsAreListed(t *testing.T) {
	_, out, _ := call("", "list", "--json")
	var list struct {
		Models []struct {
			Name string `json:"name"`
		} `json:"models"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Models) != 3 {
		t.Fatalf("list: %v, %+v", err, list)
	}
	for _, m := range list.Models {
		code, out, stderr := call("", "show", m.Name)
		if code != exitDone || !strings.Contains(out, "# "+m.Name+"\n") || !strings.Contains(out, "q8_0") {
			t.Errorf("show %s = %d, %q, %s", m.Name, code, out, stderr)
		}
		if code, _, stderr := call("", "show", m.Name, "--json"); code != exitDone {
			t.Errorf("show %s --json = %d, %s", m.Name, code, stderr)
		}
	}
	if code, out, _ := call("", "list"); code != exitDone || !strings.Contains(out, "hatchling/gpt") {
		t.Errorf("list = %d, %q", code, out)
	}
}
