package tune

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// What PEFT puts before the names that parameters have in the model.
const peftPrefix = "base_model.model."

// alongside are parts of the names of what PEFT saves and does not read: weights of the
// base, and the bias of a module once more.
var alongside = []string{".base_layer.weight", ".original_module.", ".modules_to_save."}

// weightFiles are the files of an adapter's weights, in the order of preference.
var weightFiles = []string{"adapter_model.safetensors", "adapter_model.bin"}

// Open attaches the adapter in a folder of PEFT's files to net, whose weights must be
// there. Names of layers are those of PEFT's base model; where the class is another
// one with the same layers, such as the model without its head, they are found by
// what follows the base's name.
func Open(net any, dir string) (*Adapter, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	var src checkpoint.Source
	for _, name := range weightFiles {
		if _, failed := os.Stat(filepath.Join(dir, name)); failed == nil {
			src, err = checkpoint.Open(filepath.Join(dir, name))
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if src == nil {
		return nil, fmt.Errorf("tune: %s: there is no %s", dir, strings.Join(weightFiles, " and no "))
	}
	a, err := Attach(net, c, 0)
	if err == nil {
		if err = a.read(src); err != nil {
			a.Detach()
		}
	}
	if err = errors.Join(err, src.Close()); err != nil {
		return nil, fmt.Errorf("tune: %s: %w", dir, err)
	}
	return a, nil
}

// read fills the adapter from src, which must have all of it, and nothing else.
func (a *Adapter) read(src nn.Source) error {
	left := map[string]string{} // by the name in the model
	for _, name := range src.Names() {
		short, ok := strings.CutPrefix(name, peftPrefix)
		if !ok {
			return fmt.Errorf("%s: does not begin with %s", name, peftPrefix)
		}
		if !slices.ContainsFunc(alongside, func(part string) bool { return strings.Contains(short, part) }) {
			left[short] = name
		}
	}
	var errs []error
	for _, p := range a.params {
		at, ok := a.find(left, p.name)
		if !ok {
			errs = append(errs, fmt.Errorf("missing %s%s", peftPrefix, p.name))
			continue
		}
		t, err := src.Tensor(left[at])
		delete(left, at)
		if err == nil {
			err = p.set(t)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	for _, name := range left {
		errs = append(errs, fmt.Errorf("unexpected %s", name))
	}
	return errors.Join(errs...)
}

// find returns the name in names that stands for a parameter: its own, or one that
// differs in the first part, the base's name, which one of the two may lack.
func (a *Adapter) find(names map[string]string, name string) (string, bool) {
	if _, ok := names[name]; ok {
		return name, true
	}
	if _, rest, ok := strings.Cut(name, "."); ok {
		if _, ok := names[rest]; ok {
			return rest, true
		}
	}
	for other := range names {
		if _, rest, _ := strings.Cut(other, "."); rest == name {
			return other, true
		}
	}
	return "", false
}

// set takes the values of t, which a file holds.
func (p param) set(t *tensor.Tensor) error {
	want := p.Want
	if p.Transposed {
		want = []int{want[1], want[0]}
	}
	if !slices.Equal(t.Shape(), want) {
		return fmt.Errorf("%s is %v, want %v", p.name, t.Shape(), want)
	}
	if p.Transposed {
		t = tensor.Transposed(t)
	}
	// A copy: the file is closed, and the values may be trained on.
	values := make([]float32, t.Len())
	t.Float32s(values, 0)
	p.Tensor = tensor.New(values, p.Want...)
	return nil
}

// refill is read into the parameters that there are, whose gradients and places stay.
func (a *Adapter) refill(src nn.Source) error {
	before := make([]*tensor.Tensor, len(a.params))
	for i, p := range a.params {
		before[i] = p.Tensor
	}
	err := a.read(src)
	for i, p := range a.params {
		if p.Tensor != before[i] {
			copy(before[i].Data(), p.Data())
			p.Tensor = before[i]
		}
	}
	return err
}

const configFile = "adapter_config.json"

// encoded returns the text of the config, and what writes the weights.
func (a *Adapter) encoded() (config []byte, weights func(io.Writer) error, err error) {
	var tensors []entry.Tensor
	for _, p := range a.params {
		t := p.Tensor
		if p.Transposed {
			t = tensor.Transposed(t)
		}
		tensors = append(tensors, entry.Of(peftPrefix+p.name, t))
	}
	c := a.Config
	c.Inference = true
	if config, err = json.MarshalIndent(c, "", "  "); err != nil {
		return nil, nil, fmt.Errorf("tune: %w", err)
	}
	return append(config, '\n'), func(w io.Writer) error {
		return safetensors.Encode(w, map[string]string{"format": "pt"}, tensors)
	}, nil
}

// Save writes the adapter to a folder as PEFT does: adapter_config.json and
// adapter_model.safetensors. Each file is written whole or not at all.
func (a *Adapter) Save(dir string) error {
	config, weights, err := a.encoded()
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	if err == nil {
		err = atomicfile.Write(filepath.Join(dir, weightFiles[0]), weights)
	}
	if err == nil {
		err = atomicfile.Write(filepath.Join(dir, configFile), func(w io.Writer) error { _, err := w.Write(config); return err })
	}
	if err != nil {
		return fmt.Errorf("tune: %s: %w", dir, err)
	}
	return nil
}
