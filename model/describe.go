package model

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Info is what headers and configs tell of a checkpoint.
type Info struct {
	Path             string   `json:"path"`
	Format           string   `json:"format"` // huggingface, gguf, llama2.c; config for a bare config.json
	Type             string   `json:"model_type"`
	Architecture     string   `json:"architecture"` // the class that config.json names first, or ""
	Family           string   `json:"family"`
	Parameters       int      `json:"parameters"` // exact; a tied one counts once
	ActiveParameters int      `json:"active_parameters"`
	Bytes            int      `json:"bytes"` // of the weights, as stored
	Forms            []Form   `json:"forms,omitempty"`
	Context          int      `json:"context_length"` // positions, 0 if that is not limited
	Vocab            int      `json:"vocab_size"`
	Layers           int      `json:"layers"`
	HiddenSize       int      `json:"hidden_size"`
	Tasks            []string `json:"tasks"`
	Objective        string   `json:"objective"`
	FLOPsPerToken    int      `json:"flops_per_token"` // of the matrix products with weights, forward
	Tokenizer        string   `json:"tokenizer"`       // where it comes from, or ""
	Paper            string   `json:"paper"`
	Config           []byte   `json:"-"`
}

// A Form is a form that weights are stored in, with how many tensors, values and
// bytes are in it.
type Form struct {
	DType   tensor.DType `json:"dtype"`
	Tensors int          `json:"tensors"`
	Values  int          `json:"values"`
	Bytes   int          `json:"bytes"`
}

// Describe tells of the checkpoint at path, or of a bare config.json, without
// reading weights.
func Describe(path string) (Info, error) {
	f, err := findConfig(path)
	if err != nil {
		return Info{}, err
	}
	if f.source != nil {
		defer f.source.Close()
	}
	s, net, err := build(f.config)
	if err != nil {
		return Info{}, fmt.Errorf("%w (%s)", err, path)
	}
	info := Info{
		Path: path, Format: f.format, Type: s.Type, Family: s.Family, Paper: s.Paper, Objective: s.Objective,
		Tasks: s.Tasks, Parameters: nn.Count(net), Config: f.config, Tokenizer: f.tokenizerName(),
	}
	info.ActiveParameters = info.Parameters
	info.sizes(net)
	for _, p := range nn.Params(net) {
		if p.Matrix {
			info.FLOPsPerToken += 2 * p.Size()
		}
	}
	if f.source == nil {
		return info, nil
	}
	return info, f.measure(&info)
}

// sizes takes from the config and the network what has a name in every family.
func (i *Info) sizes(net any) {
	var h head
	if err := decode(i.Config, &h); err == nil && len(h.Architectures) > 0 {
		i.Architecture = h.Architectures[0]
	}
	var c struct {
		Layers  int `json:"num_hidden_layers"`
		GPT     int `json:"n_layer"`
		T5      int `json:"num_layers"`
		Hidden  int `json:"hidden_size"`
		Embd    int `json:"n_embd"`
		DModel  int `json:"d_model"`
		Context int `json:"max_position_embeddings"`
		Vocab   int `json:"vocab_size"`
	}
	if err := decode(i.Config, &c); err == nil {
		i.Layers, i.HiddenSize = cmp.Or(c.Layers, c.GPT, c.T5), cmp.Or(c.Hidden, c.Embd, c.DModel)
		i.Context, i.Vocab = c.Context, c.Vocab
	}
	if m, ok := net.(interface{ Context() int }); ok {
		i.Context = m.Context()
	}
	if m, ok := net.(interface{ Vocab() int }); ok {
		i.Vocab = m.Vocab()
	}
}

// findConfig is find, but a bare config.json will do.
func findConfig(path string) (*found, error) {
	if filepath.Ext(path) != ".json" {
		return find(path)
	}
	dir, name := filepath.Split(path)
	config, err := readIn(cmp.Or(dir, "."), name)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return &found{path: path, dir: cmp.Or(dir, "."), format: "config", config: config}, nil
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
