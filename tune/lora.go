package tune

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// An Adapter is a LoRA that is attached to a model: "LoRA: Low-Rank Adaptation of Large
// Language Models", arXiv:2106.09685. The model's other weights are left as they are,
// whatever form they have, and are not trained.
type Adapter struct {
	Config Config

	net    any
	layers []layer
	change []any   // of each layer: *nn.LoRA or *nn.EmbeddingLoRA
	params []param // all that is trained
	kept   map[*nn.Param]*tensor.Tensor
	merged bool
	norms  map[*nn.LoRA][]float32 // of the rows of merged weights
}

// param is a trained parameter under its name in the model, as PEFT has it.
type param struct {
	name string
	*nn.Param
}

// Attach declares an adapter for net and fills it so that the model gives what it gave
// before, bit for bit; but modules that are trained whole become plain arrays. Not more than one adapter may be attached to a layer.
func Attach(net any, c Config, seed uint64) (*Adapter, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	a := &Adapter{Config: c, net: net, kept: map[*nn.Param]*tensor.Tensor{}, norms: map[*nn.LoRA][]float32{}}
	found, err := c.targets(net)
	if err != nil {
		return nil, err
	}
	r := nn.Rand(seed)
	a.layers = found
	for _, l := range found {
		if err := a.declare(l, r); err != nil {
			a.Detach()
			return nil, err
		}
	}
	if err := a.whole(); err != nil {
		a.Detach()
		return nil, err
	}
	return a, nil
}

// declare attaches the change of one layer.
func (a *Adapter) declare(l layer, r *rand.Rand) error {
	rank, scale, err := a.Config.rank(l.name)
	if err != nil {
		return err
	}
	switch to := l.layer.(type) {
	case *nn.Linear:
		if to.Adapter != nil {
			return fmt.Errorf("tune: %s: has an adapter already", l.name)
		}
		to.Adapter = nn.NewLoRA(to, rank, scale, a.Config.DoRA)
		a.Config.Transposed = a.Config.Transposed || to.Weight.Transposed
		a.fill(to, r)
		a.add(l.name, to.Adapter)
	case *nn.Embedding:
		if to.Adapter != nil {
			return fmt.Errorf("tune: %s: has an adapter already", l.name)
		}
		if a.Config.DoRA {
			return fmt.Errorf("tune: adapter_config.json: use_dora: %s: not known of embeddings", l.name)
		}
		to.Adapter = nn.NewEmbeddingLoRA(to, rank, scale)
		e := to.Adapter
		e.A.Tensor, e.B.Tensor = tensor.Zeros(e.A.Want...), tensor.Zeros(e.B.Want...)
		gaussian(e.B.Data(), 1, r)
		a.add(l.name, e)
	}
	return nil
}

// fill draws A as PEFT does, has B be zero, and magnitudes be what they are.
func (a *Adapter) fill(l *nn.Linear, r *rand.Rand) {
	x := l.Adapter
	x.A.Tensor, x.B.Tensor = tensor.Zeros(x.A.Want...), tensor.Zeros(x.B.Want...)
	if string(a.Config.Init) == `"gaussian"` {
		gaussian(x.A.Data(), 1/float64(x.A.Want[0]), r)
	} else {
		bound := 1 / math.Sqrt(float64(x.A.Want[1])) // Kaiming's of √5
		for i := range x.A.Data() {
			x.A.Data()[i] = float32((2*r.Float64() - 1) * bound)
		}
	}
	if x.Magnitude != nil {
		x.Magnitude.Tensor = tensor.New(x.Norms(l), x.Magnitude.Want...)
	}
}

func gaussian(dst []float32, std float64, r *rand.Rand) {
	for i := range dst {
		dst[i] = float32(r.NormFloat64() * std)
	}
}

// add enters the parameters of a change into the account.
func (a *Adapter) add(name string, change any) {
	a.change = append(a.change, change)
	nn.Walk(change, func(part string, p *nn.Param) { a.params = append(a.params, param{name + "." + part, p}) })
}

