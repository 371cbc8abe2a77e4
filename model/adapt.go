package model

import (
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// An Adapter knows more of the checkpoints that it may be loaded from than names
// alone can say, such as heads of its family's other classes: Adapt returns src
// with the model's own tensors under the model's names.
type Adapter interface {
	Adapt(src nn.Source) nn.Source
}

// Load fills net from src, adapted to it if net is an Adapter. It is strict in
// both directions, see nn.Load.
func Load(net any, src nn.Source, options ...nn.Option) error {
	if a, ok := net.(Adapter); ok {
		src = a.Adapt(src)
	}
	return nn.Load(net, src, options...)
}

// Renamed returns src with the names that rename gives. Where two names become
// one, the later keeps the name it had, and so is reported as left over.
func Renamed(src nn.Source, rename func(string) string) nn.Source {
	r := &renamed{Source: src, old: map[string]string{}}
	for _, name := range src.Names() {
		to := rename(name)
		if _, taken := r.old[to]; taken {
			to = name
		}
		r.old[to] = name
		r.names = append(r.names, to)
	}
	return r
}

type renamed struct {
	nn.Source
	names []string
	old   map[string]string // by new name
}

func (r *renamed) Names() []string { return r.names }

func (r *renamed) Tensor(name string) (*tensor.Tensor, error) {
	if old, ok := r.old[name]; ok {
		name = old
	}
	return r.Source.Tensor(name)
}
