// Package modeltest holds the tests that every model must pass. A model's own
// test names a tiny config and the folder of its golden files; all the rest is
// here.
package modeltest

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Build declares the model of config, a config.json, and fills it with random
// values: norms and biases too, so that a dropped one shows.
func Build(t testing.TB, config string) any {
	t.Helper()
	m, err := model.New([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	r := nn.Rand(1)
	nn.Init(m, r)
	for _, p := range nn.Params(m) {
		for i := range p.Data() {
			p.Data()[i] += float32(r.NormFloat64() * 0.05)
		}
	}
	return m
}

// as returns m as what a suite tests it for.
func as[M any](t testing.TB, m any) M {
	t.Helper()
	v, ok := m.(M)
	if !ok {
		t.Fatalf("%T is not a %T", m, *new(M))
	}
	return v
}

// Map is a checkpoint in memory.
type Map map[string]*tensor.Tensor

// Names returns the names, sorted.
func (m Map) Names() []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Tensor returns the tensor of that name.
func (m Map) Tensor(name string) (*tensor.Tensor, error) { return m[name], nil }

// Weights returns the checkpoint that holds m.
func Weights(m any) Map {
	src := Map{}
	for name, w := range nn.Weights(m) {
		src[name] = w
	}
	return src
}

// evaluation runs one kind of model on rows of ids: what the shared tests know
// of it. The result has a row of values for each place of each batch row.
type evaluation func(m any, p *nn.Pass, rows ...[]int32) *tensor.Tensor

// common runs the tests that do not depend on what a model does.
func common(t *testing.T, config string, run evaluation) {
	text := Text(8)
	t.Run("Load", func(t *testing.T) { loads(t, config, run) })
	t.Run("Pad", func(t *testing.T) { // a row is what it is alone
		m := Build(t, config)
		both := run(m, &nn.Pass{}, text, text[:5])
		Same(t, RowsOf(both, 1, 5), run(m, &nn.Pass{}, text[:5]), 0)
		Same(t, RowsOf(both, 0, 8), run(m, &nn.Pass{}, text), 0)
	})
	t.Run("Arena", func(t *testing.T) { // memory that is used again holds nothing over
		m, arena := Build(t, config), &tensor.Arena{}
		want := run(m, &nn.Pass{}, text)
		for range 3 {
			Same(t, run(m, &nn.Pass{Arena: arena}, text), want, 0)
			arena.Reset()
		}
	})
	t.Run("Train", func(t *testing.T) { trains(t, config, run) })
	t.Run("Concurrent", func(t *testing.T) { // for go test -race
		m := Build(t, config)
		want := run(m, &nn.Pass{}, text)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { Same(t, run(m, &nn.Pass{Arena: &tensor.Arena{}}, text), want, 0) })
		}
		wg.Wait()
	})
	t.Run("Pack", func(t *testing.T) { packs(t, config, run) })
	t.Run("Forms", func(t *testing.T) { forms(t, config, run) })
}

// loads holds nn.Load to be strict on the model's names.
func loads(t *testing.T, config string, run evaluation) {
	m, again := Build(t, config), declare(t, config)
	src := Weights(m)
	if err := model.Load(again, src); err != nil {
		t.Fatal(err)
	}
	Same(t, run(again, &nn.Pass{}, Text(6)), run(m, &nn.Pass{}, Text(6)), 0)
	for _, name := range src.Names() { // a parameter is missing if it is so under all its names
		lacking := Map{}
		for n, w := range src {
			if w != src[name] {
				lacking[n] = w
			}
		}
		if err := model.Load(declare(t, config), lacking); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Load without %s: error is %v", name, err)
		}
	}
	src["one.too.many"] = tensor.Zeros(2)
	if err := model.Load(declare(t, config), src); err == nil || !strings.Contains(err.Error(), "one.too.many") {
		t.Errorf("Load of a tensor too many: error is %v", err)
	}
}

func declare(t *testing.T, config string) any {
	m, err := model.New([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// packs holds packed weights, and weights in other forms, to give what the same
// values give as plain arrays.
func packs(t *testing.T, config string, run evaluation) {
	m := Build(t, config)
	want := run(m, &nn.Pass{}, Text(6))
	nn.Pack(m)
	Same(t, run(m, &nn.Pass{}, Text(6)), want, 0)
	for _, form := range []tensor.DType{tensor.F16, tensor.BF16, tensor.Q8_0} {
		short, plain := declare(t, config), declare(t, config)
		src := stored(t, Weights(Build(t, config)), form)
		dense := Map{}
		for name, w := range src {
			dense[name] = w.Dense()
		}
		if err := model.Load(short, src); err != nil {
			t.Fatal(err)
		}
		if err := model.Load(plain, dense); err != nil {
			t.Fatal(err)
		}
		nn.PackAs(short, nn.Every(tensor.Exact))
		if d := Distance(run(short, &nn.Pass{}, Text(6)), run(plain, &nn.Pass{}, Text(6))); !(d < 1e-5) {
			t.Errorf("%v weights are off by %v", form, d)
		}
	}
}

// Text returns n ids that repeat now and then.
func Text(n int) []int32 {
	pi := []int32{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4}
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = pi[i%len(pi)]
	}
	return ids
}

// RowsOf returns the first n places of batch row b of x [B,T,...]: [1,n,...].
func RowsOf(x *tensor.Tensor, b, n int) *tensor.Tensor {
	shape := slices.Clone(x.Shape())
	place := x.Len() / (shape[0] * shape[1])
	lo := b * shape[1] * place
	shape[0], shape[1] = 1, n
	return tensor.New(slices.Clone(x.Data()[lo:lo+n*place]), shape...)
}

// Same fails t unless got is want but for the tolerance, an absolute one; 0
// asks for the same bytes.
func Same(t testing.TB, got, want *tensor.Tensor, tolerance float64) {
	t.Helper()
	if !slices.Equal(got.Shape(), want.Shape()) {
		t.Errorf("shape is %v, want %v", got.Shape(), want.Shape())
		return
	}
	for i, v := range got.Data() {
		w := want.Data()[i]
		same := math.Float32bits(v) == math.Float32bits(w)
		if !same && !(tolerance > 0 && math.Abs(float64(v-w)) <= tolerance) {
			t.Errorf("value %d of %v is %v, want %v (tolerance %v)", i, got.Shape(), v, w, tolerance)
			return
		}
	}
}

// Distance returns the largest difference of two values, NaN if there is one.
func Distance(x, y *tensor.Tensor) float64 {
	var far float64
	for i, v := range x.Data() {
		d := math.Abs(float64(v) - float64(y.Data()[i]))
		if math.IsNaN(d) {
			return d
		}
		far = max(far, d)
	}
	return far
}

// Cosine returns the cosine of the angle between the values of x and y.
func Cosine(x, y *tensor.Tensor) float64 {
	var xy, xx, yy float64
	for i, v := range x.Data() {
		a, b := float64(v), float64(y.Data()[i])
		xy, xx, yy = xy+a*b, xx+a*a, yy+b*b
	}
	return xy / math.Sqrt(xx*yy)
}
