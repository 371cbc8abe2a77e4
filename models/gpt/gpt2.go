// Package gpt holds the GPT family: decoders with learned positions and biases
// throughout, and layer norms before each part of a block.
//
//	GPT-2  "Language Models are Unsupervised Multitask Learners", Radford et al., 2019
package gpt

import (
	"cmp"
	"errors"
	"math"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Config has the keys of a GPT-2 config.json.
type Config struct {
	VocabSize    int     `json:"vocab_size"`
	NEmbd        int     `json:"n_embd"`
	NLayer       int     `json:"n_layer"`
	NHead        int     `json:"n_head"`
	NPositions   int     `json:"n_positions"`
	NInner       int     `json:"n_inner"`             // 4 NEmbd
	Activation   string  `json:"activation_function"` // gelu_new
	Epsilon      float64 `json:"layer_norm_epsilon"`  // 1e-5
	ScaleWeights bool    `json:"scale_attn_weights"`
	ScaleByLayer bool    `json:"scale_attn_by_inverse_layer_idx"`
	Tied         bool    `json:"tie_word_embeddings"`
	EmbdDrop     float64 `json:"embd_pdrop"`
	ResidDrop    float64 `json:"resid_pdrop"`
	AttnDrop     float64 `json:"attn_pdrop"`
}

// defaults are those of GPT2Config in transformers.
var defaults = Config{NPositions: 1024, Activation: "gelu_new", Epsilon: 1e-5, ScaleWeights: true, Tied: true, EmbdDrop: 0.1, ResidDrop: 0.1, AttnDrop: 0.1}

// Check sets defaults and refuses what no model can have.
func (c *Config) Check() error {
	c.NInner = cmp.Or(c.NInner, 4*c.NEmbd)
	return errors.Join(
		model.Within("vocab_size", c.VocabSize, 1, model.MaxVocab),
		model.Within("n_embd", c.NEmbd, 1, model.MaxWidth),
		model.Within("n_layer", c.NLayer, 1, model.MaxLayers),
		model.Divides("n_head", c.NHead, "n_embd", c.NEmbd),
		model.Within("n_positions", c.NPositions, 1, model.MaxVocab),
		model.Within("n_inner", c.NInner, 1, model.MaxWidth*4),
		model.Real("layer_norm_epsilon", c.Epsilon, 0, 1),
		model.Real("embd_pdrop", c.EmbdDrop, 0, 1),
		model.Real("resid_pdrop", c.ResidDrop, 0, 1),
		model.Real("attn_pdrop", c.AttnDrop, 0, 1),
	)
}

// Body is the decoder without a head: from ids to hidden states.
type Body struct {
	Tokens    *nn.Embedding `weight:"wte"`
	Positions *nn.Embedding `weight:"wpe"`
	Blocks    []*Block      `weight:"h"`
	Norm      *nn.LayerNorm `weight:"ln_f"`

	config *Config
}

func newBody(c *Config) (*Body, error) {
	act, err := nn.Activation(c.Activation)
	if err != nil {
		return nil, err
	}
	m := &Body{
		Tokens:    nn.NewEmbedding(c.VocabSize, c.NEmbd),
		Positions: nn.NewEmbedding(c.NPositions, c.NEmbd),
		Norm:      nn.NewLayerNorm(c.NEmbd, c.Epsilon),
		config:    c,
	}
	for i := range c.NLayer {
		m.Blocks = append(m.Blocks, newBlock(c, i, act))
	}
	return m, nil
}

// Forward returns the hidden states after the last norm: [B,T,E].
func (m *Body) Forward(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	x := tensor.Add(m.Tokens.Forward(p, ids), m.Positions.Forward(p, p.Places(ids))) // [B,T,E]
	x = p.Dropout(x, m.config.EmbdDrop)
	for i, b := range m.Blocks {
		p.ObservedAt("hidden_states", i, x)
		x = nn.Layer(p, b, (*Block).forward, nn.Inputs{x})
	}
	x = m.Norm.Forward(x)
	p.ObservedAt("hidden_states", len(m.Blocks), x)
	p.Done(ids)
	return x
}

// Block is x + attention(norm(x)), then x + mlp(norm(x)).
type Block struct {
	Norm1 *nn.LayerNorm `weight:"ln_1"`
	QKV   *nn.Linear    `weight:"attn.c_attn"` // q, k and v beside each other
	Proj  *nn.Linear    `weight:"attn.c_proj"`
	Norm2 *nn.LayerNorm `weight:"ln_2"`
	Up    *nn.Linear    `weight:"mlp.c_fc"`
	Down  *nn.Linear    `weight:"mlp.c_proj"`

	layer, heads int
	scale        float32
	drop         float64
	attnDrop     float64
	act          *tensor.Activation
}

func newBlock(c *Config, i int, act *tensor.Activation) *Block {
	E := c.NEmbd
	b := &Block{
		Norm1: nn.NewLayerNorm(E, c.Epsilon),
		QKV:   nn.NewConv1D(E, 3*E),
		Proj:  nn.NewConv1D(E, E),
		Norm2: nn.NewLayerNorm(E, c.Epsilon),
		Up:    nn.NewConv1D(E, c.NInner),
		Down:  nn.NewConv1D(c.NInner, E),
		layer: i, heads: c.NHead, scale: 1, drop: c.ResidDrop, attnDrop: c.AttnDrop, act: act,
	}
	// Residual outputs start smaller, as there are two a block to be summed.
	b.Proj.Weight.Std /= math.Sqrt(2 * float64(c.NLayer))
	b.Down.Weight.Std /= math.Sqrt(2 * float64(c.NLayer))
	if c.ScaleWeights {
		b.scale = float32(1 / math.Sqrt(float64(E/c.NHead)))
	}
	if c.ScaleByLayer {
		b.scale /= float32(i + 1)
	}
	return b
}

func (b *Block) forward(p *nn.Pass, in nn.Inputs) *tensor.Tensor {
	x := in[0]
	x, h := b.Norm2.AddForward(x, p.Dropout(b.attend(p, b.Norm1.Forward(x)), b.drop))
	y := b.Down.Forward(b.Up.Then(b.act, h))
	return tensor.Add(x, p.Dropout(y, b.drop))
}

func (b *Block) attend(p *nn.Pass, x *tensor.Tensor) *tensor.Tensor {
	B, T, E := x.Dim(0), x.Dim(1), x.Dim(2)
	qkv := b.QKV.Forward(x)                                               // [B,T,3E]
	q := tensor.Reshape(tensor.Columns(qkv, 0, E), B, T, b.heads, -1)     // [B,T,H,D]
	k := tensor.Reshape(tensor.Columns(qkv, E, 2*E), B, T, b.heads, -1)   // [B,T,H,D]
	v := tensor.Reshape(tensor.Columns(qkv, 2*E, 3*E), B, T, b.heads, -1) // [B,T,H,D]
	mask := tensor.Mask{Causal: true, Drop: p.Drop(b.attnDrop)}
	y := p.Attend(b.layer, q, k, v, nil, b.scale, mask) // [B,T,H,D]
	return b.Proj.Forward(tensor.Reshape(y, B, T, E))
}
