package llama

import (
	"math"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
)

// The files of llama.cpp: Mistral's are of the architecture llama.
var (
	ggufLlama = &model.GGUF{Architecture: "llama", Config: ggufConfig("llama"), Names: ggufNames(true)}
	ggufQwen2 = &model.GGUF{Architecture: "qwen2", Config: ggufConfig("qwen2"), Names: ggufNames(false)}
	ggufQwen3 = &model.GGUF{Architecture: "qwen3", Config: ggufConfig("qwen3"), Names: ggufNames(false)}
)

// keys maps config.json to the metadata.
var keys = map[string]string{
	"hidden_size":             "{a}.embedding_length",
	"intermediate_size":       "{a}.feed_forward_length",
	"num_hidden_layers":       "{a}.block_count",
	"num_attention_heads":     "{a}.attention.head_count",
	"num_key_value_heads":     "{a}.attention.head_count_kv",
	"head_dim":                "{a}.attention.key_length",
	"max_position_embeddings": "{a}.context_length",
	"rms_norm_eps":            "{a}.attention.layer_norm_rms_epsilon",
	"rope_theta":              "{a}.rope.freq_base",
	"sliding_window":          "{a}.attention.sliding_window",
}

// scaling maps rope_scaling to the metadata.
var scaling = map[string]string{
	"rope_type":                        "{a}.rope.scaling.type",
	"factor":                           "{a}.rope.scaling.factor",
	"attention_factor":                 "{a}.rope.scaling.attn_factor",
	"original_max_position_embeddings": "{a}.rope.scaling.original_context_length",
	"beta_fast":                        "{a}.rope.scaling.yarn_beta_fast",
	"beta_slow":                        "{a}.rope.scaling.yarn_beta_slow",
}

// ggufConfig returns the function that makes a config.json of metadata.
func ggufConfig(modelType string) func(checkpoint.Metadata) (map[string]any, error) {
	return func(f checkpoint.Metadata) (map[string]any, error) {
		c, err := model.FromKeys(f, modelType, keys)
		if err != nil {
			return nil, err
		}
		_, c["attention_bias"] = f.Info("blk.0.attn_output.bias")
		_, c["mlp_bias"] = f.Info("blk.0.ffn_up.bias")
		if window, ok := c["sliding_window"].(int); ok && window > 0 && modelType == "llama" {
			c["model_type"] = "mistral"
		}
		rope, err := model.FromKeys(f, modelType, scaling)
		if err != nil {
			return nil, err
		}
		if kind, ok := rope["rope_type"]; ok && kind != "none" {
			stretched(rope)
			c["rope_scaling"] = only(rope, scaling)
		}
		divisors, err := ropeDivisors(f)
		if divisors != nil {
			c["rope_divisors"] = divisors
		}
		return c, err
	}
}

// stretched makes llama.cpp's factor of YaRN's attention, which multiplies that of
// the paper, the whole factor that config.json has.
func stretched(rope map[string]any) {
	attention, ok := rope["attention_factor"].(float32)
	factor, _ := rope["factor"].(float32)
	if ok && rope["rope_type"] == "yarn" && factor > 1 {
		rope["attention_factor"] = float64(attention) * (0.1*math.Log(float64(factor)) + 1)
	}
}

// only returns the entries of m that table has keys of.
func only(m map[string]any, table map[string]string) map[string]any {
	part := map[string]any{}
	for field := range table {
		if v, ok := m[field]; ok {
			part[field] = v
		}
	}
	return part
}

// ropeDivisors returns what the angles of each pair are divided by: llama.cpp's
// form of the llama3 scaling, a tensor. It is nil if the file has none.
func ropeDivisors(f checkpoint.Metadata) ([]float32, error) {
	if _, ok := f.Info("rope_freqs.weight"); !ok {
		return nil, nil
	}
	t, err := f.Tensor("rope_freqs.weight")
	if err != nil {
		return nil, err
	}
	return t.Dense().Data(), nil
}

// ggufNames returns the function that makes the table from the file's names. The
// architecture llama turns adjacent pairs by one angle, so that its rows of q and
// k are in another order.
func ggufNames(adjacent bool) func(map[string]any) []checkpoint.Rename {
	return func(config map[string]any) []checkpoint.Rename {
		heads, _ := config["num_attention_heads"].(int)
		kvHeads, ok := config["num_key_value_heads"].(int)
		if !ok {
			kvHeads = heads
		}
		block := func(from, to string) checkpoint.Rename {
			return checkpoint.Rename{From: "blk.{n}." + from, To: "model.layers.{n}." + to}
		}
		turned := func(r checkpoint.Rename, heads int) checkpoint.Rename {
			if adjacent {
				r.Op, r.Heads = checkpoint.Unpermute, heads
			}
			return r
		}
		return []checkpoint.Rename{
			{From: "token_embd.weight", To: "model.embed_tokens.weight"},
			{From: "output_norm.weight", To: "model.norm.weight"},
			{From: "output.weight", To: "lm_head.weight"},
			{From: "rope_freqs.weight", Op: checkpoint.Drop},
			block("attn_norm.weight", "input_layernorm.weight"),
			block("ffn_norm.weight", "post_attention_layernorm.weight"),
			turned(block("attn_q.weight", "self_attn.q_proj.weight"), heads),
			turned(block("attn_q.bias", "self_attn.q_proj.bias"), heads),
			turned(block("attn_k.weight", "self_attn.k_proj.weight"), kvHeads),
			turned(block("attn_k.bias", "self_attn.k_proj.bias"), kvHeads),
			block("attn_v.weight", "self_attn.v_proj.weight"),
			block("attn_v.bias", "self_attn.v_proj.bias"),
			block("attn_output.weight", "self_attn.o_proj.weight"),
			block("attn_output.bias", "self_attn.o_proj.bias"),
			block("attn_q_norm.weight", "self_attn.q_norm.weight"),
			block("attn_k_norm.weight", "self_attn.k_norm.weight"),
			block("ffn_gate.weight", "mlp.gate_proj.weight"),
			block("ffn_gate.bias", "mlp.gate_proj.bias"),
			block("ffn_up.weight", "mlp.up_proj.weight"),
			block("ffn_up.bias", "mlp.up_proj.bias"),
			block("ffn_down.weight", "mlp.down_proj.weight"),
			block("ffn_down.bias", "mlp.down_proj.bias"),
			{From: "blk.{n}.attn_rot_embd.weight", Op: checkpoint.Drop},
		}
	}
}
