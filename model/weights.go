package model

import (
	"fmt"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/gguf"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Weights has Open bring every matrix into a form, one of [PackForms]; "" stands for
// the form that it has in its file. A form of blocks gets the mix of forms that
// llama.cpp's files of that name have. Blocks are multiplied by as integers, the
// other side of a product being rounded to 8 bits.
func Weights(form string) Option { return func(s *settings) { s.weights = form } }

// Exact has Open keep the values that weights have, and the arithmetic that of
// float32.
func Exact() Option { return Weights(tensor.Exact.String()) }

// Fast has matrices of bfloat16 multiplied by the processor's own instruction, which
// rounds unlike float32 arithmetic, if it has one.
func Fast() Option { return func(s *settings) { s.fast = true } }

// PackForms returns the names that [Weights] takes.
func PackForms() []string {
	return append(WeightForms(), tensor.FormInt8.String(), tensor.FormBF16Fast.String(), tensor.Exact.String())
}

// choice returns the form that each matrix of the network is to have.
func (m *Model) choice(s *settings) (nn.Choice, error) {
	choose, err := m.named(strings.ToLower(s.weights))
	if err != nil || !s.fast {
		return choose, err
	}
	return func(name string, p *nn.Param) tensor.Form {
		f := choose(name, p)
		if f == tensor.FormBF16 || f <= tensor.Own && p.DType() == tensor.BF16 {
			return tensor.FormBF16Fast
		}
		return f
	}, nil
}

func (m *Model) named(form string) (nn.Choice, error) {
	if x, ok := findMix(form); ok {
		return m.mixed(x)
	}
	if form == "" {
		return nn.Every(tensor.Own), nil
	}
	f, ok := tensor.ParseForm(form)
	if values, _ := f.DType().Block(); !ok || values > 1 || f == tensor.Own {
		return nil, fmt.Errorf("model: weights: %q is not one of %s", form, strings.Join(PackForms(), ", "))
	}
	return func(_ string, p *nn.Param) tensor.Form {
		if !f.Fits(p.Want[1]) {
			return tensor.Own
		}
		return f
	}, nil
}

// mixed returns the forms that a mix gives, which depend on what llama.cpp calls a
// matrix.
func (m *Model) mixed(x mix) (nn.Choice, error) {
	keys, names, err := m.inGGUF()
	if err != nil {
		return nil, err
	}
	var weights []weight
	called := map[*nn.Param]string{}
	nn.Walk(m.Net, func(name string, p *nn.Param) {
		if _, seen := called[p]; seen || !p.Matrix || len(p.Want) != 2 {
			return
		}
		called[p] = names(name)
		weights = append(weights, weight{name: called[p], Info: checkpoint.Info{Shape: p.Want}})
	})
	forms := x.forms(keys, weights)
	return func(name string, p *nn.Param) tensor.Form {
		form, ok := forms[called[p]]
		if !ok { // it has come with the checkpoint
			w := weight{name: names(name), Info: checkpoint.Info{Shape: p.Want}}
			form = fitting((&mixture{mix: x}).choose(&w), p.Want[1])
		}
		return tensor.FormOf(form)
	}, nil
}

// inGGUF returns the metadata that a file of the model has, and what its tensors are
// called there. Where llama.cpp does not know the model, or a tensor, the name stays.
func (m *Model) inGGUF() ([]gguf.KV, func(string) string, error) {
	spec := m.Species.GGUF
	if spec == nil || spec.Head == nil {
		return nil, plainName, nil
	}
	h, err := spec.Head(m.Config)
	if err != nil {
		return nil, plainName, nil //nolint:nilerr // what files cannot say matters to files alone
	}
	table := spec.Names(h.Config)
	base := ""
	if b, ok := m.Net.(nn.Based); ok {
		base = b.Base() + "."
	}
	return h.Keys, func(name string) string {
		name = strings.TrimPrefix(name, h.Strip)
		for _, n := range []string{name, base + name} {
			if file, ok := checkpoint.NameIn(table, n); ok {
				return file
			}
		}
		return plainName(name)
	}, nil
}

// plainName is the name of a matrix that llama.cpp does not know: that of the head,
// or one that tells nothing.
func plainName(name string) string {
	if name == "lm_head.weight" {
		return "output.weight"
	}
	return strings.TrimSuffix(name, ".weight") + ".weight"
}
