package tokenizer

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
)

// TestOpen holds the directories of the models' golden files to the ids, pairs
// and texts that transformers made of them.
func TestOpen(t *testing.T) {
	files, err := filepath.Glob("../models/*/testdata/*/encodings.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d directories: %v", len(files), err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(dir, func(t *testing.T) {
			tok, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				Texts []golden
				Pairs []struct {
					Text, Pair string
					IDs        []int32
					Types      []int32 `json:"token_type_ids"`
				}
			}
			if err := json.Unmarshal(mustRead(t, file), &want); err != nil || len(want.Texts) == 0 {
				t.Fatalf("%d texts: %v", len(want.Texts), err)
			}
			for _, g := range want.Texts {
				decoded := g.Decoded
				g.Decoded = nil
				if what := g.difference(tok); what != "" {
					g.show(t, tok, what)
				}
				if got := tok.Decode(g.Bare, false); decoded != nil && got != *decoded {
					t.Errorf("%q decodes to %q, not %q", g.Text, got, *decoded)
				}
			}
			for _, p := range want.Pairs {
				ids, types := tok.EncodePair(p.Text, p.Pair)
				if !slices.Equal(ids, p.IDs) {
					t.Errorf("%q and %q:\n got %v\nwant %v", p.Text, p.Pair, ids, p.IDs)
				}
				if len(p.Types) > 0 && !slices.Equal(types, p.Types) {
					t.Errorf("%q and %q:\n got segments %v\nwant %v", p.Text, p.Pair, types, p.Types)
				}
			}
		})
	}
}
