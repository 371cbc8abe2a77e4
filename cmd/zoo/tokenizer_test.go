package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nlp-zoo/zoo/tokenizer"
	"github.com/nlp-zoo/zoo/tokenizer/train"
)

const corpora = "../../tokenizer/train/testdata/corpus/"

// TestTokenizerTrain: a tokenizer of each kind is learnt, written, and used.
func TestTokenizerTrain(t *testing.T) {
	for _, kind := range train.Kinds {
		dir := filepath.Join(t.TempDir(), "new")
		args := []string{"tokenizer", "train", corpora + "words.txt", corpora + "mixed.txt", "--kind", string(kind), "--out", dir, "--json"}
		if kind != train.Byte {
			args = append(args, "--vocab-size", "600")
		}
		code, out, stderr := call("", args...)
		var done struct {
			Path, Kind string
			VocabSize  int `json:"vocab_size"`
			Files      []string
		}
		if err := json.Unmarshal([]byte(out), &done); code != exitDone || err != nil || stderr != "" {
			t.Fatalf("%s: %d, %q, %q", kind, code, out, stderr)
		}
		if done.Path != dir || done.Kind != string(kind) || done.VocabSize < 250 || done.VocabSize > 600 {
			t.Errorf("%s: %+v", kind, done)
		}
		var have []string
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			have = append(have, e.Name())
		}
		if err != nil || !slices.Equal(have, done.Files) {
			t.Errorf("%s: files %v, %v, want %v", kind, have, err, done.Files)
		}
		code, ids, stderr := call("", "tokenize", dir, "--no-special", "bes noiskilo")
		if code != exitDone || len(strings.Fields(ids)) < 2 {
			t.Errorf("%s: tokenize = %d, %q, %q", kind, code, ids, stderr)
		}
		if code, text, _ := call(ids, "detokenize", dir); code != exitDone || text != "bes noiskilo\n" {
			t.Errorf("%s: detokenize = %d, %q", kind, code, text)
		}
	}
}

// TestTokenizerTrainErrors: what is wrong is one line that names it, and nothing is
// written.
func TestTokenizerTrainErrors(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "tokenizer.json"), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	latin := filepath.Join(full, "latin1.txt")
	if err := os.WriteFile(latin, []byte("caf\xe9"), 0o666); err != nil {
		t.Fatal(err)
	}
	words := corpora + "words.txt"
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{words + " --kind bpe --vocab-size 600", exitUsage, "--out"},
		{words + " --vocab-size 600 --out NEW", exitUsage, "--kind"},
		{words + " --kind bogus --out NEW", exitUsage, "bogus"},
		{words + " --preset bogus --out NEW", exitUsage, "bogus"},
		{words + " --preset gpt2 --kind bpe --out NEW", exitUsage, "byte-bpe"},
		{words + " --kind bpe --vocab-size 0 --out NEW", exitUsage, "--vocab-size 0"},
		{words + " --kind bpe --vocab-size x --out NEW", exitUsage, "vocab-size"},
		{words + " --kind bpe --normalizer bogus --out NEW", exitUsage, "bogus"},
		{words + " --kind bpe --vocab-size 20 --out NEW", exitFailed, "vocab-size 20"},
		{words + " --kind unigram --vocab-size 900000 --out NEW", exitFailed, "900000"},
		{"nowhere.txt --kind bpe --out NEW", exitFailed, "nowhere.txt"},
		{latin + " --kind bpe --out NEW", exitFailed, "latin1.txt: not UTF-8 at byte 3"},
		{"--kind bpe --out NEW", exitFailed, "corpus"},
		{words + " --kind bpe --vocab-size 600 --out " + full, exitFailed, "--force"},
		{words + " --kind bpe --vocab-size 600 --out " + latin, exitFailed, "not a folder"},
	} {
		dir := filepath.Join(t.TempDir(), "new")
		code, out, stderr := call("", append([]string{"tokenizer", "train"}, strings.Fields(strings.ReplaceAll(c.args, "NEW", dir))...)...)
		if code != c.code || !strings.Contains(stderr, c.says) || !strings.HasPrefix(stderr, "zoo: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s = %d, %q (printed %q), want %d and one line with %q", c.args, code, stderr, out, c.code, c.says)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder was made", c.args)
		}
	}
	code, _, stderr := call("", "tokenizer", "train", words, "--kind", "bpe", "--vocab-size", "600", "--out", full, "--force")
	if data, err := os.ReadFile(filepath.Join(full, "tokenizer.json")); code != exitDone || err != nil || len(data) < 1000 {
		t.Errorf("--force: %d, %q, %v", code, stderr, err)
	}
}

