package model

import (
	"bytes"
	"fmt"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Sharing has Open take the weights and the tokenizer of base, a model of the same
// checkpoint, instead of reading them: a second network on the same memory, to which an
// adapter may be attached without changing the first. Base must stay open as long.
func Sharing(base *Model) Option { return func(s *settings) { s.base = base } }

// shared is the option of nn.Load that gives m the weights of base.
func (m *Model) shared(base *Model) (nn.Option, error) {
	if m.Path != base.Path || !bytes.Equal(m.Config, base.Config) {
		return nil, fmt.Errorf("model: %s is not the checkpoint of %s, whose weights it is to share", m.Path, base.Path)
	}
	weights := map[string]*tensor.Tensor{}
	nn.Walk(base.Net, func(name string, p *nn.Param) { weights[name] = p.Tensor })
	return nn.Given(func(name string, _ *nn.Param) *tensor.Tensor { return weights[name] }), nil
}
