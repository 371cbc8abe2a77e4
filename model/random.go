package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/internal/atomicfile"
	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// RandomOptions say what Random writes.
type RandomOptions struct {
	ExportOptions
	Seed      uint64 // same seed, same weights
	Tokenizer string // a folder or file whose tokenizer goes along; "": a made-up vocabulary
}

// Random writes to dst a checkpoint of the shape that the config.json at path
// describes, with random weights: what it costs to run a model can be measured
// without the model. The weights are drawn as [nn.Init] does, each tensor from the
// seed and its own name. Options.Weights is their form; by default a folder has that
// of torch_dtype. Without a tokenizer at hand one of the family's kind, and of the
// config's size, is made up.
func Random(path, dst string, o RandomOptions) (Exported, error) {
	if o.Format == "" {
		o.Format = SafetensorsFormat
		if strings.EqualFold(filepath.Ext(dst), ".gguf") {
			o.Format = GGUFFormat
		}
	}
	x, err := declare(path, o)
	if err != nil {
		return Exported{}, err
	}
	if err := free(path, dst, o.ExportOptions); err != nil {
		return Exported{}, err
	}
	if o.Format == SafetensorsFormat {
		return x.write(dst)
	}
	dir, err := os.MkdirTemp(filepath.Dir(dst), ".random")
	if err != nil {
		return Exported{}, fmt.Errorf("model: random: %w", err)
	}
	folder := filepath.Join(dir, strings.TrimSuffix(filepath.Base(dst), filepath.Ext(dst)))
	done, err := x.write(folder)
	if err == nil {
		done, err = Export(folder, dst, o.ExportOptions)
	}
	return done, errors.Join(err, os.RemoveAll(dir))
}

// randomModel is one call of Random.
type randomModel struct {
	net   any
	dtype tensor.DType
	seed  uint64
	files map[string][]byte // beside the weights
}

// declare reads the config and what goes along with the weights.
func declare(path string, o RandomOptions) (*randomModel, error) {
	dir, name := filepath.Split(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		dir, name = path, "config.json"
	}
	config, err := readIn(filepath.Join(dir, "."), name)
	if err != nil {
		return nil, fmt.Errorf("model: random: %w", err)
	}
	x := &randomModel{seed: o.Seed, files: map[string][]byte{}}
	var s Species
	if s, x.net, err = build(config); err != nil {
		return nil, fmt.Errorf("%w (%s)", err, path)
	}
	if x.dtype, err = randomForm(config, o.ExportOptions); err != nil {
		return nil, err
	}
	fields, err := configFields(config)
	if err != nil {
		return nil, err
	}
	fields["torch_dtype"] = torchDType(x.dtype)
	if x.files["config.json"], err = json.MarshalIndent(fields, "", "  "); err != nil {
		return nil, err
	}
	made, err := randomTokenizer(s, config, o.Tokenizer)
	maps.Copy(x.files, made)
	return x, err
}

// torchDType is what config.json calls a form.
func torchDType(d tensor.DType) string {
	switch d {
	case tensor.F16:
		return "float16"
	case tensor.BF16:
		return "bfloat16"
	}
	return "float32"
}

// randomForm is the form of the weights in a folder.
func randomForm(config []byte, o ExportOptions) (tensor.DType, error) {
	var fields struct {
		DType string `json:"torch_dtype"`
	}
	if err := decode(config, &fields); err != nil {
		return 0, err
	}
	f, err := parseForm(o.Weights, o.Format)
	if err != nil {
		return 0, err
	}
	switch values, _ := f.dtype.Block(); {
	case !f.keep && values == 1:
		return f.dtype, nil
	case fields.DType == "float16":
		return tensor.F16, nil
	case fields.DType == "bfloat16":
		return tensor.BF16, nil
	}
	return tensor.F32, nil
}

// randomTokenizer returns the files of the tokenizer at path, or of one made up.
func randomTokenizer(s Species, config []byte, path string) (map[string][]byte, error) {
	if path == "" {
		return madeUp(s.Type, config)
	}
	files := map[string][]byte{}
	dir, names := path, beside
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("model: random: tokenizer: %w", err)
	} else if !info.IsDir() {
		dir, names = filepath.Dir(path), []string{filepath.Base(path)}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("model: random: tokenizer: %w", err)
	}
	defer root.Close()
	for _, name := range names {
		if err := take(files, root, name); err != nil {
			return nil, fmt.Errorf("model: random: tokenizer: %w", err)
		}
	}
	delete(files, "generation_config.json")
	return files, nil
}

// write writes the folder.
func (x *randomModel) write(dst string) (Exported, error) {
	var tensors []checkpoint.Tensor
	done := Exported{Path: dst, Format: SafetensorsFormat}
	seen := map[*nn.Param]bool{}
	var err error
	nn.Walk(x.net, func(name string, p *nn.Param) {
		if seen[p] || err != nil {
			return
		}
		seen[p] = true
		t := x.tensor(name, p)
		var n int
		n, err = tensor.StoredSize(t.DType, t.Shape...)
		done.Bytes += n
		tensors = append(tensors, t)
	})
	done.Tensors = len(tensors)
	entries, _ := os.ReadDir(dst)
	switch {
	case err != nil:
	case len(entries) > 0: // to be replaced, see free
		err = x.fill(dst, tensors)
	default:
		err = newFolder(dst, func(dir string) error { return x.fill(dir, tensors) })
	}
	if err != nil {
		return Exported{}, fmt.Errorf("model: random: %s: %w", dst, err)
	}
	return done, nil
}

func (x *randomModel) fill(dir string, tensors []checkpoint.Tensor) error {
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), map[string]string{"format": "pt"}, tensors); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(x.files)) {
		err := atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error { _, err := w.Write(x.files[name]); return err })
		if err != nil {
			return err
		}
	}
	return nil
}

// tensor returns the parameter p, whose values are drawn as they are written.
func (x *randomModel) tensor(name string, p *nn.Param) checkpoint.Tensor {
	shape := slices.Clone(p.Want)
	if p.Transposed {
		slices.Reverse(shape)
	}
	return checkpoint.Tensor{Name: name, Info: checkpoint.Info{DType: x.dtype, Shape: shape}, Write: func(w io.Writer) error {
		h := fnv.New64a()
		h.Write([]byte(name))
		draw := rand.New(rand.NewPCG(x.seed, h.Sum64()))
		_, width := x.dtype.Block()
		values := make([]float32, 1<<16)
		raw := make([]byte, width*len(values))
		for n := p.Size(); n > 0; n -= len(values) {
			values = values[:min(n, len(values))]
			p.Draw(values, draw)
			b := raw[:width*len(values)]
			kernel.Quantize(kernel.Format(x.dtype), b, values)
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
		return nil
	}}
}
