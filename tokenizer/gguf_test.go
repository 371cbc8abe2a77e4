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

// FuzzGGUF makes the metadata of a vocabulary from lines of text.
func FuzzGGUF(f *testing.F) {
	f.Add("llama", "", "<unk>\n<s>\n</s>\n▁\na\nb\nab\n<0x41>", "0 0 0 -1 -2 -3 -4 0", "2 3 3 1 1 1 1 6", "", 0, true)
	f.Add("gpt2", "llama-bpe", "a\nb\nab\nĠ\n<|end|>", "", "1 1 1 1 3", "a b", 4, false)
	f.Add("bert", "", "[UNK]\n[CLS]\n[SEP]\n▁a\nb", "", "3 3 3 1 1", "", 1, true)
	f.Add("t5", "", "<pad>\n</s>\n<unk>\n▁a\nb", "0 0 0 -1 -2", "3 3 2 1 1", "", 1, true)
	f.Fuzz(func(t *testing.T, model, pre, tokens, scores, types, merges string, id int, flag bool) {
		floats := func(text string) (all []any) {
			for _, word := range strings.Fields(text) {
				var v float32
				if _, err := fmt.Sscan(word, &v); err == nil {
					all = append(all, v)
				}
			}
			return all
		}
		lines := func(text string) (all []any) {
			for line := range strings.SplitSeq(text, "\n") {
				all = append(all, line)
			}
			return all
		}
		m := metadata{ggml + "model": model, ggml + "pre": pre, ggml + "tokens": lines(tokens), ggml + "merges": lines(merges)}
		if all := floats(scores); all != nil {
			m[ggml+"scores"] = all
		}
		if all := floats(types); all != nil {
			for i, v := range all {
				all[i] = int(min(max(v.(float32), -9), 9))
			}
			m[ggml+"token_type"] = all
		}
		for _, key := range []string{"bos", "unknown", "seperator", "cls"} {
			if id >= 0 {
				m[ggml+key+"_token_id"] = id
			}
		}
		for _, key := range []string{"add_bos_token", "add_space_prefix", "remove_extra_whitespaces"} {
			m[ggml+key] = flag
		}
		if tok, err := FromGGUF(m); err == nil {
			use(t, tok, probe)
		}
	})
}
