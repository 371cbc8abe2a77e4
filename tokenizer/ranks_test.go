package tokenizer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// smallRanks writes a rank file of all bytes and some longer tokens.
func smallRanks(more ...string) []byte {
	var out bytes.Buffer
	for rank := range 256 + len(more) {
		token := []byte{byte(rank)}
		if rank > 255 {
			token = []byte(more[rank-256])
		}
		fmt.Fprintf(&out, "%s %d\n", base64.StdEncoding.EncodeToString(token), rank)
	}
	return out.Bytes()
}

// TestRanks: those neighbours merge first whose text has the lowest rank, however
// it is split; a word that is a token needs no merges.
func TestRanks(t *testing.T) {
	data := smallRanks("bc", "ab", "abc", "cd", "qrst", " x")
	tok, err := FromRanks(data, Options{Pattern: patternGPT2, Added: []AddedToken{{ID: 300, Content: "<|end|>", Special: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int32{
		"abcd":       {258, 'd'}, // "bc", then "a" + "bc" makes "abc"
		"abc":        {258},
		"abab":       {257, 257},
		"bcd":        {256, 'd'},
		"qrst":       {260}, // no two of its parts are tokens
		"qrstu":      {'q', 'r', 's', 't', 'u'},
		"cd x":       {259, 261},
		"ab<|end|>é": {257, 300, 0xC3, 0xA9},
	} {
		if got := tok.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, not %v", text, got, want)
		}
		if got := tok.Decode(want, false); got != text {
			t.Errorf("%v is %q, not %q", want, got, text)
		}
	}
	if got := tok.Encode("<|end|>", Literal); len(got) != 7 {
		t.Errorf("taken literally <|end|> is %v", got)
	}
}

// TestPublishedRanks: an encoding is known by its number of ranks.
func TestPublishedRanks(t *testing.T) {
	for name, special := range map[string]map[string]int32{
		"r50k_base":   {"<|endoftext|>": 50256},
		"cl100k_base": {"<|endoftext|>": 100257, "<|fim_suffix|>": 100260, "<|endofprompt|>": 100276},
	} {
		data := mustRead(t, shared(t, "tiktoken/"+name+".tiktoken"))
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name+".tiktoken"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		tok, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for content, id := range special {
			if got := tok.Encode("a" + content); len(got) != 2 || got[1] != id || !tok.Special(id) {
				t.Errorf("%s: %s is %v", name, content, got)
			}
		}
		if eos, ok := tok.EOS(); !ok || eos != special["<|endoftext|>"] || !tok.ByteComplete() {
			t.Errorf("%s: EOS %d, complete %v", name, eos, tok.ByteComplete())
		}
	}
}

func TestHostileRanks(t *testing.T) {
	small := string(smallRanks())
	for want, data := range map[string]string{
		"empty":                      "",
		`line 1: "!!!! 0": not a`:    "!!!! 0\n",
		`line 2: "YQ== -1": not a`:   "YQ== 0\nYQ== -1\n",
		`line 2: "Yg==": not a`:      "YQ== 0\nYg==\n",
		`line 2: "a" comes twice`:    "YQ== 0\nYQ== 1\n",
		"line 2: rank 0 comes twice": "YQ== 0\nYg== 0\n",
		"256 ranks: no encoding":     small,
		"id 2147483647 in a":         small + "YWE= 2147483647\n",
		"byte 255 is no token":       strings.Join(strings.SplitAfter(small, "\n")[:255], ""),
	} {
		o := Options{Pattern: patternGPT2}
		if strings.Contains(want, "no encoding") {
			o.Pattern = ""
		}
		if _, err := FromRanks([]byte(data), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\n  wants %q", err, want)
		}
	}
	_, err := FromRanks(smallRanks(strings.Repeat("a", 1<<17)), Options{Pattern: patternGPT2})
	if err == nil || !strings.Contains(err.Error(), "too long to find their merges") {
		t.Errorf("one long token: %v", err)
	}
}

func FuzzRanks(f *testing.F) {
	f.Add(smallRanks("ab", "bc"), patternGPT2)
	f.Add(smallRanks("  ", "\n"), `\s+|\w{2}`)
	f.Fuzz(func(t *testing.T, data []byte, pattern string) {
		if tok, err := FromRanks(data, Options{Pattern: pattern}); err == nil {
			use(t, tok, probe)
		}
	})
}
