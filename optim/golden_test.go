package optim

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/nlp-zoo/zoo/tensor"
)

// reference is what tools/golden/optim.py wrote.
type reference struct {
	Shapes    map[string][]int
	Values    map[string][]float32
	Gradients []map[string][]float32
	Cases     map[string]struct {
		Seen  map[int]map[string][]float32
		Norms []float64
	}
}

func read(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// names fixes the order of the parameters.
var names = []string{"embed.weight", "dense.weight", "dense.bias", "norm.weight"}

// params returns the parameters of the reference, with room for gradients.
func (r reference) params() []Param {
	var ps []Param
	for _, name := range names {
		t := tensor.Zeros(r.Shapes[name]...).RequireGrad()
		copy(t.Data(), r.Values[name])
		ps = append(ps, Param{name, t})
	}
	return ps
}

func (r reference) give(params []Param, step int) {
	for _, p := range params {
		copy(p.Tensor.Grad(), r.Gradients[step][p.Name])
	}
}

func of[T any](v T) *T { return &v }

const rate = 0.05

func constant(int) float64 { return rate }

// relative is what adafactor takes of itself as its relative step.
func relative(step int) float64 { return Schedule{Name: "rsqrt"}.At(step, 0) }

func warming(step int) float64 { return Schedule{Name: "rsqrt", Warmup: 10000}.At(step, 0) }

// cases has the config, the learning rate of step 0, 1, … and the limit of the norm.
var cases = map[string]struct {
	config Config
	lr     func(step int) float64
	clip   float64
}{
	"adamw":              {Config{Name: "adamw", Decay: of(0.1)}, constant, 0},
	"adamw-betas":        {Config{Name: "adamw", Beta1: of(0.8), Beta2: of(0.95), Epsilon: of(1e-5)}, func(i int) float64 { return rate * (1 - float64(i)/20) }, 0},
	"adamw-clip":         {Config{Name: "adamw", Decay: of(0.1)}, constant, 1},
	"bert":               {Config{Name: "bert"}, constant, 0},
	"lamb":               {Config{Name: "lamb"}, constant, 0},
	"sgd":                {Config{Name: "sgd", Decay: of(0.01)}, constant, 0},
	"sgd-plain":          {Config{Name: "sgd", Momentum: of(0.0)}, constant, 0},
	"sgd-nesterov":       {Config{Name: "sgd", Momentum: of(0.8), Nesterov: true}, constant, 0},
	"adafactor":          {Config{Name: "adafactor"}, constant, 0},
	"adafactor-torch":    {Config{Name: "adafactor"}, constant, 0},
	"adafactor-plain":    {Config{Name: "adafactor", ScaleParameter: of(false), Decay: of(0.02)}, constant, 0},
	"adafactor-moment":   {Config{Name: "adafactor", Beta1: of(0.9), ClipUpdate: of(0.5), DecayRate: of(0.7)}, constant, 0},
	"adafactor-relative": {Config{Name: "adafactor"}, relative, 0},
	"adafactor-warmup":   {Config{Name: "adafactor"}, warming, 0},
}

func TestReference(t *testing.T) {
	var r reference
	read(t, "optim.json", &r)
	for name, want := range r.Cases {
		c, ok := cases[name]
		if !ok {
			t.Errorf("%s is not tested", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			params := r.params()
			o, err := New(c.config, params)
			if err != nil {
				t.Fatal(err)
			}
			for step := range r.Gradients {
				r.give(params, step)
				norm := o.StepClipped(c.lr(step), c.clip)
				if len(want.Norms) > 0 && math.Abs(norm-want.Norms[step]) > 1e-6*norm {
					t.Errorf("step %d: norm %g, want %g", step, norm, want.Norms[step])
				}
				compare(t, params, want.Seen[step+1], step+1)
			}
		})
	}
}

// compare allows for the rounding of as many steps, to 24 bits, in another order.
func compare(t *testing.T, params []Param, want map[string][]float32, steps int) {
	t.Helper()
	for _, p := range params {
		for i, w := range want[p.Name] {
			got := p.Tensor.Data()[i]
			if d := math.Abs(float64(got - w)); !(d <= 6e-8*float64(steps+2)*max(1, math.Abs(float64(w)))) {
				t.Fatalf("step %d: %s, element %d: %g, want %g", steps, p.Name, i, got, w)
			}
		}
		for i, g := range p.Tensor.Grad() {
			if g != 0 {
				t.Fatalf("step %d: %s, gradient %d is left at %g", steps, p.Name, i, g)
			}
		}
	}
}

func TestSchedules(t *testing.T) {
	var want map[string][]float64
	read(t, "schedules.json", &want)
	for name, s := range map[string]Schedule{
		"constant":               {Name: "constant"},
		"constant-warmup":        {Name: "constant", Warmup: 10},
		"linear":                 {Name: "linear", Warmup: 10},
		"cosine":                 {Name: "cosine", Warmup: 10},
		"cosine-floor":           {Name: "cosine", Warmup: 10, Floor: 0.1},
		"inverse_sqrt":           {Name: "inverse_sqrt", Warmup: 10},
		"inverse_sqrt-timescale": {Name: "inverse_sqrt", Warmup: 5, Timescale: 20},
		"wsd":                    {Name: "wsd", Warmup: 10, Decay: 20},
		"wsd-cosine":             {Name: "wsd", Decay: 20, Shape: "cosine", Floor: 0.1},
		"wsd-sqrt":               {Name: "wsd", Warmup: 10, Decay: 20, Shape: "sqrt"},
		"rsqrt":                  {Name: "rsqrt", Timescale: 30},
	} {
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(want[name]) != 100 {
			t.Fatalf("%s: %d rates", name, len(want[name]))
		}
		for step, w := range want[name] {
			if got := s.At(step, 100); math.Abs(got-w) > 1e-12 {
				t.Errorf("%s: step %d: %g, want %g", name, step, got, w)
			}
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not tested: %v", want)
	}
}
