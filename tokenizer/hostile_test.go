package tokenizer

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestHostileFiles: what is wrong with a file is said by file, field and reason,
// before memory is taken for what it only claims to hold.
func TestHostileFiles(t *testing.T) {
	json := func(s string) func() error {
		return func() error { _, err := FromJSON([]byte(s)); return err }
	}
	piece := func(b ...byte) func() error {
		return func() error { _, err := FromSentencePiece(b, Options{}); return err }
	}
	bin := func(size int, words ...uint32) func() error {
		var b []byte
		for _, w := range words {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return func() error { _, err := FromLlama2C(bytes.NewReader(b), size); return err }
	}
	pairs := func(vocab, merges string) func() error {
		return func() error { _, err := FromVocab([]byte(vocab), []byte(merges), Options{}); return err }
	}
	nested := strings.Repeat(`{"type":"Sequence","normalizers":[`, 70) + strings.Repeat(`]}`, 70)
	for want, read := range map[string]func() error{
		"tokenizer.json: model: missing":                                        json(`{}`),
		"tokenizer.json: unexpected end":                                        json(`{"model":`),
		`tokenizer.json: model: type "Neural": not known`:                       json(`{"model":{"type":"Neural"}}`),
		"tokenizer.json: model: vocab: id 2000000000 in a vocabulary of 1":      json(`{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}`),
		`tokenizer.json: model: vocab: token "a": id -1 is negative`:            json(`{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":-1}}}`),
		`tokenizer.json: model: merges[1]: "a" + "c": not in the vocabulary`:    json(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b","a c"]}}`),
		"tokenizer.json: model: unk_id: not in the vocabulary":                  json(`{"model":{"type":"Unigram","unk_id":9,"vocab":[["a",0]]}}`),
		"nested over 64 deep":                                                   json(`{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"normalizer":` + nested + `}`),
		"tokenizer.json: pre_tokenizer: scan: expression":                       json(`{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(("},"behavior":"Isolated"}}`),
		`post_processor: single: [0]: "x": not in special_tokens`:               json(`{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}}],"pair":[],"special_tokens":{}}}`),
		"template: id 7: not in the vocabulary":                                 json(`{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"post_processor":{"type":"BertProcessing","sep":["x",7],"cls":["a",0]}}`),
		"added_tokens: added token \"b\": id 99999999 in a vocabulary of 1":     json(`{"added_tokens":[{"id":99999999,"content":"b"}],"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}}}`),
		"normalizer: precompiled_charsmap: trie of 4294967295 bytes":            json(`{"model":{"type":"WordLevel","unk_token":"a","vocab":{"a":0}},"normalizer":{"type":"Precompiled","precompiled_charsmap":"/////wAA"}}`),
		"SentencePiece model: protocol buffer cut short":                        piece(0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1),
		"SentencePiece model: pieces[0]: empty":                                 piece(0x0A, 0),
		"SentencePiece model: pieces: none is the unknown one":                  piece(0x0A, 3, 0x0A, 1, 'a'),
		"SentencePiece model: pieces[1]: \"a\": is pieces[0] already":           piece(0x0A, 3, 0x0A, 1, 'a', 0x0A, 3, 0x0A, 1, 'a'),
		"tokenizer.bin: max_token_length 4294967295: over":                      bin(0, 1<<32-1),
		"tokenizer.bin: token 0: length 2147483648: over max_token_length 1024": bin(1<<31-1, 1024, 0, 1<<31),
		"tokenizer.bin: token 0: unexpected EOF":                                bin(1<<31-1, 1<<20, 0, 1<<20),
		"merges.txt: merges[0]: \"ab\": not two tokens":                         pairs(`{"a":0}`, "ab\n"),
		"vocab.json: json: cannot unmarshal":                                    pairs(`[1]`, ""),
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\n  wants %q", err, want)
		}
	}
}

// TestOpenStaysInside: a directory's file that is a link out of it is not read.
func TestOpenStaysInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "vocab.txt")
	if err := os.WriteFile(outside, []byte("[UNK]\na\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "vocab.txt")); err != nil {
		t.Skip(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "vocab.txt") {
		t.Errorf("error %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no tokenizer.json") {
		t.Errorf("error %v", err)
	}
}

// TestConcurrent: one Tokenizer serves many goroutines.
func TestConcurrent(t *testing.T) {
	for _, seed := range jsonSeeds {
		tok, err := FromJSON([]byte(seed))
		if err != nil {
			t.Fatal(err)
		}
		want := tok.Decode(tok.Encode(probe), false)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 50 {
					if got := tok.Decode(tok.Encode(probe), false); got != want {
						t.Errorf("%q, not %q", got, want)
					}
				}
			})
		}
		group.Wait()
	}
}

// TestConventions: what the files of a directory say of special tokens.
func TestConventions(t *testing.T) {
	tok, err := Open(shared(t, "qwen2"))
	if err != nil {
		t.Fatal(err)
	}
	is := func(name string, got func() (int32, bool), want int32) {
		if id, ok := got(); ok != (want >= 0) || ok && id != want {
			t.Errorf("%s is %d %v, not %d", name, id, ok, want)
		}
	}
	is("EOS", tok.EOS, 151645)
	is("PAD", tok.PAD, 151643)
	is("EOT", tok.EOT, 151645)
	is("BOS", tok.BOS, -1)
	if stops := tok.Stops(); len(stops) != 2 || tok.AddBOS() || tok.MaxLength() != 32768 || tok.VocabSize() != 151665 {
		t.Errorf("stops %v, BOS %v, at most %d, %d tokens", stops, tok.AddBOS(), tok.MaxLength(), tok.VocabSize())
	}
	if !strings.Contains(tok.ChatTemplate(), "<|im_start|>system") {
		t.Errorf("chat template %q", tok.ChatTemplate())
	}
	if id, ok := tok.ID("<|im_end|>"); !ok || !tok.Special(id) {
		t.Errorf("<|im_end|> is %d %v", id, ok)
	}
	if token, ok := tok.Token(151657); !ok || token != "<tool_call>" || tok.Special(151657) {
		t.Errorf("151657 is %q", token)
	}
}
