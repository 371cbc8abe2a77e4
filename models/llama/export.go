package llama

import (
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// ggufMistral is for writing alone: the files are of the architecture llama.
var ggufMistral = &model.GGUF{Architecture: "llama", Names: ggufNames(true)}

// ggufHead returns the function that makes a file's metadata of a config.json of
// the member with those defaults.
func ggufHead(architecture string, defaults Config) func([]byte) (*model.GGUFHead, error) {
	return func(config []byte) (*model.GGUFHead, error) {
		c := defaults
		if _, err := model.Parse(config, &c); err != nil {
			return nil, err
		}
		if c.HiddenAct != "silu" && c.HiddenAct != "swish" {
			return nil, fmt.Errorf("llama: llama.cpp's files cannot say hidden_act %q", c.HiddenAct)
		}
		for i := range c.NumHiddenLayers {
			if c.windows == someLayers && c.window(i) > 0 {
				return nil, fmt.Errorf("llama: llama.cpp's files of %s cannot say that layer %d has a sliding window", architecture, i)
			}
		}
		h := model.NewGGUFHead(architecture, &c, keys)
		if c.windows != everyLayer {
			h.Remove("{a}.attention.sliding_window")
		}
		h.Put("{a}.attention.value_length", uint32(c.HeadDim))
		h.Put("{a}.rope.dimension_count", uint32(c.HeadDim))
		return h, scaled(h, &c)
	}
}

// scaled adds how the rotary positions are stretched.
func scaled(h *model.GGUFHead, c *Config) error {
	if c.RopeDivisors != nil {
		h.Tensors = append(h.Tensors, divisorTensor(c.RopeDivisors))
	}
	s := c.RopeScaling
	if s == nil {
		return nil
	}
	kind := s.Type
	if kind == "" {
		kind = s.OldType
	}
	switch kind {
	case "", "default", "none":
		return nil
	case "llama3":
		h.Tensors = append(h.Tensors, divisorTensor(divisors(c, s)))
		return nil
	case "linear":
	case "yarn":
		if s.MScale != 0 || s.MScaleAllDim != 0 || s.Truncate != nil && !*s.Truncate {
			return fmt.Errorf("llama: llama.cpp's files cannot say rope_scaling's mscale and truncate")
		}
		if s.Original > 0 {
			h.Put("{a}.rope.scaling.original_context_length", uint32(s.Original))
		}
		if s.AttentionFactor != nil {
			whole := *s.AttentionFactor
			if s.Factor > 1 {
				whole /= 0.1*math.Log(s.Factor) + 1
			}
			h.Put("{a}.rope.scaling.attn_factor", float32(whole))
		}
		for key, v := range map[string]float64{"{a}.rope.scaling.yarn_beta_fast": s.BetaFast, "{a}.rope.scaling.yarn_beta_slow": s.BetaSlow} {
			if v != 0 {
				h.Put(key, float32(v))
			}
		}
	default:
		return fmt.Errorf("llama: llama.cpp's files cannot say rope_scaling of type %q", kind)
	}
	h.Put("{a}.rope.scaling.type", kind)
	h.Put("{a}.rope.scaling.factor", float32(s.Factor))
	return nil
}

// divisors returns what the llama3 scaling divides the frequency of each pair by:
// those of long waves by the factor, those of short ones by 1.
func divisors(c *Config, s *nn.RopeScaling) []float32 {
	original := s.Original
	if original == 0 {
		original = float64(c.MaxPositions)
	}
	out := make([]float32, c.HeadDim/2)
	for i := range out {
		wave := 2 * math.Pi * math.Pow(c.RopeTheta, float64(2*i)/float64(c.HeadDim))
		share := (original/wave - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
		share = min(max(share, 0), 1)
		out[i] = float32(1 / ((1-share)/s.Factor + share))
	}
	return out
}

func divisorTensor(values []float32) checkpoint.Tensor {
	return checkpoint.NewTensor("rope_freqs.weight", tensor.New(values, len(values)))
}

// headFor has g write the files of the member with those defaults.
func headFor(g *model.GGUF, defaults Config) {
	if g != nil {
		g.Head = ggufHead(g.Architecture, defaults)
	}
}
