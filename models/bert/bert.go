// Package bert holds the BERT family: post-norm encoders with learned positions.
//
//	BERT         "BERT: Pre-training of Deep Bidirectional Transformers", arXiv:1810.04805
//	RoBERTa      "RoBERTa: A Robustly Optimized BERT Pretraining Approach", arXiv:1907.11692
//	XLM-RoBERTa  "Unsupervised Cross-lingual Representation Learning at Scale", arXiv:1911.02116
//
// What the members share is [Encoder]; the heads over it have a type each, and
// the names that Hugging Face transformers gives their tensors.
package bert

import (
	"math"
	"strconv"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Encoder is the stack that all members of the family share.
type Encoder struct {
	Words     *nn.Embedding `weight:"embeddings.word_embeddings"`
	Positions *nn.Embedding `weight:"embeddings.position_embeddings"`
	Types     *nn.Embedding `weight:"embeddings.token_type_embeddings"`
	Norm      *nn.LayerNorm `weight:"embeddings.LayerNorm"`
	Layers    []*Layer      `weight:"encoder.layer"`
	Pooler    *nn.Linear    `weight:"pooler.dense"` // nil where the class or the file has none

	offset, pad int32 // the first position; where it is not 0, padding has position pad
	dropout     float64
}

func newEncoder(c *Config, member *member, pooler bool) *Encoder {
	E := c.HiddenSize
	e := &Encoder{
		Words:     nn.NewEmbedding(c.VocabSize, E),
		Positions: nn.NewEmbedding(c.MaxPositionEmbeddings, E),
		Types:     nn.NewEmbedding(c.TypeVocabSize, E),
		Norm:      nn.NewLayerNorm(E, c.LayerNormEps),
		dropout:   c.HiddenDropout,
		pad:       c.PadTokenID,
	}
	e.Positions.Weight.Sinusoids = c.Sinusoids
	if member.skipsPadding {
		e.offset = c.PadTokenID + 1
	}
	for range c.NumHiddenLayers {
		e.Layers = append(e.Layers, newLayer(c))
	}
	if pooler {
		e.Pooler = nn.NewLinear(E, E, true)
	}
	return e
}

// Context returns the length of the longest text in tokens.
func (e *Encoder) Context() int { return e.Positions.Weight.Want[0] - int(e.offset) }

// Vocab returns the number of tokens.
func (e *Encoder) Vocab() int { return e.Words.Weight.Want[0] }

// Forward returns the hidden states [B,T,E], which p observes as hidden_states.N:
// 0 for the embeddings, then one for each layer.
func (e *Encoder) Forward(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	types := p.Types
	if types == nil {
		types = make([]int32, len(ids.Data)) // all of the first
	}
	x := tensor.Add(e.Words.Forward(p, ids), e.Types.Forward(p, &nn.IDs{Data: types, B: ids.B, T: ids.T}))
	x = e.Norm.ForwardSum(x, e.Positions.Forward(p, e.positions(p, ids))) // [B,T,E]
	x = p.Dropout(x, e.dropout)
	observe(p, 0, x)
	for i, l := range e.Layers {
		x = nn.Layer(p, l, (*Layer).forward, nn.Inputs{x})
		observe(p, i+1, x)
	}
	return x
}

func observe(p *nn.Pass, n int, x *tensor.Tensor) {
	if p.Observe != nil {
		p.Observe("hidden_states."+strconv.Itoa(n), x)
	}
}

// positions counts 0, 1, 2, ... in each row of BERT. RoBERTa gives the padding pad
// and the other tokens pad+1, pad+2, ..., as fairseq does.
func (e *Encoder) positions(p *nn.Pass, ids *nn.IDs) *nn.IDs {
	pos := &nn.IDs{Data: p.Positions, B: ids.B, T: ids.T}
	if pos.Data != nil {
		return pos
	}
	pos.Data = make([]int32, len(ids.Data))
	var next int32
	for i, id := range ids.Data {
		if i%ids.T == 0 {
			next = e.offset
		}
		if e.offset != 0 && id == e.pad {
			pos.Data[i] = e.pad
			continue
		}
		pos.Data[i] = next
		next++
	}
	return pos
}

// pool returns tanh(W h + b) of each row's first token, [B,E], or nil where there
// is no pooler.
func (e *Encoder) pool(x *tensor.Tensor) *tensor.Tensor {
	if e.Pooler == nil {
		return nil
	}
	return tensor.Tanh(e.Pooler.Forward(first(x)))
}

// first returns the hidden state of each row's first token: [B,T,E] to [B,E].
func first(x *tensor.Tensor) *tensor.Tensor {
	return tensor.Rows(x, make([]int, x.Dim(0)))
}

// Layer is one block: norm(x + attention(x)), then norm(x + mlp(x)).
type Layer struct {
	Query *nn.Linear    `weight:"attention.self.query"`
	Key   *nn.Linear    `weight:"attention.self.key"`
	Value *nn.Linear    `weight:"attention.self.value"`
	Out   *nn.Linear    `weight:"attention.output.dense"`
	Norm1 *nn.LayerNorm `weight:"attention.output.LayerNorm"`
	Up    *nn.Linear    `weight:"intermediate.dense"`
	Down  *nn.Linear    `weight:"output.dense"`
	Norm2 *nn.LayerNorm `weight:"output.LayerNorm"`

	heads   int
	act     *tensor.Activation
	dropout float64
	drop    float64 // of attention
}

func newLayer(c *Config) *Layer {
	E, F := c.HiddenSize, c.IntermediateSize
	return &Layer{
		Query: nn.NewLinear(E, E, true), Key: nn.NewLinear(E, E, true), Value: nn.NewLinear(E, E, true),
		Out: nn.NewLinear(E, E, true), Norm1: nn.NewLayerNorm(E, c.LayerNormEps),
		Up: nn.NewLinear(E, F, true), Down: nn.NewLinear(F, E, true), Norm2: nn.NewLayerNorm(E, c.LayerNormEps),
		heads: c.NumAttentionHeads, act: activation(c.HiddenAct), dropout: c.HiddenDropout, drop: c.AttentionDropout,
	}
}

// activation returns the function that Check has found to exist.
func activation(name string) *tensor.Activation {
	f, err := nn.Activation(name)
	if err != nil {
		panic(err)
	}
	return f
}

func (l *Layer) forward(p *nn.Pass, in nn.Inputs) *tensor.Tensor {
	x := in[0]
	B, T := x.Dim(0), x.Dim(1)
	split := func(y *tensor.Tensor) *tensor.Tensor { return tensor.Reshape(y, B, T, l.heads, -1) } // [B,T,H,D]
	q, k, v := nn.QKV(x, l.Query, l.Key, l.Value)
	q, k, v = split(q), split(k), split(v)
	scale := float32(1 / math.Sqrt(float64(q.Dim(3))))
	y := p.Attend(0, q, k, v, nil, scale, tensor.Mask{Drop: p.Drop(l.drop)})
	y = l.Out.Forward(tensor.Reshape(y, B, T, -1)) // [B,T,E]
	x = l.Norm1.ForwardSum(p.Dropout(y, l.dropout), x)
	y = l.Down.Forward(l.Up.Then(l.act, x))
	return l.Norm2.ForwardSum(p.Dropout(y, l.dropout), x)
}
