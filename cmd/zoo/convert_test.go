package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestConvert(t *testing.T) {
	dir := t.TempDir()
	src := "../../models/bert/testdata/bert-masked"
	for _, c := range []struct {
		args []string
		code int
		want string // of what is printed
	}{
		{[]string{"convert", src, filepath.Join(dir, "m.gguf")}, exitDone, "gguf, "},
		{[]string{"convert", src, filepath.Join(dir, "m.gguf")}, exitFailed, "there already"},
		{[]string{"convert", src, filepath.Join(dir, "m.gguf"), "--force", "--weights", "q8_0", "--json"}, exitDone, `"left_out":["cls.predictions`},
		{[]string{"convert", filepath.Join(dir, "m.gguf"), filepath.Join(dir, "folder"), "--to", "safetensors", "--weights", "f16"}, exitDone, "safetensors, "},
		{[]string{"convert", src, filepath.Join(dir, "x"), "--to", "onnx"}, exitFailed, "onnx"},
		{[]string{"convert", src, filepath.Join(dir, "k.gguf"), "--weights", "q4_k_m"}, exitDone, "gguf, "},
		{[]string{"convert", src, filepath.Join(dir, "x"), "--weights", "q4_k_m"}, exitFailed, "safetensors files have no q4_k_m"},
		{[]string{"convert", src, filepath.Join(dir, "x.gguf"), "--weights", "q9_k"}, exitFailed, "is not one of f32"},
		{[]string{"convert", src}, exitUsage, "2 arg"},
	} {
		var out, stderr bytes.Buffer
		code := run(context.Background(), c.args, stdio{strings.NewReader(""), &out, &stderr})
		if code != c.code || !strings.Contains(out.String()+stderr.String(), c.want) {
			t.Errorf("zoo %v = %d, want %d with %q: %s%s", c.args, code, c.code, c.want, out.String(), stderr.String())
		}
	}
}