// whole enters what is trained whole: modules and biases.
func (a *Adapter) whole() error {
	adapted := map[*nn.Param]string{} // and PEFT's name
	for _, l := range a.layers {
		if to, ok := l.layer.(*nn.Linear); ok && to.Bias != nil {
			adapted[to.Bias] = l.name + ".base_layer.bias"
		}
	}
	seen := map[*nn.Param]bool{}
	for _, p := range a.params {
		seen[p.Param] = true
	}
	nn.Walk(a.net, func(name string, p *nn.Param) {
		if seen[p] || p.Tensor == nil {
			return
		}
		if a.Config.saved(name) || strings.HasSuffix(name, ".bias") && a.Config.trainsBias(adapted[p] != "") {
			seen[p] = true
			a.kept[p] = p.Tensor
			p.Tensor = tensor.New(append([]float32(nil), p.Dense().Data()...), p.Want...)
			a.params = append(a.params, param{cmp.Or(adapted[p], name), p})
		}
	})
	if len(a.params) == 0 {
		return errors.New("tune: adapter_config.json: nothing of the model is named")
	}
	return nil
}

// Params returns what is trained, each parameter once.
func (a *Adapter) Params() []*nn.Param {
	all := make([]*nn.Param, len(a.params))
	for i, p := range a.params {
		all[i] = p.Param
	}
	return all
}

// Named calls visit for what is trained, with the names that it has in the model.
func (a *Adapter) Named(visit func(name string, p *nn.Param)) {
	for _, p := range a.params {
		visit(p.name, p.Param)
	}
}

// Trainable has Backward add gradients to what is trained, and to nothing else.
func (a *Adapter) Trainable() {
	for _, p := range a.params {
		if p.Grad() == nil {
			p.RequireGrad()
		}
	}
}

// dropoutCalls is where the numbers of the adapter's dropouts begin: those of a pass
// count from 1.
const dropoutCalls = 1 << 32

// Begin readies the adapter's dropout for a pass in training. Only one pass at a time
// may train a model with an adapter that has dropout.
func (a *Adapter) Begin(p *nn.Pass) {
	if a.Config.Dropout == 0 {
		return
	}
	for i, l := range a.layers {
		if l, ok := l.layer.(*nn.Linear); ok && l.Adapter != nil {
			l.Adapter.Drop = tensor.Drop{}
			if p.Train {
				l.Adapter.Drop = tensor.NewDrop(a.Config.Dropout, p.Seed, dropoutCalls+uint64(i))
			}
		}
	}
}

// Detach brings the model back to what it was before Attach. A merged adapter is not
// taken out of the weights.
func (a *Adapter) Detach() {
	for i := range a.change { // Attach may have failed before the last
		switch l := a.layers[i].layer.(type) {
		case *nn.Linear:
			l.Adapter = nil
		case *nn.Embedding:
			l.Adapter = nil
		}
	}
	if !a.merged {
		for p, t := range a.kept {
			p.Tensor = t
		}
	}
}

// Merge adds the changes to the weights, which become plain arrays; the model then
// needs the adapter no more, and is as fast as before. A weight that two layers share
// is changed for both.
func (a *Adapter) Merge() {
	if a.merged {
		return
	}
	a.merged = true
	for _, l := range a.layers {
		switch l := l.layer.(type) {
		case *nn.Linear:
			a.norms[l.Adapter] = l.Adapter.Norms(l)
			l.Weight.Tensor = l.Adapter.Merged(l)
			l.Adapter = nil
		case *nn.Embedding:
			l.Weight.Tensor = l.Adapter.Merged(l)
			l.Adapter = nil
		}
	}
}

// Unmerge takes the changes out of the weights again, up to rounding, and attaches
// them as before.
func (a *Adapter) Unmerge() {
	if !a.merged {
		return
	}
	a.merged = false
	for i, l := range a.layers {
		switch l := l.layer.(type) {
		case *nn.Linear:
			x := a.change[i].(*nn.LoRA)
			l.Weight.Tensor = x.Unmerged(l, a.norms[x])
			l.Adapter = x
		case *nn.Embedding:
			x := a.change[i].(*nn.EmbeddingLoRA)
			x.Scale = -x.Scale
			l.Weight.Tensor = x.Merged(l)
			x.Scale = -x.Scale
			l.Adapter = x
		}
	}
}
