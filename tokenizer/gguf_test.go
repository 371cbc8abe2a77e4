package tokenizer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// TestGGUFVocabularies holds the vocabularies that llama.cpp tests itself with to
// the ids it expects.
func TestGGUFVocabularies(t *testing.T) {
	dir := testkit.Shared(t, "data/tokenizers/ggml-vocab")
	files, err := filepath.Glob(filepath.Join(dir, "*.gguf"))
	if err != nil || len(files) < 6 {
		t.Fatalf("%d vocabularies in %s: %v", len(files), dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "ggml-vocab-"), ".gguf"), func(t *testing.T) {
			tok, err := FromGGUF(readMetadata(t, file))
			if err != nil {
				t.Fatal(err)
			}
			in, err := os.ReadFile(file + ".inp")
			if err != nil {
				t.Fatal(err)
			}
			out, err := os.ReadFile(file + ".out")
			if err != nil {
				t.Fatal(err)
			}
			cases := strings.Split(strings.TrimSuffix(string(in), "\n__ggml_vocab_test__\n"), "\n__ggml_vocab_test__\n")
			lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
			if len(cases) != len(lines) {
				t.Fatalf("%d cases, %d lines of ids", len(cases), len(lines))
			}
			for i, text := range cases {
				want := parseIDs(t, lines[i])
				if got := tok.Encode(text, Bare, Literal); !slices.Equal(got, want) {
					t.Errorf("%q:\n got %v\nwant %v", text, got, want)
				}
			}
		})
	}
}

func parseIDs(t *testing.T, line string) []int32 {
	var ids []int32
	for _, f := range strings.Fields(line) {
		var id int32
		if _, err := fmt.Sscan(f, &id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}
