// Package llama holds the Llama family: pre-norm decoders with rotary positions,
// grouped-query attention and a gated MLP.
//
//	Llama 1-3, Code Llama  "Llama 2: Open Foundation and Fine-Tuned Chat Models", arXiv:2307.09288
//	Mistral                "Mistral 7B", arXiv:2310.06825: a sliding window
//	Qwen2, Qwen2.5         "Qwen2.5 Technical Report", arXiv:2412.15115: biases of q, k and v
//	Qwen3                  "Qwen3 Technical Report", arXiv:2505.09388: norms of q and k
//
// The parts are from "GLU Variants Improve Transformer", arXiv:2002.05202, "RoFormer",
// arXiv:2104.09864, and "GQA", arXiv:2305.13245.
package llama

import (
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Body is the decoder without a head: from ids to hidden states.
type Body struct {
	Embed  *nn.Embedding `weight:"embed_tokens"`
	Layers []*Layer      `weight:"layers"`
	Norm   *nn.RMSNorm   `weight:"norm"`

	rope   *nn.Rope
	config *Config
}

func newBody(c *Config) (*Body, error) {
	rope, err := nn.NewRope(nn.RopeConfig{
		Theta: c.RopeTheta, Dim: c.HeadDim, MaxPositions: c.MaxPositions, Scaling: c.RopeScaling, Divisors: c.RopeDivisors,
	})
	if err != nil {
		return nil, err
	}
	act, err := nn.Activation(c.HiddenAct)
	if err != nil {
		return nil, err
	}
	m := &Body{
		Embed:  nn.NewEmbedding(c.VocabSize, c.HiddenSize),
		Norm:   nn.NewRMSNorm(c.HiddenSize, c.RMSNormEps),
		rope:   rope,
		config: c,
	}
	for i := range c.NumHiddenLayers {
		m.Layers = append(m.Layers, newLayer(c, i, act))
	}
	return m, nil
}

// Forward returns the hidden states after the last norm: [B,T,E].
func (m *Body) Forward(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	x := m.Embed.Forward(p, ids) // [B,T,E]
	var at angles
	at.cos, at.sin = m.rope.Angles(p, ids)
	for i, l := range m.Layers {
		p.ObservedAt("hidden_states", i, x)
		x = nn.Layer(p, turned{l, at}, turned.forward, nn.Inputs{x})
	}
	x = m.Norm.Forward(x)
	p.ObservedAt("hidden_states", len(m.Layers), x)
	p.Done(ids)
	return x
}

// angles are the cosines and sines that turn queries and keys, for all layers.
type angles struct{ cos, sin []float32 }

func (a angles) turn(x *tensor.Tensor) *tensor.Tensor { return tensor.Rotate(x, a.cos, a.sin, false) }

// Layer is one block: x + attention(norm(x)), then x + mlp(norm(x)).
type Layer struct {
	InputNorm *nn.RMSNorm `weight:"input_layernorm"`
	Attention *Attention  `weight:"self_attn"`
	PostNorm  *nn.RMSNorm `weight:"post_attention_layernorm"`
	MLP       *MLP        `weight:"mlp"`
}

func newLayer(c *Config, i int, act *tensor.Activation) *Layer {
	E, F, D := c.HiddenSize, c.IntermediateSize, c.HeadDim
	H, K := c.NumAttentionHeads, c.NumKeyValueHeads
	qkv := c.AttentionBias || c.qkvBias
	l := &Layer{
		InputNorm: nn.NewRMSNorm(E, c.RMSNormEps),
		PostNorm:  nn.NewRMSNorm(E, c.RMSNormEps),
		Attention: &Attention{
			QProj: nn.NewLinear(E, H*D, qkv),
			KProj: nn.NewLinear(E, K*D, qkv),
			VProj: nn.NewLinear(E, K*D, qkv),
			OProj: nn.NewLinear(H*D, E, c.AttentionBias),
			layer: i, dim: D,
			mask: tensor.Mask{Causal: true, Window: c.window(i)}, dropout: c.AttentionDropout,
		},
		MLP: &MLP{
			Gate: nn.NewLinear(E, F, c.MLPBias),
			Up:   nn.NewLinear(E, F, c.MLPBias),
			Down: nn.NewLinear(F, E, c.MLPBias),
			act:  act,
		},
	}
	if c.qkNorm {
		l.Attention.QNorm = nn.NewRMSNorm(D, c.RMSNormEps)
		l.Attention.KNorm = nn.NewRMSNorm(D, c.RMSNormEps)
	}
	return l
}

// turned is a layer of a pass.
type turned struct {
	*Layer
	at angles
}

func (l turned) forward(p *nn.Pass, in nn.Inputs) *tensor.Tensor {
	x := in[0]
	x, h := l.PostNorm.AddForward(x, l.Attention.forward(p, l.InputNorm.Forward(x), l.at))
	return tensor.Add(x, l.MLP.forward(h))
}

// Attention is causal self-attention in which H query heads share K key/value heads.
type Attention struct {
	QProj *nn.Linear  `weight:"q_proj"`
	KProj *nn.Linear  `weight:"k_proj"`
	VProj *nn.Linear  `weight:"v_proj"`
	OProj *nn.Linear  `weight:"o_proj"`
	QNorm *nn.RMSNorm `weight:"q_norm"` // over each head; nil but in Qwen3
	KNorm *nn.RMSNorm `weight:"k_norm"`

	layer, dim int
	mask       tensor.Mask
	dropout    float64
}

func (a *Attention) forward(p *nn.Pass, x *tensor.Tensor, at angles) *tensor.Tensor {
	B, T := x.Dim(0), x.Dim(1)
	q, k, v := nn.QKV(x, a.QProj, a.KProj, a.VProj)
	q = tensor.Reshape(q, B, T, -1, a.dim) // [B,T,H,D]
	k = tensor.Reshape(k, B, T, -1, a.dim) // [B,T,K,D]
	v = tensor.Reshape(v, B, T, -1, a.dim) // [B,T,K,D]
	if a.QNorm != nil {
		q, k = a.QNorm.Forward(q), a.KNorm.Forward(k)
	}
	q, k = at.turn(q), at.turn(k)
	mask := a.mask
	mask.Drop = p.Drop(a.dropout)
	y := p.Attend(a.layer, q, k, v, nil, scale(a.dim), mask) // [B,T,H,D]
	return a.OProj.Forward(tensor.Reshape(y, B, T, -1))
}

// MLP is down(act(gate(x)) * up(x)), SwiGLU where act is silu.
type MLP struct {
	Gate *nn.Linear `weight:"gate_proj"`
	Up   *nn.Linear `weight:"up_proj"`
	Down *nn.Linear `weight:"down_proj"`

	act *tensor.Activation
}

func (m *MLP) forward(x *tensor.Tensor) *tensor.Tensor {
	return m.Down.Forward(nn.Gated(m.act, x, m.Gate, m.Up))
}
