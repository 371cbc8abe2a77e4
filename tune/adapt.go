package tune

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
	"github.com/nlp-zoo/zoo/train"
)

// LoRAOptions are those of the adapter lora, as a recipe has them.
type LoRAOptions struct {
	Rank    int     `yaml:"rank"`
	Alpha   float64 `yaml:"alpha"`
	Dropout float64 `yaml:"dropout"`
	// Targets are the ends of layers' names, or all-linear; none: those of PEFT.
	Targets    []string `yaml:"targets,omitempty"`
	RankStable bool     `yaml:"rank_stabilised"`
	DoRA       bool     `yaml:"dora"`
	Bias       string   `yaml:"bias"`
	// Whole are modules that are trained as they are; none: the head, if it is new.
	Whole  []string `yaml:"modules_to_save,omitempty"`
	Layers []int    `yaml:"layers,omitempty"` // none: all
	// Weights is the form that the frozen matrices are brought into, such as q8_0;
	// empty: they stay as they are.
	Weights string `yaml:"weights,omitempty"`
	Base    string `yaml:"base,omitempty"` // what the adapter's config names as its base
}

// Check refuses what no adapter can have.
func (o *LoRAOptions) Check() error {
	c := o.config("bert")
	if err := c.Check(); err != nil {
		return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "tune: adapter_config.json: "))
	}
	if f, ok := tensor.ParseForm(o.Weights); o.Weights != "" && (!ok || f == tensor.Own) {
		return fmt.Errorf("weights: must be a form of weights, not %.40q", o.Weights)
	}
	return nil
}

// newHeads are the modules that no model has before it is tuned for a task.
var newHeads = []string{"classifier", "score", "qa_outputs"}

func (o *LoRAOptions) config(modelType string) Config {
	c := Config{
		R: o.Rank, Alpha: o.Alpha, Dropout: o.Dropout, RankStable: o.RankStable, DoRA: o.DoRA, Bias: o.Bias,
		Save: o.Whole, Layers: o.Layers, Base: o.Base, Targets: Targets{Names: o.Targets},
	}
	if c.Targets.Names == nil {
		c.Targets.Names = defaultTargets[modelType]
	}
	if len(o.Targets) == 1 && o.Targets[0] == AllLinear {
		c.Targets = Targets{Pattern: AllLinear}
	}
	if c.Save == nil {
		c.Save = newHeads
	}
	return c
}

// Adapt attaches the adapter.
func (o *LoRAOptions) Adapt(net any, modelType string, seed uint64) (train.Adapter, error) {
	if o.Targets == nil {
		if _, err := DefaultTargets(modelType); err != nil {
			return nil, err
		}
	}
	if f, ok := tensor.ParseForm(o.Weights); ok && o.Weights != "" {
		pack(net, f)
	}
	a, err := Attach(net, o.config(modelType), seed)
	if err != nil {
		return nil, err
	}
	return trained{a}, nil
}

// pack brings the matrices of net that are not packed into a form that fits them.
func pack(net any, f tensor.Form) {
	room := &tensor.Room{}
	for _, p := range nn.Params(net) {
		if p.Matrix && len(p.Want) == 2 && p.Data() != nil && f.Fits(p.Want[1]) {
			p.Tensor = tensor.Pack(p.Tensor, f, room)
		}
	}
}

// trained is an Adapter as the loop of package train has it.
type trained struct{ *Adapter }

// Whole returns the weights with the changes merged.
func (t trained) Whole() iter.Seq2[string, *tensor.Tensor] {
	merged := map[*nn.Param]func() *tensor.Tensor{}
	for i, l := range t.layers {
		switch to := l.layer.(type) {
		case *nn.Linear:
			x := t.change[i].(*nn.LoRA)
			merged[to.Weight] = func() *tensor.Tensor { return x.Merged(to) }
		case *nn.Embedding:
			x := t.change[i].(*nn.EmbeddingLoRA)
			merged[to.Weight] = func() *tensor.Tensor { return x.Merged(to) }
		}
	}
	return func(yield func(string, *tensor.Tensor) bool) {
		seen, stop := map[*nn.Param]bool{}, false
		nn.Walk(t.net, func(name string, p *nn.Param) {
			if stop || seen[p] || p.Tensor == nil || strings.Contains(name, ".lora_") {
				return
			}
			seen[p] = true
			w := p.Dense()
			if f := merged[p]; f != nil {
				w = f()
			}
			if p.Transposed {
				w = tensor.Transposed(w)
			}
			stop = !yield(name, w)
		})
	}
}

// Files are PEFT's.
func (t trained) Files() (map[string]func(io.Writer) error, error) {
	config, weights, err := t.encoded()
	if err != nil {
		return nil, err
	}
	return map[string]func(io.Writer) error{
		configFile:     func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(config)); return err },
		weightFiles[0]: weights,
	}, nil
}

// Restore reads them.
func (t trained) Restore(dir string) error {
	src, err := checkpoint.Open(filepath.Join(dir, weightFiles[0]))
	if err != nil {
		return err
	}
	defer src.Close()
	return t.refill(src)
}

func init() {
	train.RegisterAdapter("lora", func() train.AdapterOptions {
		return &LoRAOptions{Rank: 8, Alpha: 16, Bias: "none"}
	})
}
