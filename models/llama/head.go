package llama

import (
	"fmt"
	"math"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

func scale(dim int) float32 { return float32(1 / math.Sqrt(float64(dim))) }

// declare returns the class that arch names; any other than those below, and
// none, stands for the language model.
func declare(c *Config, arch string) (any, error) {
	body, err := newBody(c)
	if err != nil {
		return nil, err
	}
	trunk := Trunk{Body: body}
	switch {
	case strings.HasSuffix(arch, "ForSequenceClassification"):
		return &Classifier{Trunk: trunk, Score: nn.NewLinear(c.HiddenSize, c.Labels, false)}, nil
	case strings.HasSuffix(arch, "ForCausalLM"), arch == "":
		if c.TieWordEmbeddings {
			return &Model{trunk, body.Embed.Tied()}, nil
		}
		return &Model{trunk, nn.NewLinear(c.HiddenSize, c.VocabSize, false)}, nil
	case strings.HasSuffix(arch, "Model"):
		return &Bare{trunk}, nil
	}
	return nil, fmt.Errorf("model: config.json: architectures: %q is not known for this model type", arch)
}

// Trunk is what all classes of the family share.
type Trunk struct {
	Body *Body `weight:"model"`
}

// Hidden returns the hidden states after the last norm: [B,T,E].
func (m *Trunk) Hidden(p *nn.Pass, ids *nn.IDs) *tensor.Tensor { return m.Body.Forward(p, ids) }

// NewCache returns a cache for that many rows of up to capacity tokens.
func (m *Trunk) NewCache(rows, capacity int) *nn.Cache {
	c := m.Body.config
	return nn.NewCache(c.NumHiddenLayers, rows, c.NumKeyValueHeads, c.HeadDim, capacity)
}

// Context returns how many positions the model was made for.
func (m *Trunk) Context() int { return m.Body.config.MaxPositions }

// Vocab returns V, one more than the largest id.
func (m *Trunk) Vocab() int { return m.Body.config.VocabSize }

// Ignore names the buffers that older checkpoints carry along.
func (m *Trunk) Ignore() []string { return []string{"*.rotary_emb.inv_freq"} }

// Base is what checkpoints without a head leave out of their names.
func (m *Trunk) Base() string { return "model" }

// Model is a decoder with its language-model head: LlamaForCausalLM and kin.
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

// Bare is the decoder alone: LlamaModel and kin.
type Bare struct {
	Trunk `weight:""`
}

// Ignore names the head of a checkpoint that has one.
func (m *Bare) Ignore() []string { return append(m.Trunk.Ignore(), "lm_head.weight") }

// Outputs returns last_hidden_state.
func (m *Bare) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return []model.Output{{Name: "last_hidden_state", Value: m.Hidden(p, in.IDs)}}
}

// Classifier scores classes at each row's last token: LlamaForSequenceClassification and kin.
type Classifier struct {
	Trunk `weight:""`
	Score *nn.Linear `weight:"score"`
}

// ClassLogits returns the score of each class: [B,C].
func (m *Classifier) ClassLogits(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	last := *p
	last.Last = true
	x := m.Score.Forward(last.Tail(m.Hidden(p, ids))) // [B,1,C]
	return tensor.Reshape(x, ids.B, -1)
}

// Outputs returns logits.
func (m *Classifier) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return []model.Output{{Name: "logits", Value: m.ClassLogits(p, in.IDs)}}
}

var (
	_ model.Decoder    = (*Model)(nil)
	_ model.Outputs    = (*Model)(nil)
	_ model.Encoder    = (*Bare)(nil)
	_ model.Outputs    = (*Bare)(nil)
	_ model.Classifier = (*Classifier)(nil)
	_ model.Outputs    = (*Classifier)(nil)
)
