package llama

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// Config has the keys of config.json. What a member leaves out has the default
// of its class in transformers.
type Config struct {
	VocabSize         int               `json:"vocab_size"`
	HiddenSize        int               `json:"hidden_size"`
	IntermediateSize  int               `json:"intermediate_size"`
	NumHiddenLayers   int               `json:"num_hidden_layers"`
	NumAttentionHeads int               `json:"num_attention_heads"`
	NumKeyValueHeads  int               `json:"num_key_value_heads"` // llama: NumAttentionHeads
	HeadDim           int               `json:"head_dim"`            // HiddenSize / NumAttentionHeads
	HiddenAct         string            `json:"hidden_act"`          // silu
	MaxPositions      int               `json:"max_position_embeddings"`
	RMSNormEps        float64           `json:"rms_norm_eps"` // 1e-6
	InitializerRange  float64           `json:"initializer_range"`
	TieWordEmbeddings bool              `json:"tie_word_embeddings"`
	AttentionDropout  float64           `json:"attention_dropout"`
	AttentionBias     bool              `json:"attention_bias"` // on all four projections
	MLPBias           bool              `json:"mlp_bias"`
	SlidingWindow     Window            `json:"sliding_window"`
	UseSlidingWindow  bool              `json:"use_sliding_window"`
	MaxWindowLayers   int               `json:"max_window_layers"`
	LayerTypes        []string          `json:"layer_types"`
	Labels            int               `json:"num_labels"` // of a classifier
	ID2Label          map[string]string `json:"id2label"`

	// The rotary embedding, in the older form (two keys) or the newer (one).
	RopeTheta      float64         `json:"rope_theta"` // 10000
	RopeScaling    *nn.RopeScaling `json:"rope_scaling"`
	RopeParameters *nn.RopeScaling `json:"rope_parameters"`
	RopeDivisors   []float32       `json:"rope_divisors"` // of each frequency, as GGUF files hold them

	member
}

// A Window is a length in tokens, or 0 for none, which JSON writes as null.
type Window int

// UnmarshalJSON reads a number or null.
func (w *Window) UnmarshalJSON(data []byte) error {
	*w = 0
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	return json.Unmarshal(data, (*int)(w))
}

// Check sets defaults and refuses what no model can have.
func (c *Config) Check() error {
	c.NumKeyValueHeads = cmp.Or(c.NumKeyValueHeads, c.NumAttentionHeads)
	c.HiddenAct = cmp.Or(c.HiddenAct, "silu")
	c.RMSNormEps = cmp.Or(c.RMSNormEps, 1e-6)
	c.InitializerRange = cmp.Or(c.InitializerRange, 0.02)
	if r := c.RopeParameters; r != nil {
		c.RopeTheta = cmp.Or(r.Theta, c.RopeTheta)
		c.RopeScaling = r
	}
	c.RopeTheta = cmp.Or(c.RopeTheta, 10000)
	if c.HeadDim == 0 && c.NumAttentionHeads > 0 {
		c.HeadDim = c.HiddenSize / c.NumAttentionHeads
	}
	c.Labels = cmp.Or(c.Labels, len(c.ID2Label), 2)
	err := errors.Join(
		model.Within("vocab_size", c.VocabSize, 1, model.MaxVocab),
		model.Within("hidden_size", c.HiddenSize, 1, model.MaxWidth),
		model.Within("intermediate_size", c.IntermediateSize, 1, model.MaxWidth),
		model.Within("num_hidden_layers", c.NumHiddenLayers, 1, model.MaxLayers),
		model.Within("num_attention_heads", c.NumAttentionHeads, 1, model.MaxWidth),
		model.Divides("num_key_value_heads", c.NumKeyValueHeads, "num_attention_heads", c.NumAttentionHeads),
		model.Within("head_dim", c.HeadDim, 2, 1<<14),
		model.Divides("2", 2, "head_dim", c.HeadDim),
		model.Within("max_position_embeddings", c.MaxPositions, 1, 1<<30),
		model.Within("sliding_window", int(c.SlidingWindow), 0, 1<<30),
		model.Within("num_labels", c.Labels, 1, model.MaxVocab),
		model.Real("rms_norm_eps", c.RMSNormEps, 0, 1),
		model.Real("rope_theta", c.RopeTheta, 1e-3, 1e15),
	)
	for i, kind := range c.LayerTypes {
		err = errors.Join(err, model.OneOf("layer_types", kind, "full_attention", "sliding_attention"))
		if i == 0 {
			err = errors.Join(err, model.Within("layer_types: number", len(c.LayerTypes), c.NumHiddenLayers, c.NumHiddenLayers))
		}
	}
	return err
}

// window returns how many tokens layer i sees, or 0 for all of them.
func (c *Config) window(i int) int {
	switch {
	case c.windows == everyLayer:
		return int(c.SlidingWindow)
	case c.windows == noLayer || !c.UseSlidingWindow:
		return 0
	case c.LayerTypes != nil && c.LayerTypes[i] == "full_attention",
		c.LayerTypes == nil && i < c.MaxWindowLayers:
		return 0
	}
	return int(c.SlidingWindow)
}
