package t5

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Config has the names of config.json; comments tell the defaults of T5, then
// those of mT5 where they differ.
type Config struct {
	VocabSize         int     `json:"vocab_size"`                      // 32128, 250112
	DModel            int     `json:"d_model"`                         // 512
	DKV               int     `json:"d_kv"`                            // 64; heads * d_kv need not be d_model
	DFF               int     `json:"d_ff"`                            // 2048, 1024
	NumLayers         int     `json:"num_layers"`                      // 6, 8
	NumDecoderLayers  int     `json:"num_decoder_layers"`              // num_layers
	NumHeads          int     `json:"num_heads"`                       // 8, 6
	Buckets           int     `json:"relative_attention_num_buckets"`  // 32
	MaxDistance       int     `json:"relative_attention_max_distance"` // 128
	Dropout           float64 `json:"dropout_rate"`                    // 0.1
	LayerNormEps      float64 `json:"layer_norm_epsilon"`              // 1e-6
	InitializerFactor float64 `json:"initializer_factor"`              // 1
	FeedForward       string  `json:"feed_forward_proj"`               // relu, gated-gelu
	TieWordEmbeddings bool    `json:"tie_word_embeddings"`             // true, false
	ScaleOutputs      *bool   `json:"scale_decoder_outputs"`           // tie_word_embeddings, false
	Start             *int32  `json:"decoder_start_token_id"`          // the padding
	Pad               int32   `json:"pad_token_id"`                    // 0
	Context           int     `json:"n_positions"`                     // 512: a habit, not a limit

	gated bool
	act   *tensor.Activation
}

func defaults() Config {
	return Config{
		VocabSize: 32128, DModel: 512, DKV: 64, DFF: 2048, NumLayers: 6, NumHeads: 8, Buckets: 32, MaxDistance: 128,
		Dropout: 0.1, LayerNormEps: 1e-6, InitializerFactor: 1, FeedForward: "relu", TieWordEmbeddings: true, Context: 512,
	}
}

func defaultsMT5() Config {
	c := defaults()
	c.VocabSize, c.DFF, c.NumLayers, c.NumHeads = 250112, 1024, 8, 6
	c.FeedForward, c.TieWordEmbeddings = "gated-gelu", false
	return c
}

// Check sets the remaining defaults and refuses what no model can have.
func (c *Config) Check() error {
	if c.NumDecoderLayers == 0 {
		c.NumDecoderLayers = c.NumLayers
	}
	if c.Start == nil {
		c.Start = &c.Pad
	}
	return errors.Join(
		model.Within("vocab_size", c.VocabSize, 1, model.MaxVocab),
		model.Within("d_model", c.DModel, 1, model.MaxWidth),
		model.Within("d_kv", c.DKV, 1, model.MaxWidth),
		model.Within("d_ff", c.DFF, 1, model.MaxWidth),
		model.Within("num_layers", c.NumLayers, 1, model.MaxLayers),
		model.Within("num_decoder_layers", c.NumDecoderLayers, 1, model.MaxLayers),
		model.Within("num_heads", c.NumHeads, 1, model.MaxWidth),
		model.Within("num_heads * d_kv", c.NumHeads*c.DKV, 1, model.MaxWidth),
		model.Within("relative_attention_num_buckets", c.Buckets, 4, model.MaxWidth),
		model.Within("relative_attention_max_distance", c.MaxDistance, c.Buckets/2+1, model.MaxVocab),
		model.Within("decoder_start_token_id", int(*c.Start), 0, c.VocabSize-1),
		model.Within("n_positions", c.Context, 1, model.MaxVocab),
		model.Real("dropout_rate", c.Dropout, 0, 0.99),
		model.Real("layer_norm_epsilon", c.LayerNormEps, 1e-38, 1),
		model.Real("initializer_factor", c.InitializerFactor, 0, 1e3),
		c.parseFeedForward(),
	)
}

// parseFeedForward reads "relu", "gated-gelu" and so on. In "gated-gelu" alone, gelu
// means the tanh form: T5 1.1 was trained with it.
func (c *Config) parseFeedForward() error {
	name := c.FeedForward
	if rest, ok := strings.CutPrefix(name, "gated-"); ok {
		c.gated, name = true, rest
		if name == "gelu" {
			name = "gelu_new"
		}
	}
	act, err := nn.Activation(name)
	if err != nil {
		return fmt.Errorf("t5: config.json: feed_forward_proj: %w", err)
	}
	c.act = act
	return nil
}