// TestTokenizerTrainFlags: flags change what the preset says.
func TestTokenizerTrainFlags(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := call("low lower lowest ünique\n", "tokenizer", "train", "-", "--kind", "bpe", "--vocab-size", "400", "--out", dir,
		"--special", "<a,b>", "--special", "<c>", "--unknown", "<?>", "--initial-alphabet", "Ω", "--suffix", "$", "--min-frequency", "1",
		"--pre-tokenizer", "whitespace-split", "--normalizer", `{"type":"StripAccents"}`)
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	var file struct {
		Added      []struct{ Content string } `json:"added_tokens"`
		Normalizer struct{ Type string }
		Pre        struct{ Type string } `json:"pre_tokenizer"`
		Model      struct {
			Unknown string `json:"unk_token"`
			Suffix  string `json:"end_of_word_suffix"`
			Vocab   map[string]int
		}
	}
	if code != exitDone || err != nil || json.Unmarshal(data, &file) != nil {
		t.Fatalf("%d, %q, %v", code, stderr, err)
	}
	if len(file.Added) != 3 || file.Added[0].Content != "<?>" || file.Added[1].Content != "<a,b>" || file.Normalizer.Type != "StripAccents" ||
		file.Pre.Type != "WhitespaceSplit" || file.Model.Unknown != "<?>" || file.Model.Suffix != "$" {
		t.Errorf("%+v", file)
	}
	for _, token := range []string{"low$", "lower$", "Ω", "<0xFF>"} {
		if _, ok := file.Model.Vocab[token]; !ok {
			t.Errorf("no token %q", token)
		}
	}
}

// endless is standard input that nobody types at.
type endless struct{}

func (endless) Read([]byte) (int, error) { select {} }

// TestTokenizerTrainStops: Ctrl-C ends it, and nothing is written.
func TestTokenizerTrainStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	var out, stderr bytes.Buffer
	code := run(ctx, []string{"tokenizer", "train", "-", "--kind", "bpe", "--out", dir}, stdio{endless{}, &out, &stderr})
	if code != exitFailed || out.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("%d, %q, %q", code, out.String(), stderr.String())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made")
	}
}

// TestTokenizerCompare: tokens are those of tokenize, and add up.
func TestTokenizerCompare(t *testing.T) {
	preset := "../../tokenizer/train/testdata/preset/"
	a, b := preset+"gpt2.json", preset+"byte.json"
	code, out, stderr := call("", "tokenizer", "compare", a, b, corpora+"words.txt", corpora+"code.txt", "--json")
	var got struct{ Files, Scripts []comparison }
	if err := json.Unmarshal([]byte(out), &got); code != exitDone || err != nil || len(got.Files) != 3 || len(got.Scripts) == 0 {
		t.Fatalf("%d, %q, %q", code, out, stderr)
	}
	sum := comparison{}
	for _, s := range got.Scripts {
		sum.add(tokenizer.Count{Bytes: s.Bytes, Tokens: s.Tokens[:]})
	}
	if total := got.Files[2]; sum.Bytes != total.Bytes || sum.Tokens != total.Tokens || sum.TokensPerByte != total.TokensPerByte {
		t.Errorf("the scripts make %+v, the files %+v", sum, total)
	}
	for i, name := range []string{"words.txt", "code.txt"} {
		text, err := os.ReadFile(corpora + name)
		if err != nil {
			t.Fatal(err)
		}
		_, ids, _ := call(string(text), "tokenize", a, "--lines", "--no-special")
		bytes := int64(len(text) - strings.Count(string(text), "\n"))
		f := got.Files[i]
		if f.Bytes != bytes || f.Tokens != [2]int64{int64(len(strings.Fields(ids))), bytes} || f.BytesPerToken[1] != 1 {
			t.Errorf("%+v, want %d bytes, %d tokens", f, bytes, len(strings.Fields(ids)))
		}
	}
	if total := got.Files[2]; total.Bytes != got.Files[0].Bytes+got.Files[1].Bytes || total.Tokens[0] != got.Files[0].Tokens[0]+got.Files[1].Tokens[0] {
		t.Errorf("total %+v", total)
	}
	if code, out, _ := call("", "tokenizer", "compare", a, b, corpora+"words.txt"); code != exitDone || strings.Count(out, "\n") < 3 || !strings.Contains(out, "words.txt") || !strings.Contains(out, "Latin") {
		t.Errorf("%d, %q", code, out)
	}
	for _, args := range [][]string{{a, b}, {a}} {
		if code, _, stderr := call("", append([]string{"tokenizer", "compare"}, args...)...); code != exitUsage || !strings.Contains(stderr, "compare") {
			t.Errorf("%v: %d, %q", args, code, stderr)
		}
	}
	if code, _, stderr := call("", "tokenizer", "compare", a, b, "nowhere.txt"); code != exitFailed || !strings.Contains(stderr, "nowhere.txt") {
		t.Errorf("%d, %q", code, stderr)
	}
}
