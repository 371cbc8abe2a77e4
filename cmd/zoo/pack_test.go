package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bert")
	if err := os.CopyFS(dir, os.DirFS("../../models/bert/testdata/bert-masked")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string // of what is printed
	}{
		{[]string{"pack", dir, "--weights", "int8"}, exitDone, "weights.int8.packed\n"},
		{[]string{"pack", dir, "--json"}, exitDone, `weights.own.packed"}`},
		{[]string{"forward", dir, "--ids", "1,2,3", "--weights", "int8"}, exitDone, "logits [1 3 "},
		{[]string{"forward", dir, "--ids", "1,2,3", "--weights", "q17"}, exitFailed, `weights: "q17" is not one of f32, `},
		{[]string{"pack", dir, "--weights", "q17"}, exitFailed, `weights: "q17" is not one of f32, `},
		{[]string{"pack", filepath.Join(dir, "absent")}, exitFailed, "no such file"},
		{[]string{"pack"}, exitUsage, "1 arg"},
	} {
		var out, stderr bytes.Buffer
		code := run(context.Background(), c.args, stdio{strings.NewReader(""), &out, &stderr})
		if code != c.code || !strings.Contains(out.String()+stderr.String(), c.want) {
			t.Errorf("zoo %v = %d, want %d with %q: %s%s", c.args, code, c.code, c.want, out.String(), stderr.String())
		}
	}
}
