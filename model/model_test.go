package model

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/tensor"
)

type config struct {
	Size  int     `json:"size"`
	Depth int     `json:"depth"`
	Rate  float64 `json:"rate"`
}

func (c *config) Check() error { return Within("size", c.Size, 1, 8) }

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, wrong string }{
		{`{"size":3, "depth":null, "more":1}`, ""},
		{`{"size":9}`, "size: 9 is not within 1 to 8"},
		{`{"size":"3"}`, "size: a string does not fit"},
		{`{"size":3,`, "unexpected end"},
		{`[]`, "array"},
	} {
		got, err := Parse([]byte(c.text), &config{Depth: 5})
		if c.wrong == "" && (err != nil || *got != config{Size: 3, Depth: 5}) {
			t.Errorf("Parse(%s) = %v, %v", c.text, got, err)
		}
		if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("Parse(%s): error is %v, want one with %q", c.text, err, c.wrong)
		}
	}
}

func TestGenerationConfig(t *testing.T) {
	g, err := parseGeneration([]byte(`{"eos_token_id":2, "bos_token_id":1}`), []byte(`{"eos_token_id":[4,5], "bos_token_id":null, "top_p":0.9}`))
	if err != nil || !slices.Equal(g.EOS, []int32{4, 5}) || !slices.Equal(g.BOS, []int32{1}) || g.TopP != 0.9 || g.TopK != 50 {
		t.Errorf("parseGeneration = %+v, %v", g, err)
	}
	if _, err := parseGeneration([]byte(`{}`), []byte(`{"eos_token_id":"x"}`)); err == nil {
		t.Error("an id that is a text was read")
	}
}

// file is a GGUF file in memory.
type file struct {
	checkpoint.Metadata
	kv      map[string]any
	tensors map[string][]int
}

func (f file) KV(key string) (any, bool) { v, ok := f.kv[key]; return v, ok }
func (f file) Info(name string) (checkpoint.Info, bool) {
	shape, ok := f.tensors[name]
	return checkpoint.Info{Shape: shape}, ok
}

func TestFromKeys(t *testing.T) {
	f := file{
		kv: map[string]any{"general.architecture": "gpt", "gpt.width": uint32(7), "gpt.eps": float32(1e-5), "tokenizer.ggml.eos_token_id": uint32(2),
			"gpt.list": []int32{1}},
		tensors: map[string][]int{"token_embd.weight": {11, 7}},
	}
	got, err := FromKeys(f, "gpt2", map[string]string{"n_embd": "{a}.width", "eps": "{a}.eps", "n_head": "{a}.heads"})
	want := map[string]any{"model_type": "gpt2", "tie_word_embeddings": true, "n_embd": 7, "eps": float32(1e-5), "eos_token_id": 2, "vocab_size": 11}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("FromKeys = %v, %v", got, err)
	}
	if text, _ := json.Marshal(got["eps"]); string(text) != "0.00001" && string(text) != "1e-05" {
		t.Errorf("eps is written as %s", text)
	}
	if _, err := FromKeys(f, "gpt2", map[string]string{"n_head": "{a}.list"}); err == nil || !strings.Contains(err.Error(), "gpt.list") {
		t.Errorf("FromKeys of a list: error is %v", err)
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	check := func(path string, words ...string) {
		t.Helper()
		for name, open := range map[string]func() error{
			"Open":     func() error { _, err := Open(path); return err },
			"Describe": func() error { _, err := Describe(path); return err },
		} {
			err := open()
			for _, w := range words {
				if err == nil || !strings.Contains(err.Error(), w) {
					t.Errorf("%s(%s): error is %v, want one with %q", name, path, err, w)
				}
			}
		}
	}
	check(filepath.Join(dir, "absent"), "absent")
	check(dir, "config.json")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.json", `{"model_type":"unheard-of"}`)
	check(dir, "safetensors")
	header := `{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
	write("model.safetensors", string([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0})+header+"\x00\x00\x80\x3f")
	check(dir, "unheard-of", dir)
	write("config.json", `{"model_type":`)
	check(dir, "config.json", dir)
}

// source is a checkpoint of names alone.
type source []string

func (s source) Names() []string { return s }
func (s source) Tensor(name string) (*tensor.Tensor, error) {
	if !slices.Contains(s, name) {
		return nil, errors.New("there is no " + name)
	}
	return tensor.Zeros(len(name)), nil
}

func TestRenamed(t *testing.T) {
	r := Renamed(source{"a", "bbb", "gg"}, func(name string) string {
		return map[string]string{"a": "x", "bbb": "y", "gg": "y"}[name]
	})
	if got, want := r.Names(), []string{"x", "y", "gg"}; !slices.Equal(got, want) {
		t.Errorf("names are %q, want %q", got, want)
	}
	for name, size := range map[string]int{"x": 1, "y": 3, "gg": 2} {
		if w, err := r.Tensor(name); err != nil || w.Len() != size {
			t.Errorf("Tensor(%s) = %v, %v", name, w, err)
		}
	}
}
