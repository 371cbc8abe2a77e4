// Package nn holds the parts that models are made of: parameters with names,
// layers, positions, caches, and the state of one forward pass.
package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"

	"github.com/nlp-zoo/zoo/tensor"
)

// A Param is a learned tensor: first declared, with its shape, and then filled
// by either Init or Load. Two fields may hold the same Param: tied weights.
type Param struct {
	*tensor.Tensor
	Want       []int   // the shape
	Std        float64 // Init draws from a normal distribution of this deviation,
	One        float32 // or sets this value if it is not 0
	Transposed bool    // a checkpoint holds the matrix the other way round, [in,out]
	Matrix     bool    // Linear multiplies by it: Pack brings it into Linear's layout
	Sinusoids  bool    // Init sets row i to the Transformer's sinusoids of position i, of deviation Std
}

// Size returns the number of values that the parameter has or will have.
func (p *Param) Size() int {
	n := 1
	for _, d := range p.Want {
		n *= d
	}
	return n
}

// Walk calls visit for each parameter of module in the order of its fields, with
// the name it has in a checkpoint: the weight tags on the way to it, joined by
// dots, with an index for an element of a slice. An empty tag adds nothing to
// the name; a field without a tag is no part of the model; nil is skipped. A
// tied parameter is visited under each of its names.
//
// A tag may add names that some checkpoints use instead, or as well:
// `weight:"weight,alias=gamma"`. Load knows them; Walk tells the first name only.
func Walk(module any, visit func(name string, p *Param)) {
	walk(reflect.ValueOf(module), []string{""}, func(names []string, p *Param) { visit(names[0], p) })
}

// walk gives visit each parameter's name, and its aliases after it.
func walk(v reflect.Value, names []string, visit func([]string, *Param)) {
	if p, ok := v.Interface().(*Param); ok {
		if p != nil {
			visit(names, p)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), names, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), join(names, []string{strconv.Itoa(i)}), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if tag, ok := v.Type().Field(i).Tag.Lookup("weight"); ok {
				walk(v.Field(i), join(names, tagNames(tag)), visit)
			}
		}
	default:
		panic(fmt.Sprintf("nn: %s has a weight tag, but is a %v", names[0], v.Type()))
	}
}

// tagNames returns the names that a weight tag gives, the first being the field's own.
func tagNames(tag string) []string {
	parts := strings.Split(tag, ",")
	for i, p := range parts[1:] {
		alias, ok := strings.CutPrefix(p, "alias=")
		if !ok {
			panic(fmt.Sprintf("nn: weight tag %q has an option that is not alias=NAME", tag))
		}
		parts[i+1] = alias
	}
	return parts
}

// join puts each name before each part.
func join(names, parts []string) []string {
	out := make([]string, 0, len(names)*len(parts))
	for _, part := range parts {
		for _, name := range names {
			if name != "" && part != "" {
				out = append(out, name+"."+part)
			} else {
				out = append(out, name+part)
			}
		}
	}
	return out
}

// Params returns each parameter of module once, for an optimizer.
func Params(module any) []*Param {
	var ps []*Param
	seen := map[*Param]bool{}
	Walk(module, func(_ string, p *Param) {
		if !seen[p] {
			seen[p] = true
			ps = append(ps, p)
		}
	})
	return ps
}

// Count returns the number of values that module learns, tied ones counted once.
func Count(module any) int {
	n := 0
	for _, p := range Params(module) {
		n += p.Size()
	}
	return n
}

// Init fills every parameter of module with fresh values.
func Init(module any, r *rand.Rand) {
	for _, p := range Params(module) {
		p.Tensor = tensor.Zeros(p.Want...)
		p.Draw(p.Data(), r)
	}
}

// Draw fills dst with fresh values, as Init does.
func (p *Param) Draw(dst []float32, r *rand.Rand) {
	if p.Sinusoids {
		p.sinusoids(dst)
		return
	}
	for i := range dst {
		dst[i] = p.One
		if p.One == 0 && p.Std != 0 {
			dst[i] = float32(r.NormFloat64() * p.Std)
		}
	}
}

// sinusoids fills dst with waves of wavelengths from 2π to 10000·2π rows, sines and
// then cosines (arXiv:1706.03762, section 3.5), whose mean square is Std².
func (p *Param) sinusoids(dst []float32) {
	n, half := p.Want[1], max(p.Want[1]/2, 1)
	scale := p.Std * math.Sqrt2
	for at := range dst {
		row, i := at/n, at%n
		angle := float64(row) / math.Pow(10000, float64(i%half)/float64(half))
		if dst[at] = float32(scale * math.Sin(angle)); i >= half {
			dst[at] = float32(scale * math.Cos(angle))
		}
	}
}

// Trainable brings every parameter of module into a plain array that Backward
// adds a gradient to.
func Trainable(module any) {
	for _, p := range Params(module) {
		if p.Tensor == nil {
			continue
		}
		if p.Grad() != nil {
			continue
		}
		p.Tensor = p.Dense().RequireGrad()
	}
}

// Halve is Trainable with the matrices rounded to bfloat16 (tensor.Half): the bytes that
// a pass reads of them are half as many.
func Halve(module any) {
	for _, p := range Params(module) {
		if p.Matrix && p.Tensor != nil {
			p.Tensor = tensor.Half(p.Tensor).RequireGrad()
		}
	}
	Trainable(module)
}

// Rand returns a source of random numbers that is the same for the same seed.
func Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
