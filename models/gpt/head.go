package gpt

import (
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

func init() {
	model.Register(model.Species{
		Type: "gpt2", Family: "gpt", GGUF: ggufGPT2,
		Paper: "Language Models are Unsupervised Multitask Learners, Radford et al., 2019",
		Tasks: []string{"generate", "embed"}, Objective: "causal",
		Build: func(config []byte, arch string) (any, error) {
			c := defaults
			if _, err := model.Parse(config, &c); err != nil {
				return nil, err
			}
			return declare(&c, arch)
		},
	})
}

// declare returns the class that arch names, the language model if none.
func declare(c *Config, arch string) (any, error) {
	body, err := newBody(c)
	if err != nil {
		return nil, err
	}
	trunk := Trunk{Body: body}
	switch {
	case strings.HasSuffix(arch, "LMHeadModel"), arch == "":
		if c.Tied {
			return &Model{trunk, body.Tokens.Tied()}, nil
		}
		return &Model{trunk, nn.NewLinear(c.NEmbd, c.VocabSize, false)}, nil
	case strings.HasSuffix(arch, "Model"):
		return &Bare{trunk}, nil
	}
	return nil, fmt.Errorf("model: config.json: architectures: %q is not known for this model type", arch)
}

// Trunk is what all classes of the family share.
type Trunk struct {
	Body *Body `weight:"transformer"`
}

// Hidden returns the hidden states after the last norm: [B,T,E].
func (m *Trunk) Hidden(p *nn.Pass, ids *nn.IDs) *tensor.Tensor { return m.Body.Forward(p, ids) }

// NewCache returns a cache for that many rows of up to capacity tokens.
func (m *Trunk) NewCache(rows, capacity int) *nn.Cache {
	c := m.Body.config
	return nn.NewCache(c.NLayer, rows, c.NHead, c.NEmbd/c.NHead, capacity)
}

// Context returns how many positions the model has.
func (m *Trunk) Context() int { return m.Body.config.NPositions }

// Vocab returns V, one more than the largest id.
func (m *Trunk) Vocab() int { return m.Body.config.VocabSize }

// Ignore names the causal masks that older checkpoints hold as buffers.
func (m *Trunk) Ignore() []string {
	return []string{"*.attn.bias", "*.attn.masked_bias"}
}

// Base is what checkpoints without a head leave out of their names.
func (m *Trunk) Base() string { return "transformer" }

// Model is a decoder with its language-model head: GPT2LMHeadModel.
type Model struct {
	Trunk  `weight:""`
	LMHead *nn.Linear `weight:"lm_head"`
}

// Logits returns the scores of each next token: [B,T,V], or [B,1,V] where p.Last is set.
func (m *Model) Logits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return m.LMHead.Forward(p.Tail(m.Hidden(p, ids)))
}

// Outputs returns logits.
func (m *Model) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return []model.Output{{Name: "logits", Value: m.Logits(p, in.IDs)}}
}

// Bare is the decoder alone: GPT2Model.
type Bare struct {
	Trunk `weight:""`
}

// Ignore names the head of a checkpoint that has one.
func (m *Bare) Ignore() []string { return append(m.Trunk.Ignore(), "lm_head.weight") }

// Outputs returns last_hidden_state.
func (m *Bare) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return []model.Output{{Name: "last_hidden_state", Value: m.Hidden(p, in.IDs)}}
}

var (
	_ model.Decoder = (*Model)(nil)
	_ model.Outputs = (*Model)(nil)
	_ model.Encoder = (*Bare)(nil)
	_ model.Outputs = (*Bare)(nil)
)
