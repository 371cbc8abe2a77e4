package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// forwardLogits are the logits that zoo forward prints.
func forwardLogits(t *testing.T, args ...string) []float64 {
	t.Helper()
	var out, stderr bytes.Buffer
	code := run(context.Background(), append([]string{"forward", "--ids", "5,9,11,30,7", "--json"}, args...), stdio{strings.NewReader(""), &out, &stderr})
	var result struct{ Logits struct{ Data []float64 } }
	if code != exitDone || json.Unmarshal(out.Bytes(), &result) != nil || len(result.Logits.Data) == 0 {
		t.Fatalf("zoo forward %v = %d: %s", args, code, stderr.String())
	}
	return result.Logits.Data
}

// TestAdapter: an adapter changes what a model gives, and merged into a new folder or
// file the model gives the same without it.
func TestAdapter(t *testing.T) {
	for base, adapter := range map[string]string{"llama/testdata/gqa": "llama", "gpt/testdata/gpt2-bin": "gpt2-dora"} {
		base, adapter = "../../models/"+base, "../../tune/testdata/"+adapter
		plain, want := forwardLogits(t, base), forwardLogits(t, base, "--adapter", adapter)
		if distance(plain, want) < 1e-3 {
			t.Errorf("%s: the adapter changes nothing", adapter)
		}
		for _, name := range []string{"merged", "merged.gguf"} {
			dst := filepath.Join(t.TempDir(), name)
			var out, stderr bytes.Buffer
			if code := run(context.Background(), []string{"convert", base, dst, "--adapter", adapter}, stdio{strings.NewReader(""), &out, &stderr}); code != exitDone {
				t.Fatalf("zoo convert = %d: %s", code, stderr.String())
			}
			if d := distance(forwardLogits(t, dst), want); d > 1e-4 {
				t.Errorf("%s with %s: logits differ by %g", name, adapter, d)
			}
		}
	}
}

func distance(a, b []float64) (d float64) {
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}
