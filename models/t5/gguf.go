package t5

import (
	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
)

// The files of llama.cpp. A file of the encoder alone has an architecture of its own.
var ggufT5 = &model.GGUF{Architecture: "t5", Also: []string{"t5encoder"}, Config: ggufConfig, Names: ggufNames, Head: ggufHead}

// ggufKeys maps config.json to the metadata.
var ggufKeys = map[string]string{
	"d_model":                        "{a}.embedding_length",
	"d_kv":                           "{a}.attention.key_length",
	"d_ff":                           "{a}.feed_forward_length",
	"num_layers":                     "{a}.block_count",
	"num_decoder_layers":             "{a}.decoder_block_count",
	"num_heads":                      "{a}.attention.head_count",
	"relative_attention_num_buckets": "{a}.attention.relative_buckets_count",
	"layer_norm_epsilon":             "{a}.attention.layer_norm_rms_epsilon",
	"decoder_start_token_id":         "{a}.decoder_start_token_id",
	"n_positions":                    "{a}.context_length",
}

// ggufConfig returns the config.json that metadata stands for. What the
// feed-forward layers are is told by their tensors alone.
func ggufConfig(f checkpoint.Metadata) (map[string]any, error) {
	c, err := model.FromKeys(f, "t5", ggufKeys)
	if err != nil {
		return nil, err
	}
	if scale, ok := f.Bool(scaleKey); ok {
		c["scale_decoder_outputs"] = scale
	}
	c["feed_forward_proj"] = "relu"
	if _, gated := f.Info("enc.blk.0.ffn_gate.weight"); gated {
		c["feed_forward_proj"] = "gated-gelu"
	}
	c["architectures"] = []string{"T5ForConditionalGeneration"}
	if _, ok := f.Info("dec.output_norm.weight"); !ok {
		c["architectures"] = []string{"T5EncoderModel"}
	}
	return c, nil
}

// ggufNames is the table from the file's names.
func ggufNames(config map[string]any) []checkpoint.Rename {
	table := []checkpoint.Rename{
		{From: "token_embd.weight", To: "shared.weight"},
		{From: "output.weight", To: "lm_head.weight"},
		// llama.cpp repeats the table of the first block in no other; some converters do.
		{From: "dec.blk.{n}.cross_attn_rel_b.weight", Op: checkpoint.Drop},
	}
	up := "wi"
	if config["feed_forward_proj"] != "relu" {
		up = "wi_1"
	}
	for _, side := range []struct{ from, to, ff string }{{"enc", "encoder", "1"}, {"dec", "decoder", "2"}} {
		block := func(from, to string) {
			table = append(table, checkpoint.Rename{
				From: side.from + ".blk.{n}." + from + ".weight", To: side.to + ".block.{n}.layer." + to + ".weight",
			})
		}
		for _, w := range []string{"q", "k", "v", "o"} {
			block("attn_"+w, "0.SelfAttention."+w)
		}
		block("attn_rel_b", "0.SelfAttention.relative_attention_bias")
		block("attn_norm", "0.layer_norm")
		block("ffn_gate", side.ff+".DenseReluDense.wi_0")
		block("ffn_up", side.ff+".DenseReluDense."+up)
		block("ffn_down", side.ff+".DenseReluDense.wo")
		block("ffn_norm", side.ff+".layer_norm")
		table = append(table, checkpoint.Rename{From: side.from + ".output_norm.weight", To: side.to + ".final_layer_norm.weight"})
	}
	for _, w := range []string{"q", "k", "v", "o"} {
		table = append(table, checkpoint.Rename{
			From: "dec.blk.{n}.cross_attn_" + w + ".weight", To: "decoder.block.{n}.layer.1.EncDecAttention." + w + ".weight",
		})
	}
	return append(table, checkpoint.Rename{From: "dec.blk.{n}.cross_attn_norm.weight", To: "decoder.block.{n}.layer.1.layer_norm.weight"})
}
