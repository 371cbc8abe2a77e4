package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/nlp-zoo/zoo/nn"
)

// A Config chooses an optimizer. What is nil is as the optimizer's paper or code has it.
type Config struct {
	// Name is adamw; bert, Adam without bias correction; lamb; adafactor; or sgd.
	Name string `yaml:"name"`
	// Beta1 and Beta2 say how much of the moments stays at a step: 0.9 and 0.999.
	// Adafactor has no first moment unless Beta1 is given, and no Beta2.
	Beta1 *float64 `yaml:"beta1,omitempty"`
	Beta2 *float64 `yaml:"beta2,omitempty"`
	// Epsilon is added to the root of the second moment: 1e-8 for adamw, 1e-6 for bert
	// and lamb; or to the square of the gradient: 1e-30 for adafactor.
	Epsilon *float64 `yaml:"eps,omitempty"`
	// BiasCorrection makes up for moments that begin at 0: only adamw has it by itself.
	BiasCorrection *bool `yaml:"bias_correction,omitempty"`
	// Decay is the weight decay of matrices: 0.01, 0 for adafactor and sgd. It is
	// multiplied by the learning rate, but for sgd, where it is part of the gradient.
	Decay *float64 `yaml:"weight_decay,omitempty"`
	// DecayVectors has it apply to tensors of one axis too: biases and the weights of norms.
	DecayVectors bool `yaml:"decay_vectors,omitempty"`

	// Momentum is sgd's: 0.9.
	Momentum *float64 `yaml:"momentum,omitempty"`
	// Nesterov has sgd look ahead.
	Nesterov bool `yaml:"nesterov,omitempty"`

	// ScaleParameter has adafactor multiply the learning rate by the root mean square of
	// a parameter, or by 1e-3 where that is less: true.
	ScaleParameter *bool `yaml:"scale_parameter,omitempty"`
	// DecayRate is the power of time by which adafactor's second moment forgets less
	// and less: 0.8.
	DecayRate *float64 `yaml:"decay_rate,omitempty"`
	// ClipUpdate is the largest root mean square of a parameter's step before the
	// learning rate comes to it, for adafactor: 1.
	ClipUpdate *float64 `yaml:"clip_update,omitempty"`

	// Groups have rates of their own; a parameter belongs to the first group that
	// matches its name.
	Groups []Group `yaml:"groups,omitempty"`
}

// A Group is some of the parameters.
type Group struct {
	// Match are patterns of names, in which * stands for any text.
	Match []string `yaml:"match"`
	// LR is a factor of the learning rate; nil: 1.
	LR *float64 `yaml:"lr,omitempty"`
	// Decay is the weight decay of these, whatever their shape; nil: the optimizer's.
	Decay *float64 `yaml:"weight_decay,omitempty"`
	// Frozen parameters stay as they are.
	Frozen bool `yaml:"frozen,omitempty"`
}

// rules makes the rule of each name, from a config that is complete.
var rules = map[string]func(Config) rule{
	"adamw":     func(c Config) rule { return adam{c} },
	"bert":      func(c Config) rule { return adam{c} },
	"lamb":      func(c Config) rule { return lamb{adam{c}} },
	"adafactor": func(c Config) rule { return &adafactor{Config: c} },
	"sgd":       func(c Config) rule { return momentum{c} },
}

// Names returns the names of the optimizers there are.
func Names() []string { return slices.Sorted(maps.Keys(rules)) }

// Check returns the config with every default in it. It fails if there is no optimizer
// of that name, or if a value makes no sense.
func (c Config) Check() (Config, error) {
	if _, ok := rules[c.Name]; !ok {
		return c, fmt.Errorf("optim: name: must be one of %s, not %.40q", strings.Join(Names(), ", "), c.Name)
	}
	c.fill()
	for _, v := range []struct {
		key    string
		value  *float64
		lo, hi float64
	}{
		{"beta1", c.Beta1, 0, 1}, {"beta2", c.Beta2, 0, 1}, {"momentum", c.Momentum, 0, 1}, {"eps", c.Epsilon, 0, 1},
		{"weight_decay", c.Decay, 0, math.MaxFloat32}, {"decay_rate", c.DecayRate, 0, 1}, {"clip_update", c.ClipUpdate, 0, math.MaxFloat32},
	} {
		if err := within(v.key, v.value, v.lo, v.hi); err != nil {
			return c, err
		}
	}
	for i, g := range c.Groups {
		at := fmt.Sprintf("groups.%d.", i)
		if len(g.Match) == 0 {
			return c, fmt.Errorf("optim: %smatch: must have a pattern", at)
		}
		if err := within(at+"lr", g.LR, 0, math.MaxFloat32); err != nil {
			return c, err
		}
		if err := within(at+"weight_decay", g.Decay, 0, math.MaxFloat32); err != nil {
			return c, err
		}
	}
	return c, nil
}

// fill puts defaults where nothing is given.
func (c *Config) fill() {
	eps, decay := 1e-8, 0.01
	switch c.Name {
	case "bert", "lamb":
		eps = 1e-6
	case "adafactor":
		eps, decay = 1e-30, 0
	case "sgd":
		decay = 0
	}
	if c.Name != "adafactor" {
		otherwise(&c.Beta1, 0.9)
	}
	otherwise(&c.Beta2, 0.999)
	otherwise(&c.Epsilon, eps)
	otherwise(&c.Decay, decay)
	otherwise(&c.BiasCorrection, c.Name == "adamw")
	otherwise(&c.Momentum, 0.9)
	otherwise(&c.ScaleParameter, true)
	otherwise(&c.DecayRate, 0.8)
	otherwise(&c.ClipUpdate, 1)
}

// otherwise sets *p to v if nothing is given.
func otherwise[T any](p **T, v T) {
	if *p == nil {
		*p = &v
	}
}

// within fails unless v is not given or at least lo and less than hi.
func within(key string, v *float64, lo, hi float64) error {
	if v == nil || *v >= lo && *v < hi {
		return nil
	}
	return fmt.Errorf("optim: %s: must be from %g to below %g, not %g", key, lo, hi, *v)
}

// rates returns those of p, and whether it is frozen.
func (c Config) rates(p Param) (r rates, frozen bool) {
	r = rates{lr: 1, decay: *c.Decay}
	if len(p.Tensor.Shape()) < 2 && !c.DecayVectors {
		r.decay = 0
	}
	for _, g := range c.Groups {
		if !nn.Matches(g.Match, p.Name) {
			continue
		}
		if g.LR != nil {
			r.lr = *g.LR
		}
		if g.Decay != nil {
			r.decay = *g.Decay
		}
		return r, g.Frozen
	}
	return r, false
}
