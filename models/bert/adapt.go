package bert

import (
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
)

// Adapt returns src under the model's names. Checkpoints of one class are loaded
// as another all the time, so it
//
//   - puts the encoder under the prefix that the model has for it, or under none;
//   - reads LayerNorm.gamma and .beta of TensorFlow's days as weight and bias;
//   - leaves out buffers, and the pooler and heads that the model does not have.
func (b *Body) Adapt(src nn.Source) nn.Source {
	src = model.Renamed(src, func(name string) string {
		name = modern(name)
		if part := bare(name); part != "" {
			name = b.prefix() + part
		}
		return name
	})
	return part{src, slices.DeleteFunc(slices.Clone(src.Names()), func(name string) bool {
		return !slices.Contains(b.names, name) && foreign(name)
	})}
}

// Adapt is that of Body; it gives up m's pooler where a bare encoder's file has none.
func (m *Model) Adapt(src nn.Source) nn.Source {
	src = m.Body.Adapt(src)
	if !slices.ContainsFunc(src.Names(), func(name string) bool { return strings.HasPrefix(name, "pooler.") }) {
		m.Bare.Pooler = nil
	}
	return src
}

// part is some of a source's tensors.
type part struct {
	nn.Source
	names []string
}

// Names returns those that are left.
func (p part) Names() []string { return p.names }

func modern(name string) string {
	if s, ok := strings.CutSuffix(name, ".gamma"); ok {
		return s + ".weight"
	}
	if s, ok := strings.CutSuffix(name, ".beta"); ok {
		return s + ".bias"
	}
	return name
}

// bare returns the name that a tensor of the encoder has in a file of the encoder
// alone, or "".
func bare(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "bert."), "roberta.")
	for _, part := range []string{"embeddings.", "encoder.", "pooler."} {
		if strings.HasPrefix(name, part) {
			return name
		}
	}
	return ""
}

// foreign tells of a tensor that some class of the family has, or that is a buffer.
func foreign(name string) bool {
	for _, head := range []string{"cls.", "lm_head.", "classifier.", "qa_outputs."} {
		if strings.HasPrefix(name, head) {
			return true
		}
	}
	part := bare(name)
	return strings.HasPrefix(part, "pooler.") ||
		part == "embeddings.position_ids" || part == "embeddings.token_type_ids"
}
