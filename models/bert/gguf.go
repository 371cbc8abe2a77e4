package bert

import (
	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
)

// ggufKeys maps config.json to the metadata.
var ggufKeys = map[string]string{
	"hidden_size":             "{a}.embedding_length",
	"intermediate_size":       "{a}.feed_forward_length",
	"num_hidden_layers":       "{a}.block_count",
	"num_attention_heads":     "{a}.attention.head_count",
	"max_position_embeddings": "{a}.context_length",
	"layer_norm_eps":          "{a}.attention.layer_norm_epsilon",
}

// ggufTable returns llama.cpp's form of a BERT: the encoder without its pooler.
func ggufTable() *model.GGUF {
	return &model.GGUF{Architecture: "bert", Config: ggufConfig, Names: ggufNames, Head: ggufHead}
}

func ggufConfig(f checkpoint.Metadata) (map[string]any, error) {
	c, err := model.FromKeys(f, "bert", ggufKeys)
	if err != nil {
		return nil, err
	}
	if info, ok := f.Info("token_types.weight"); ok && len(info.Shape) == 2 {
		c["type_vocab_size"] = info.Shape[0]
	}
	if info, ok := f.Info("position_embd.weight"); ok && len(info.Shape) == 2 {
		c["max_position_embeddings"] = info.Shape[0]
	}
	c["architectures"] = []string{"BertModel"}
	return c, nil
}

func ggufNames(map[string]any) []checkpoint.Rename {
	table := []checkpoint.Rename{
		{From: "token_embd.weight", To: "embeddings.word_embeddings.weight"},
		{From: "position_embd.weight", To: "embeddings.position_embeddings.weight"},
		{From: "token_types.weight", To: "embeddings.token_type_embeddings.weight"},
	}
	both := func(from, to string) {
		for _, part := range []string{".weight", ".bias"} {
			table = append(table, checkpoint.Rename{From: from + part, To: to + part})
		}
	}
	both("token_embd_norm", "embeddings.LayerNorm")
	for _, b := range [][2]string{
		{"attn_q", "attention.self.query"}, {"attn_k", "attention.self.key"}, {"attn_v", "attention.self.value"},
		{"attn_output", "attention.output.dense"}, {"attn_output_norm", "attention.output.LayerNorm"},
		{"ffn_up", "intermediate.dense"}, {"ffn_down", "output.dense"}, {"layer_output_norm", "output.LayerNorm"},
	} {
		both("blk.{n}."+b[0], "encoder.layer.{n}."+b[1])
	}
	return table
}
