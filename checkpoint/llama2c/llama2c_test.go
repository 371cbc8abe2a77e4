package llama2c

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
)

// counting returns a file of dim 8, hidden 6, 2 layers, 2 heads, 1 of keys, 5
// tokens and 3 positions, whose numbers count from 0.
func counting(vocab int32) []byte {
	var b []byte
	for _, n := range []int32{8, 6, 2, 2, 1, vocab, 3} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	h := header{Dim: 8, Hidden: 6, Layers: 2, Heads: 2, KVHeads: 1, Vocab: 5, Positions: 3, tied: vocab > 0}
	for i := range (h.size() - headerBytes) / 4 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i)))
	}
	return b
}

// TestLayout holds each tensor to its place in the file, counted by hand: 40
// numbers of the embedding, 2x8 of a norm, 2x64 of queries, 2x32 of keys ...
func TestLayout(t *testing.T) {
	f, err := Parse("x", counting(-5), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		first int
		shape []int
	}{
		"model.embed_tokens.weight":                      {0, []int{5, 8}},
		"model.layers.0.input_layernorm.weight":          {40, []int{8}},
		"model.layers.1.input_layernorm.weight":          {48, []int{8}},
		"model.layers.1.self_attn.v_proj.weight":         {280, []int{4, 8}},
		"model.layers.0.self_attn.o_proj.weight":         {312, []int{8, 8}},
		"model.layers.1.post_attention_layernorm.weight": {448, []int{8}},
		"model.layers.0.mlp.gate_proj.weight":            {456, []int{6, 8}},
		"model.layers.0.mlp.down_proj.weight":            {552, []int{8, 6}},
		"model.layers.1.mlp.up_proj.weight":              {696, []int{6, 8}},
		"model.norm.weight":                              {744, []int{8}},
		"lm_head.weight":                                 {752 + 3*4, []int{5, 8}},
	} {
		x, err := f.Tensor(name)
		if err != nil {
			t.Error(err)
			continue
		}
		data := x.Dense().Data()
		if data[0] != float32(c.first) || data[len(data)-1] != float32(c.first+len(data)-1) || !slices.Equal(x.Shape(), c.shape) {
			t.Errorf("%s %v starts with %g, want %v from %d", name, x.Shape(), data[0], c.shape, c.first)
		}
	}
	if n := len(f.Names()); n != 3+2*9 {
		t.Errorf("%d tensors", n)
	}
}

// Rows that are rotated together stand side by side in the file, and half a head
// apart in the tensor.
func TestRotaryRows(t *testing.T) {
	f, err := Parse("x", counting(5), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string][]int{
		"model.layers.0.self_attn.q_proj.weight": {0, 2, 1, 3, 4, 6, 5, 7},
		"model.layers.0.self_attn.k_proj.weight": {0, 2, 1, 3},
	} {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		base := map[int]float32{8: 56, 4: 184}[len(rows)]
		for i, row := range rows {
			if got, want := x.Dense().Data()[i*8], base+float32(row*8); got != want {
				t.Errorf("%s: row %d starts with %g, want %g", name, i, got, want)
			}
		}
	}
	if _, ok := f.Info("lm_head.weight"); ok {
		t.Error("a tied checkpoint has a head of its own")
	}
}

func TestStories(t *testing.T) {
	f, err := Open(testkit.Shared(t, "data/weights/stories260K/stories260K.bin"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	want := map[string]any{
		"model_type": "llama", "architectures": []string{"LlamaForCausalLM"}, "hidden_size": 64, "intermediate_size": 172,
		"num_hidden_layers": 5, "num_attention_heads": 8, "num_key_value_heads": 4, "vocab_size": 512, "max_position_embeddings": 512,
		"rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2,
	}
	if got := f.Config(); !reflect.DeepEqual(got, want) {
		t.Errorf("config is %v", got)
	}
	numbers := 0
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		numbers += x.Len()
		for _, v := range x.Dense().Data() {
			if v != v || v > 100 || v < -100 {
				t.Fatalf("%s holds %g, which no trained weight is", name, v)
			}
		}
	}
	if numbers != 260032 {
		t.Errorf("%d parameters, want 260032", numbers)
	}
}
