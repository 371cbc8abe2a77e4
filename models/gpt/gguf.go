package gpt

import (
	"errors"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
)

// ggufGPT2 says how llama.cpp's files hold GPT-2. They have the head though it is
// tied.
var ggufGPT2 = &model.GGUF{
	Architecture: "gpt2",
	Config: func(f checkpoint.Metadata) (map[string]any, error) {
		return model.FromKeys(f, "gpt2", keysGPT2)
	},
	Names: func(map[string]any) []checkpoint.Rename {
		table := []checkpoint.Rename{{From: "output.weight", To: "lm_head.weight"}}
		for _, r := range [][2]string{
			{"token_embd", "wte"}, {"position_embd", "wpe"}, {"output_norm", "ln_f"},
			{"blk.{n}.attn_norm", "h.{n}.ln_1"}, {"blk.{n}.ffn_norm", "h.{n}.ln_2"},
			{"blk.{n}.attn_qkv", "h.{n}.attn.c_attn"}, {"blk.{n}.attn_output", "h.{n}.attn.c_proj"},
			{"blk.{n}.ffn_up", "h.{n}.mlp.c_fc"}, {"blk.{n}.ffn_down", "h.{n}.mlp.c_proj"},
		} {
			for _, part := range []string{".weight", ".bias"} {
				table = append(table, checkpoint.Rename{From: r[0] + part, To: "transformer." + r[1] + part})
			}
		}
		return table
	},
	Head: ggufHead,
}

// keysGPT2 maps config.json to the metadata.
var keysGPT2 = map[string]string{
	"n_embd":             "{a}.embedding_length",
	"n_layer":            "{a}.block_count",
	"n_head":             "{a}.attention.head_count",
	"n_positions":        "{a}.context_length",
	"n_inner":            "{a}.feed_forward_length",
	"layer_norm_epsilon": "{a}.attention.layer_norm_epsilon",
}

// ggufHead makes a file's metadata of a config.json.
func ggufHead(config []byte) (*model.GGUFHead, error) {
	c := defaults
	if _, err := model.Parse(config, &c); err != nil {
		return nil, err
	}
	if c.Activation != "gelu_new" || !c.ScaleWeights || c.ScaleByLayer {
		return nil, errors.New("gpt: llama.cpp's files cannot say another activation_function than gelu_new, or another scale of attention")
	}
	return model.NewGGUFHead("gpt2", &c, keysGPT2), nil
}
