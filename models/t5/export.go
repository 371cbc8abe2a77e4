package t5

import (
	"encoding/json"
	"fmt"

	"github.com/nlp-zoo/zoo/model"
)

// scaleKey is a key of the zoo's own: llama.cpp has none for scale_decoder_outputs.
const scaleKey = "t5.scale_decoder_outputs"

// ggufHead makes a file's metadata of a config.json.
func ggufHead(config []byte) (*model.GGUFHead, error) {
	c := defaults()
	if _, err := model.Parse(config, &c); err != nil {
		return nil, err
	}
	var class struct {
		Architectures []string `json:"architectures"`
	}
	if err := json.Unmarshal(config, &class); err != nil {
		return nil, fmt.Errorf("t5: config.json: architectures: %w", err)
	}
	if c.FeedForward != "relu" && c.FeedForward != "gated-gelu" {
		return nil, fmt.Errorf("t5: llama.cpp's files cannot say feed_forward_proj %q", c.FeedForward)
	}
	if want := defaults().MaxDistance; c.MaxDistance != want {
		return nil, fmt.Errorf("t5: llama.cpp's files cannot say a relative_attention_max_distance other than %d", want)
	}
	architecture := "t5"
	if len(class.Architectures) > 0 && class.Architectures[0] == "T5EncoderModel" {
		architecture = "t5encoder"
	}
	h := model.NewGGUFHead(architecture, &c, ggufKeys)
	h.Config["feed_forward_proj"] = c.FeedForward
	h.Put("{a}.attention.value_length", uint32(c.DKV))
	h.Put("{a}.attention.layer_norm_epsilon", float32(c.LayerNormEps))
	h.Put("{a}.decoder_start_token_id", uint32(*c.Start))
	h.Put("tokenizer.ggml.padding_token_id", uint32(c.Pad))
	if c.ScaleOutputs != nil {
		h.Put(scaleKey, *c.ScaleOutputs)
	}
	return h, nil
}
