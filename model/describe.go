package model

import (
	"fmt"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Info is what headers and configs tell of a checkpoint.
type Info struct {
	Path         string
	Format       string // huggingface, gguf, llama2.c
	Type         string // model_type
	Architecture string // the class that config.json names first, or ""
	Family       string
	Paper        string
	Objective    string
	Parameters   int // exact; a tied one counts once
	Bytes        int // of the weights, as stored
	Forms        []Form
	Context      int // positions, 0 if that is not limited
	Vocab        int
	Config       []byte
}

// A Form is a form that weights are stored in, with how many tensors, values and
// bytes are in it.
type Form struct {
	DType                  tensor.DType
	Tensors, Values, Bytes int
}

// Describe tells of the checkpoint at path without reading its weights.
func Describe(path string) (Info, error) {
	f, err := find(path)
	if err != nil {
		return Info{}, err
	}
	defer f.source.Close()
	s, net, err := build(f.config)
	if err != nil {
		return Info{}, fmt.Errorf("%w (%s)", err, path)
	}
	info := Info{
		Path: path, Format: f.format, Type: s.Type, Family: s.Family, Paper: s.Paper, Objective: s.Objective,
		Parameters: nn.Count(net), Config: f.config,
	}
	var h head
	if err := decode(f.config, &h); err == nil && len(h.Architectures) > 0 {
		info.Architecture = h.Architectures[0]
	}
	if m, ok := net.(interface{ Context() int }); ok {
		info.Context = m.Context()
	}
	if m, ok := net.(interface{ Vocab() int }); ok {
		info.Vocab = m.Vocab()
	}
	return info, f.measure(&info)
}

// measure adds up the tensors by their form, in the order of the forms.
func (f *found) measure(info *Info) error {
	forms := map[tensor.DType]*Form{}
	for _, name := range f.source.Names() {
		t, ok := f.source.Info(name)
		if !ok {
			continue
		}
		bytes, err := tensor.StoredSize(t.DType, t.Shape...)
		if err != nil {
			return fmt.Errorf("model: %s: %s: %w", f.path, name, err)
		}
		form := forms[t.DType]
		if form == nil {
			form = &Form{DType: t.DType}
			forms[t.DType] = form
		}
		form.Tensors++
		form.Values += volume(t.Shape)
		form.Bytes += bytes
		info.Bytes += bytes
	}
	for d := tensor.DType(0); len(info.Forms) < len(forms); d++ {
		if forms[d] != nil {
			info.Forms = append(info.Forms, *forms[d])
		}
	}
	return nil
}

func volume(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
