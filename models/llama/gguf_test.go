package llama_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/nn"
)

// TestGGUFRoundTrip writes checkpoints as llama.cpp does, with the table turned
// around, and holds what is read back to the bytes of the original's logits.
func TestGGUFRoundTrip(t *testing.T) {
	for _, c := range []struct{ name, architecture string }{
		{"mha", "llama"}, {"bias", "llama"}, {"mistral", "llama"}, {"qwen2", "qwen2"}, {"qwen3", "qwen3"},
		{"rope-linear", "llama"}, {"rope-yarn-original", "llama"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join("testdata", c.name)
			text, err := os.ReadFile(filepath.Join(dir, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(c.name, "rope-") {
				dir = filepath.Join("testdata", "gqa")
			}
			src, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			want, err := model.New(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := nn.Load(want, src); err != nil {
				t.Fatal(err)
			}
			m, err := model.Open(writeGGUF(t, c.architecture, text, src))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			ids, _ := nn.Rows(0, modeltest.Text(20))
			modeltest.Same(t, m.Net.(model.Decoder).Logits(&nn.Pass{}, ids), want.(model.Decoder).Logits(&nn.Pass{}, ids), 0)
		})
	}
}

// writeGGUF writes the checkpoint src of config.json text, and returns the path.
func writeGGUF(t *testing.T, architecture string, text []byte, src checkpoint.Source) string {
	var c struct {
		Width   uint32  `json:"hidden_size"`
		Inner   uint32  `json:"intermediate_size"`
		Layers  uint32  `json:"num_hidden_layers"`
		Heads   uint32  `json:"num_attention_heads"`
		KVHeads uint32  `json:"num_key_value_heads"`
		HeadDim uint32  `json:"head_dim"`
		Context uint32  `json:"max_position_embeddings"`
		Window  uint32  `json:"sliding_window"`
		Epsilon float32 `json:"rms_norm_eps"`
		Theta   float32 `json:"rope_theta"`
		Scaling *struct {
			Type     string  `json:"rope_type"`
			OldType  string  `json:"type"`
			Factor   float32 `json:"factor"`
			Original uint32  `json:"original_max_position_embeddings"`
			Fast     float32 `json:"beta_fast"`
			Slow     float32 `json:"beta_slow"`
		} `json:"rope_scaling"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	kvs := []gguf.KV{{Key: "general.architecture", Value: architecture}}
	put := func(key string, value any) {
		kvs = append(kvs, gguf.KV{Key: architecture + "." + key, Value: value})
	}
	put("embedding_length", c.Width)
	put("feed_forward_length", c.Inner)
	put("block_count", c.Layers)
	put("attention.head_count", c.Heads)
	put("attention.head_count_kv", c.KVHeads)
	put("context_length", c.Context)
	put("attention.layer_norm_rms_epsilon", c.Epsilon)
	put("rope.freq_base", c.Theta)
	if c.HeadDim > 0 {
		put("attention.key_length", c.HeadDim)
	}
	if c.Window > 0 && architecture == "llama" {
		put("attention.sliding_window", c.Window)
	}
	if s := c.Scaling; s != nil {
		put("rope.scaling.type", s.Type+s.OldType)
		put("rope.scaling.factor", s.Factor)
		if s.Original > 0 {
			put("rope.scaling.original_context_length", s.Original)
			put("rope.scaling.yarn_beta_fast", s.Fast)
			put("rope.scaling.yarn_beta_slow", s.Slow)
		}
	}
	s, ok := model.Lookup(map[string]string{"llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}[architecture])
	if !ok {
		t.Fatalf("no species of the architecture %q", architecture)
	}
	table := s.GGUF.Names(map[string]any{"num_attention_heads": int(c.Heads), "num_key_value_heads": int(c.KVHeads)})
	named, err := checkpoint.Renamed(src, checkpoint.Invert(table))
	if err != nil {
		t.Fatal(err)
	}
	var tensors []entry.Tensor
	for _, name := range named.Names() {
		w, err := named.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, entry.Of(name, w))
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := gguf.Write(path, kvs, tensors, 32); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGGUFDivisors holds a llama3 scaling that a file has as divisors to the one
// that config.json describes: the case llama3 was written by llama.cpp.
func TestGGUFDivisors(t *testing.T) {
	m, err := model.Open(filepath.Join("testdata", "llama3", "model.gguf"), model.Plain())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	text, err := os.ReadFile(filepath.Join("testdata", "llama3", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	same, err := model.New(text)
	if err != nil {
		t.Fatal(err)
	}
	weights := modeltest.Map{}
	for name, w := range nn.Weights(m.Net) {
		weights[name] = w
	}
	if err := nn.Load(same, weights); err != nil {
		t.Fatal(err)
	}
	var p nn.Pass
	ids, _ := nn.Rows(0, modeltest.Text(20))
	got, want := m.Net.(model.Decoder).Logits(&p, ids), same.(model.Decoder).Logits(&p, ids)
	if d := modeltest.Distance(got, want); !(d < 2e-5) {
		t.Errorf("logits are off by %v", d)
	}
}
