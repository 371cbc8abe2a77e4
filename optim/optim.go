// Package optim holds optimizers, schedules of their learning rate, and the clipping
// of gradients.
//
// A step reads and writes each parameter, its gradient and the optimizer's state once:
// its time is that of so many bytes. Parts of fixed sizes go to the threads, and sums
// over a tensor or over all of them add up the parts in their order, so that the bytes
// depend on neither the threads nor the processor.
package optim

import (
	"fmt"
	"iter"
	"math"

	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// A Param is a tensor that an optimizer moves, with its name in checkpoints. The tensor
// has a gradient (tensor.RequireGrad); one without is frozen. Of one that is kept as
// bfloat16 (tensor.Half) the optimizer keeps the values as float32, and moves these.
type Param struct {
	Name   string
	Tensor *tensor.Tensor
}

// Params returns the parameters of module once each, in the order of nn.Walk, under
// the first of their names. See nn.Trainable.
func Params(module any) []Param {
	var ps []Param
	seen := map[*nn.Param]bool{}
	nn.Walk(module, func(name string, p *nn.Param) {
		if !seen[p] && p.Tensor != nil {
			seen[p] = true
			ps = append(ps, Param{name, p.Tensor})
		}
	})
	return ps
}

// An Optimizer moves the parameters that it was made for. One goroutine at a time may
// use it.
type Optimizer interface {
	// Step moves the parameters against their gradients, at learning rate lr, and sets
	// the gradients to 0.
	Step(lr float64)
	// StepClipped is Step with the gradients scaled so that their norm over all
	// parameters is at most limit (0: without limit). It returns the norm that they had.
	// If that is no finite number the gradients are set to 0 and all else stays as it
	// was: whoever trains decides whether to go on.
	StepClipped(lr, limit float64) (norm float64)
	// Steps returns how many steps have been made, those before a Restore included.
	Steps() int
	// State yields what the optimizer remembers, named after the parameters, in a fixed
	// order. The slices are the optimizer's own.
	State() iter.Seq2[string, []float32]
	// Restore brings the optimizer to where it was after so many steps. It fails, and
	// changes nothing, unless state has every slice that State has, in its length, and
	// no other.
	Restore(steps int, state iter.Seq2[string, []float32]) error
}

// New returns an optimizer of params, of which those without a gradient are left out.
// It fails if config does not make sense, or if a name is there twice.
func New(config Config, params []Param) (Optimizer, error) {
	config, err := config.Check()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	o := &optimizer{}
	for _, p := range params {
		if names[p.Name] {
			return nil, fmt.Errorf("optim: parameter %q: is there twice", p.Name)
		}
		names[p.Name] = true
		rates, frozen := config.rates(p)
		if p.Tensor.Grad() == nil || frozen {
			continue
		}
		s := &slot{Param: p, rates: rates}
		if p.Tensor.Data() == nil {
			s.master = make([]float32, p.Tensor.Len())
			p.Tensor.Float32s(s.master, 0)
		}
		o.slots = append(o.slots, s)
	}
	o.rule = rules[config.Name](config)
	o.layOut()
	for _, s := range o.slots {
		o.rule.prepare(s)
	}
	return o, nil
}

// A slot is a parameter with what an optimizer has for it.
type slot struct {
	Param
	rates  rates
	master []float32 // the values, where the tensor has them rounded
	names  []string  // of state, what follows the parameter's name
	state  [][]float32
	spans  []span
}

// values returns those that are moved.
func (s *slot) values() []float32 {
	if s.master != nil {
		return s.master
	}
	return s.Tensor.Data()
}

// moved tells that the values from lo to hi have changed.
func (s *slot) moved(lo, hi int) {
	if s.master != nil {
		s.Tensor.SetFloat32s(s.master[lo:hi], lo)
	}
}

// rates are what a group of parameters has of its own.
type rates struct {
	lr    float64 // a factor of the learning rate
	decay float64
}

// A rule is how one kind of optimizer moves a parameter.
type rule interface {
	// prepare makes the state of s.
	prepare(s *slot)
	// step moves all slots, for the time t, counted from 1.
	step(o *optimizer, t int, lr, scale float64)
}

// optimizer is what all kinds share.
type optimizer struct {
	slots []*slot
	rule  rule
	steps int
	spans []span    // of all slots, in order
	sums  []float64 // one for each span
}

func (o *optimizer) Steps() int      { return o.steps }
func (o *optimizer) Step(lr float64) { o.move(lr, 1) }

func (o *optimizer) move(lr, scale float64) {
	o.steps++
	o.rule.step(o, o.steps, lr, scale)
}

func (o *optimizer) StepClipped(lr, limit float64) float64 {
	norm := o.norm()
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		for _, s := range o.slots {
			clear(s.Tensor.Grad())
		}
		return norm
	}
	o.move(lr, clipScale(norm, limit))
	return norm
}
