package optim

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/parallel"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// large returns parameters of several spans and blocks, and of odd sizes.
func large() []Param {
	r := rand.New(rand.NewPCG(1, 2))
	var ps []Param
	for i, shape := range [][]int{{301, 97}, {3, 70, 33}, {20011}, {1}, {5, 1}, {0, 4}} {
		t := tensor.Zeros(shape...).RequireGrad()
		for j := range t.Data() {
			t.Data()[j] = float32(r.NormFloat64())
		}
		ps = append(ps, Param{fmt.Sprint("p", i), t})
	}
	return ps
}

// gradients sets those of a step.
func gradients(ps []Param, step int) {
	r := rand.New(rand.NewPCG(uint64(step), 3))
	for _, p := range ps {
		for j := range p.Tensor.Grad() {
			p.Tensor.Grad()[j] = float32(r.NormFloat64())
		}
	}
}

// kinds are configs that go every way through the code.
func kinds() map[string]Config {
	k := map[string]Config{
		"adafactor with a moment": {Name: "adafactor", Beta1: of(0.9), Decay: of(0.1)},
		"adamw, vectors too":      {Name: "adamw", DecayVectors: true},
	}
	for _, name := range Names() {
		k[name] = Config{Name: name}
	}
	return k
}

func made(t *testing.T, c Config, ps []Param) Optimizer {
	t.Helper()
	o, err := New(c, ps)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// advance makes the steps from the first up to the end.
func advance(o Optimizer, ps []Param, first, end int) (norm float64) {
	for step := first; step < end; step++ {
		gradients(ps, step)
		norm = o.StepClipped(0.01, 1)
	}
	return norm
}

func values(ps []Param) (v [][]float32) {
	for _, p := range ps {
		v = append(v, slices.Clone(p.Tensor.Data()))
	}
	return v
}

func equal(a, b [][]float32) bool { return slices.EqualFunc(a, b, slices.Equal) }

func TestThreadsChangeNothing(t *testing.T) {
	defer parallel.SetThreads(0)
	for name, c := range kinds() {
		var want [][]float32
		var norm float64
		for _, threads := range []int{1, 2, 5} {
			parallel.SetThreads(threads)
			ps := large()
			n := advance(made(t, c, ps), ps, 0, 3)
			if want == nil {
				want, norm = values(ps), n
				if equal(want, values(large())) {
					t.Errorf("%s moves nothing", name)
				}
			}
			if !equal(values(ps), want) || n != norm {
				t.Errorf("%s: %d threads give other bytes", name, threads)
			}
		}
	}
}

func TestRestore(t *testing.T) {
	for name, c := range kinds() {
		ps := large()
		o := made(t, c, ps)
		advance(o, ps, 0, 3)
		saved := map[string][]float32{}
		for k, v := range o.State() {
			saved[k] = slices.Clone(v)
		}
		again := large()
		for i, v := range values(ps) {
			copy(again[i].Tensor.Data(), v)
		}
		second := made(t, c, again)
		if err := second.Restore(o.Steps(), maps.All(saved)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		advance(o, ps, 3, 6)
		advance(second, again, 3, 6)
		if !equal(values(ps), values(again)) || second.Steps() != 6 {
			t.Errorf("%s: a restored optimizer goes another way", name)
		}
	}
}

// halves returns large's matrices as bfloat16.
func halves() []Param {
	ps := large()
	for i, p := range ps {
		if len(p.Tensor.Shape()) > 1 {
			ps[i].Tensor = tensor.Half(p.Tensor).RequireGrad()
		}
	}
	return ps
}

// A parameter kept as bfloat16 is what the one of float32 comes to, rounded, and goes on
// from what was saved.
func TestHalf(t *testing.T) {
	for name, c := range kinds() {
		ps, plain := halves(), large()
		for i, p := range ps {
			p.Tensor.Float32s(plain[i].Tensor.Data(), 0) // they begin alike
		}
		o := made(t, c, ps)
		advance(o, ps, 0, 3)
		again := halves()
		second := made(t, c, again)
		if err := second.Restore(3, o.State()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, p := range ps {
			if p.Tensor.Data() != nil {
				copy(again[i].Tensor.Data(), p.Tensor.Data())
			}
		}
		advance(o, ps, 3, 5)
		advance(second, again, 3, 5)
		advance(made(t, c, plain), plain, 0, 5)
		for i, p := range ps {
			want := plain[i].Tensor
			if p.Tensor.Data() == nil {
				if want = tensor.Half(want); !slices.Equal(p.Tensor.Raw(), again[i].Tensor.Raw()) {
					t.Errorf("%s: %s goes another way when restored", name, p.Name)
				}
			}
			if !slices.Equal(p.Tensor.Dense().Data(), want.Dense().Data()) {
				t.Errorf("%s: %s is not what float32 comes to", name, p.Name)
			}
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	ps := large()
	o := made(t, Config{Name: "adamw"}, ps)
	advance(o, ps, 0, 2)
	before := maps.Collect(o.State())
	first := before["p0.exp_avg"][0]
	for want, change := range map[string]func(state map[string][]float32){
		"missing p2.exp_avg_sq":                         func(s map[string][]float32) { delete(s, "p2.exp_avg_sq") },
		"unexpected q.exp_avg":                          func(s map[string][]float32) { s["q.exp_avg"] = nil },
		"p2.exp_avg has 1 values, want 20011":           func(s map[string][]float32) { s["p2.exp_avg"] = make([]float32, 1) },
		"optim: restore: steps: must not be -1":         func(s map[string][]float32) { s["steps"] = nil },
		"missing p0.exp_avg\nmissing p0.exp_avg_sq\nmi": func(s map[string][]float32) { clear(s) },
	} {
		state := map[string][]float32{}
		for k, v := range before {
			state[k] = make([]float32, len(v))
		}
		change(state)
		steps := 9
		if _, ok := state["steps"]; ok {
			steps = -1
		}
		err := o.Restore(steps, maps.All(state))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		if o.Steps() != 2 || before["p0.exp_avg"][0] != first {
			t.Errorf("%s: a refused state changed something", want)
		}
	}
}

func TestStateHasAnOrder(t *testing.T) {
	o := made(t, Config{Name: "adafactor"}, large())
	var got []string
	for name, v := range o.State() {
		got = append(got, fmt.Sprint(name, " ", len(v)))
	}
	want := "[p0.exp_avg_sq_row 301 p0.exp_avg_sq_col 97 p1.exp_avg_sq_row 210 p1.exp_avg_sq_col 99 p2.exp_avg_sq 20011 " +
		"p3.exp_avg_sq 1 p4.exp_avg_sq_row 5 p4.exp_avg_sq_col 1]"
	if fmt.Sprint(got) != want {
		t.Errorf("state %v, want %s", got, want)
	}
	for range o.State() {
		break // may be left early
	}
}

func TestNoFiniteNorm(t *testing.T) {
	for name, c := range kinds() {
		for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
			ps := large()
			o := made(t, c, ps)
			advance(o, ps, 0, 1)
			before, state := values(ps), fmt.Sprint(maps.Collect(o.State())["p3.exp_avg_sq"])
			gradients(ps, 1)
			ps[2].Tensor.Grad()[17] = float32(bad)
			if norm := o.StepClipped(0.1, 1); !math.IsNaN(norm) && !math.IsInf(norm, 1) {
				t.Errorf("%s: norm %g", name, norm)
			}
			if !equal(values(ps), before) || o.Steps() != 1 || Norm(ps) != 0 || fmt.Sprint(maps.Collect(o.State())["p3.exp_avg_sq"]) != state {
				t.Errorf("%s: a step was made on %g", name, bad)
			}
		}
	}
}

func TestClip(t *testing.T) {
	ps := large()
	gradients(ps, 1)
	sum := 0.0
	for _, p := range ps {
		for _, g := range p.Tensor.Grad() {
			sum += float64(g) * float64(g)
		}
	}
	want := math.Sqrt(sum)
	if got := Clip(ps, 0); math.Abs(got-want) > 1e-7*want {
		t.Errorf("norm %g, want %g", got, want)
	}
	if got := Clip(ps, 2*want); got != Norm(ps) {
		t.Error("a norm below the limit is changed")
	}
	Clip(ps, 0.25)
	if got := Norm(ps); math.Abs(got-0.25) > 1e-7 {
		t.Errorf("clipped to %g", got)
	}
}

// A gradient clipped in the step is one that was clipped before it.
func TestStepClippedIsClipThenStep(t *testing.T) {
	for name, c := range kinds() {
		a, b := large(), large()
		oa, ob := made(t, c, a), made(t, c, b)
		for step := range 3 {
			gradients(a, step)
			gradients(b, step)
			norm := Clip(b, 1)
			ob.Step(0.01)
			if got := oa.StepClipped(0.01, 1); got != norm {
				t.Errorf("%s: norm %g, want %g", name, got, norm)
			}
		}
		for i, v := range values(a) {
			for j := range v {
				if d := math.Abs(float64(v[j] - b[i].Tensor.Data()[j])); d > 1e-6 {
					t.Fatalf("%s: %s, element %d is %g off", name, a[i].Name, j, d)
				}
			}
		}
	}
}

func TestGroups(t *testing.T) {
	ps := large()
	c := Config{Name: "sgd", Momentum: of(0.0), Groups: []Group{
		{Match: []string{"p1", "q*"}, Frozen: true}, {Match: []string{"p2"}, LR: of(3.0), Decay: of(0.5)}, {Match: []string{"*"}, LR: of(2.0)},
	}}
	o := made(t, c, ps)
	before := values(ps)
	for _, p := range ps {
		for j := range p.Tensor.Grad() {
			p.Tensor.Grad()[j] = 1
		}
	}
	o.Step(0.125)
	for i, v := range values(ps) {
		for j, w := range before[i] {
			want := []float32{w - 0.25, w, w - 0.375*(1+0.5*w), w - 0.25, w - 0.25}[i]
			if math.Abs(float64(v[j]-want)) > 1e-6 {
				t.Fatalf("p%d: %g became %g, want %g", i, w, v[j], want)
			}
		}
	}
	for name := range o.State() {
		if strings.HasPrefix(name, "p1.") {
			t.Errorf("a frozen parameter has state: %s", name)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	nan := math.NaN()
	for want, c := range map[string]Config{
		`optim: name: must be one of adafactor, adamw, bert, lamb, sgd, not "adam"`: {Name: "adam"},
		"optim: beta1: must be from 0 to below 1, not 1":                            {Name: "adamw", Beta1: of(1.0)},
		"optim: eps: must be from 0 to below 1, not NaN":                            {Name: "adamw", Epsilon: &nan},
		"optim: weight_decay: must be from 0 to below 3.40":                         {Name: "sgd", Decay: of(-1.0)},
		"optim: groups.0.match: must have a pattern":                                {Name: "sgd", Groups: []Group{{}}},
		"optim: groups.1.lr: must be from 0":                                        {Name: "sgd", Groups: []Group{{Match: []string{"*"}}, {Match: []string{"*"}, LR: of(-1.0)}}},
		`optim: parameter "p0": is there twice`:                                     {Name: "lamb"},
	} {
		ps := large()
		if _, err := New(c, append(ps, ps[0])); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestParams(t *testing.T) {
	tied := &nn.Param{Tensor: tensor.Zeros(2, 3), Want: []int{2, 3}}
	module := struct {
		A *nn.Param `weight:"a"`
		B *nn.Param `weight:"b"`
		C *nn.Param `weight:"c"`
		D *nn.Param `weight:"d"`
	}{tied, &nn.Param{Want: []int{1}}, tied, &nn.Param{Tensor: tensor.Zeros(1)}}
	var names []string
	for _, p := range Params(&module) {
		names = append(names, p.Name)
	}
	if fmt.Sprint(names) != "[a d]" {
		t.Errorf("parameters %v", names)
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add(0, 10, 20, 30, 5, 100, 0.1)
	f.Fuzz(func(t *testing.T, which, warmup, decay, timescale, step, total int, floor float64) {
		shapes := slices.Sorted(maps.Keys(falls))
		names := Schedules()
		step, total = step&math.MaxInt32, total&math.MaxInt32
		s := Schedule{Name: names[uint(which)%uint(len(names))], Warmup: warmup, Floor: floor, Decay: decay, Shape: shapes[uint(which)%uint(len(shapes))], Timescale: timescale}
		if s.Check() != nil {
			return
		}
		if v := s.At(step, total); !(v >= 0 && v <= 1) {
			t.Errorf("%+v: step %d of %d: %g", s, step, total, v)
		}
	})
}

func TestScheduleIsChecked(t *testing.T) {
	for want, s := range map[string]Schedule{
		"optim: schedule: name: must be one of constant, cosine, inverse_sqrt, linear, rsqrt, wsd, not \"\"": {},
		"optim: schedule: floor: must be from 0 to 1, not NaN":                                               {Name: "wsd", Floor: math.NaN()},
		"optim: schedule: shape: must be linear, cosine or sqrt, not \"round\"":                              {Name: "wsd", Shape: "round"},
		"optim: schedule: warmup: must not be -3":                                                            {Name: "wsd", Warmup: -3},
	} {
		if err := s.Check(); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
