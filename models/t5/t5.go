// Package t5 holds the T5 family: encoder-decoders with pre-norm blocks, no biases,
// and a learned bias for each distance between a query and a key.
//
//	T5       "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", arXiv:1910.10683
//	T5 1.1   the same repository's gated and untied version; FLAN-T5, arXiv:2210.11416, is one
//	mT5      "mT5: A massively multilingual pre-trained text-to-text transformer", arXiv:2010.11934
package t5

import (
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Stack is the encoder or the decoder.
type Stack struct {
	Embed  *nn.Embedding `weight:"embed_tokens"` // shared by both
	Blocks []*Block      `weight:"block"`
	Norm   *nn.RMSNorm   `weight:"final_layer_norm"`

	dropout float64
}

func newStack(c *Config, shared *nn.Embedding, layers int, decoder bool) (*Stack, error) {
	s := &Stack{Embed: shared, Norm: nn.NewRMSNorm(c.DModel, c.LayerNormEps), dropout: c.Dropout}
	for i := range layers {
		s.Blocks = append(s.Blocks, newBlock(c, i, decoder))
	}
	// Only the first block has a table of biases; all use it.
	bias, err := nn.NewRelativeBias(c.Buckets, c.NumHeads, c.MaxDistance, !decoder)
	if err != nil {
		return nil, fmt.Errorf("t5: config.json: %w", err)
	}
	bias.Weight.Std = c.std(c.DModel)
	s.Blocks[0].Self.Attention.Bias = bias
	return s, nil
}

// std is the deviation of fresh weights that are summed over fan inputs.
func (c *Config) std(fan int) float64 { return c.InitializerFactor / math.Sqrt(float64(fan)) }

// forward returns the hidden states of the last layer after its norm, [B,T,E]. The
// decoder reads m; p observes name.0 (the embeddings) up to name.L (the result).
func (s *Stack) forward(p *nn.Pass, m *nn.Memory, ids *nn.IDs, name string) *tensor.Tensor {
	x := p.Dropout(s.Embed.Forward(p, ids), s.dropout) // [B,T,E]
	bias := s.Blocks[0].Self.Attention.Bias.Forward(p, ids.B, ids.T)
	in := nn.Inputs{x, bias}
	if m != nil {
		in[2] = m.States
	}
	for i, b := range s.Blocks {
		p.ObservedAt(name, i, in[0])
		in[0] = nn.Layer(p, reading{b, m}, reading.forward, in)
	}
	x = in[0]
	x = p.Dropout(s.Norm.Forward(x), s.dropout)
	p.ObservedAt(name, len(s.Blocks), x)
	return x
}

// Block is x + attention(norm(x)), in the decoder x + cross-attention(norm(x)), then
// x + mlp(norm(x)).
type Block struct {
	Self  *SelfLayer  `weight:"layer.0"`
	Cross *CrossLayer `weight:"layer.1"` // decoder
	FF    *FFLayer    `weight:"layer.1"` // encoder
	DecFF *FFLayer    `weight:"layer.2"` // decoder
}

// SelfLayer is self-attention with its norm.
type SelfLayer struct {
	Attention *Attention  `weight:"SelfAttention"`
	Norm      *nn.RMSNorm `weight:"layer_norm"`
}

// CrossLayer is attention to the encoder's states with its norm.
type CrossLayer struct {
	Attention *Attention  `weight:"EncDecAttention"`
	Norm      *nn.RMSNorm `weight:"layer_norm"`
}

// FFLayer is the feed-forward layer with its norm.
type FFLayer struct {
	Dense *Dense      `weight:"DenseReluDense"`
	Norm  *nn.RMSNorm `weight:"layer_norm"`
}

func newBlock(c *Config, i int, decoder bool) *Block {
	norm := func() *nn.RMSNorm { return nn.NewRMSNorm(c.DModel, c.LayerNormEps) }
	b := &Block{Self: &SelfLayer{newAttention(c, i, decoder), norm()}}
	ff := &FFLayer{newDense(c), norm()}
	if !decoder {
		b.FF = ff
		return b
	}
	b.Cross, b.DecFF = &CrossLayer{newAttention(c, i, false), norm()}, ff
	return b
}

// reading is a block and the memory that it reads.
type reading struct {
	*Block
	m *nn.Memory
}

// forward takes the hidden states, the bias, and the memory's states.
func (b reading) forward(p *nn.Pass, in nn.Inputs) *tensor.Tensor {
	x, bias, m := in[0], in[1], b.m
	if m != nil && m.States != in[2] { // while it runs again
		m = &nn.Memory{States: in[2], Keys: m.Keys}
	}
	a := b.Self.Attention
	y := p.Dropout(a.self(p, b.Self.Norm.Forward(x), bias), a.dropout)
	var h *tensor.Tensor
	ff := b.FF
	if b.Cross != nil {
		x, h = b.Cross.Norm.AddForward(x, y)
		y = p.Dropout(b.Cross.Attention.cross(p, m, h), a.dropout)
		ff = b.DecFF
	}
	x, h = ff.Norm.AddForward(x, y)
	return tensor.Add(x, p.Dropout(ff.Dense.forward(p, h), a.dropout))
}

// Attention is H heads without biases whose scores are not divided by √D: the
// initial weights of Q are smaller instead.
type Attention struct {
	Q    *nn.Linear       `weight:"q"`
	K    *nn.Linear       `weight:"k"`
	V    *nn.Linear       `weight:"v"`
	O    *nn.Linear       `weight:"o"`
	Bias *nn.RelativeBias `weight:"relative_attention_bias"` // in the first block

	layer, dim int
	causal     bool
	dropout    float64
}

func newAttention(c *Config, layer int, causal bool) *Attention {
	E, HD := c.DModel, c.NumHeads*c.DKV
	return &Attention{
		Q: c.linear(E, HD, c.std(E*c.DKV)), K: c.linear(E, HD, c.std(E)), V: c.linear(E, HD, c.std(E)),
		O: c.linear(HD, E, c.std(HD)), layer: layer, dim: c.DKV, causal: causal, dropout: c.Dropout,
	}
}

func (c *Config) linear(in, out int, std float64) *nn.Linear {
	l := nn.NewLinear(in, out, false)
	l.Weight.Std = std
	return l
}

// split gives each head its part: [B,T,H*D] to [B,T,H,D].
func (a *Attention) split(x *tensor.Tensor) *tensor.Tensor {
	return tensor.Reshape(x, x.Dim(0), x.Dim(1), -1, a.dim)
}

func (a *Attention) merge(y *tensor.Tensor) *tensor.Tensor {
	return a.O.Forward(tensor.Reshape(y, y.Dim(0), y.Dim(1), -1))
}

func (a *Attention) self(p *nn.Pass, x, bias *tensor.Tensor) *tensor.Tensor {
	q, k, v := nn.QKV(x, a.Q, a.K, a.V)
	return a.merge(p.Attend(a.layer, a.split(q), a.split(k), a.split(v), bias, 1, tensor.Mask{Causal: a.causal, Drop: p.Drop(a.dropout)}))
}

// cross reads m, whose keys and values are the same for every token of the target.
func (a *Attention) cross(p *nn.Pass, m *nn.Memory, x *tensor.Tensor) *tensor.Tensor {
	return a.merge(p.Cross(a.layer, a.split(a.Q.Forward(x)), m, 1, p.Drop(a.dropout), func() (k, v *tensor.Tensor) {
		k, v = nn.KV(m.States, a.K, a.V)
		return a.split(k), a.split(v)
	}))
}

// Dense is wo(act(wi(x))), or wo(act(wi_0(x)) * wi_1(x)) since T5 1.1.
type Dense struct {
	Wi  *nn.Linear `weight:"wi"`
	Wi0 *nn.Linear `weight:"wi_0"`
	Wi1 *nn.Linear `weight:"wi_1"`
	Wo  *nn.Linear `weight:"wo"`

	act     *tensor.Activation
	dropout float64
}

func newDense(c *Config) *Dense {
	E, F := c.DModel, c.DFF
	d := &Dense{Wo: c.linear(F, E, c.std(F)), act: c.act, dropout: c.Dropout}
	if c.gated {
		d.Wi0, d.Wi1 = c.linear(E, F, c.std(E)), c.linear(E, F, c.std(E))
	} else {
		d.Wi = c.linear(E, F, c.std(E))
	}
	return d
}

func (d *Dense) forward(p *nn.Pass, x *tensor.Tensor) *tensor.Tensor {
	if d.Wi != nil {
		x = d.Wi.Then(d.act, x)
	} else {
		x = nn.Gated(d.act, x, d.Wi0, d.Wi1)
	}
	return d.Wo.Forward(p.Dropout(x, d.dropout))
}
