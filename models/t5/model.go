package t5

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Encoder is the encoder alone: T5EncoderModel.
type Encoder struct {
	Shared *nn.Embedding `weight:"shared"`
	Stack  *Stack        `weight:"encoder"`
	config *Config
}

// Hidden returns the last hidden states [B,T,E].
func (m *Encoder) Hidden(p *nn.Pass, ids *nn.IDs) *tensor.Tensor {
	return m.Stack.forward(p, nil, ids, "hidden_states")
}

// Context returns the length that the model was trained on; longer texts work too.
func (m *Encoder) Context() int { return m.config.Context }

// Vocab returns the number of tokens.
func (m *Encoder) Vocab() int { return m.config.VocabSize }

// Outputs gives last_hidden_state.
func (m *Encoder) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	return []model.Output{{Name: "last_hidden_state", Value: m.Hidden(p, in.IDs)}}
}

// Ignore names what a file of the whole model has beyond the encoder.
func (m *Encoder) Ignore() []string { return []string{"decoder.*", "lm_head.weight"} }

// Body is the encoder and the decoder: T5Model.
type Body struct {
	Shared  *nn.Embedding `weight:"shared"`
	Encoder *Stack        `weight:"encoder"`
	Decoder *Stack        `weight:"decoder"`
	config  *Config
}

// Encode reads the source.
func (m *Body) Encode(p *nn.Pass, source *nn.IDs) *nn.Memory {
	return &nn.Memory{States: m.Encoder.forward(p, nil, source, "encoder_hidden_states"), Keys: keys(p, source)}
}

// keys tells which places of the source are not padding: nil if all.
func keys(p *nn.Pass, source *nn.IDs) []bool {
	if p.Mask != nil || p.Lens == nil {
		return p.Mask
	}
	k := make([]bool, len(source.Data))
	for b := range source.B {
		for t := range p.Lens[b] {
			k[b*source.T+t] = true
		}
	}
	return k
}

// states returns the decoder's last hidden states [B,T,E].
func (m *Body) states(p *nn.Pass, memory *nn.Memory, ids *nn.IDs) *tensor.Tensor {
	x := m.Decoder.forward(p, memory, ids, "decoder_hidden_states")
	p.Done(ids)
	return x
}

// NewCache returns a cache for that many target rows of up to capacity tokens.
func (m *Body) NewCache(rows, capacity int) *nn.Cache {
	return nn.NewCache(m.config.NumDecoderLayers, rows, m.config.NumHeads, m.config.DKV, capacity)
}

// Start returns the id that every target begins with.
func (m *Body) Start() int32 { return *m.config.Start }

// Context returns the length that the model was trained on; longer texts work too.
func (m *Body) Context() int { return m.config.Context }

// Vocab returns the number of tokens.
func (m *Body) Vocab() int { return m.config.VocabSize }

// Outputs gives last_hidden_state and encoder_last_hidden_state.
func (m *Body) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	memory := m.Encode(p, in.IDs)
	return []model.Output{
		{Name: "last_hidden_state", Value: m.states(target(p), memory, in.DecoderIDs)},
		{Name: "encoder_last_hidden_state", Value: memory.States},
	}
}

// target returns p for the target: lengths, masks and bounds are those of the source.
func target(p *nn.Pass) *nn.Pass {
	q := *p
	q.Lens, q.Mask, q.Positions, q.From, q.Until = nil, nil, nil, nil, nil
	return &q
}

// Ignore names a table that files of T5 1.0 have and that nothing reads.
func (m *Body) Ignore() []string {
	return []string{"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", "lm_head.weight"}
}

// Model is the encoder and the decoder with its scores of tokens:
// T5ForConditionalGeneration.
type Model struct {
	Body   `weight:""`
	LMHead *nn.Linear `weight:"lm_head"`
	scale  float32    // of the last hidden states
}

// Ignore is that of Body, without the head.
func (m *Model) Ignore() []string { return m.Body.Ignore()[:1] }

// Decode returns the scores of each next token: [B,T,V], or [B,1,V] where p.Last is set.
func (m *Model) Decode(p *nn.Pass, memory *nn.Memory, ids *nn.IDs) *tensor.Tensor {
	x := p.Tail(m.states(p, memory, ids))
	if m.scale != 1 {
		x = tensor.Scale(x, m.scale)
	}
	return m.LMHead.Forward(x)
}

// Outputs gives logits [B,T,V] and encoder_last_hidden_state [B,S,E].
func (m *Model) Outputs(p *nn.Pass, in model.Inputs) []model.Output {
	memory := m.Encode(p, in.IDs)
	return []model.Output{
		{Name: "logits", Value: m.Decode(target(p), memory, in.DecoderIDs)},
		{Name: "encoder_last_hidden_state", Value: memory.States},
	}
}

// Adapt implements model.Adapter: recent versions of transformers write
// tie_word_embeddings for models whose head is their own, so that the file's
// tensors decide.
func (m *Model) Adapt(src nn.Source) nn.Source {
	if m.scale == 1 && slices.Contains(src.Names(), "lm_head.weight") {
		m.LMHead = m.config.head()
	}
	return src
}

func build(c *Config, modelType, arch string) (any, error) {
	shared := nn.NewEmbedding(c.VocabSize, c.DModel)
	shared.Weight.Std = c.InitializerFactor
	encoder, err := newStack(c, shared, c.NumLayers, false)
	if err != nil {
		return nil, err
	}
	class := strings.TrimPrefix(strings.TrimPrefix(arch, "M"), "T5")
	if class == "EncoderModel" {
		return &Encoder{shared, encoder, c}, nil
	}
	decoder, err := newStack(c, shared, c.NumDecoderLayers, true)
	if err != nil {
		return nil, err
	}
	body := Body{shared, encoder, decoder, c}
	switch class {
	case "Model":
		return &body, nil
	case "ForConditionalGeneration", "WithLMHeadModel", "":
	default:
		return nil, fmt.Errorf("t5: config.json: architectures: %q is not a class of %s", arch, modelType)
	}
	m := &Model{Body: body, LMHead: c.head(), scale: 1}
	tied := c.TieWordEmbeddings && modelType == "t5" // mT5 has a head of its own whatever its config says
	if tied {
		m.LMHead = shared.Tied()
	}
	if c.ScaleOutputs == nil && tied || c.ScaleOutputs != nil && *c.ScaleOutputs {
		m.scale = float32(1 / math.Sqrt(float64(c.DModel)))
	}
	return m, nil
}

// head is a head that is not the word embeddings.
func (c *Config) head() *nn.Linear { return c.linear(c.DModel, c.VocabSize, c.InitializerFactor) }

func init() {
	for _, s := range []struct {
		modelType, paper string
		defaults         func() Config
		gguf             *model.GGUF
	}{
		{"t5", "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer, arXiv:1910.10683", defaults, ggufT5},
		{"mt5", "mT5: A massively multilingual pre-trained text-to-text transformer, arXiv:2010.11934", defaultsMT5, nil},
	} {
		model.Register(model.Species{
			Type: s.modelType, Family: "t5", Paper: s.paper, Objective: "denoising", GGUF: s.gguf,
			Tasks: []string{"generate", "translate", "embed"},
			Build: func(config []byte, arch string) (any, error) {
				c := s.defaults()
				if _, err := model.Parse(config, &c); err != nil {
					return nil, err
				}
				return build(&c, s.modelType, arch)
			},
		})
	}
}
