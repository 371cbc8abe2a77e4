package modeltest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// facts are what golden.json says of a case.
type facts struct {
	ModelType    string  `json:"model_type"`
	Architecture string  `json:"architecture"`
	Tolerance    float64 `json:"tolerance"`
	Weights      string  `json:"weights"` // the case whose checkpoint this one uses
	Outputs      string  `json:"outputs"` // the case whose outputs hold for this one
	Compare      string  `json:"compare"` // "attended": only where attention_mask is 1
	Parameters   int     `json:"parameters"`

	NotInGGUF []string `json:"not_in_gguf"` // tensors that llama.cpp's files leave out
}

// Golden holds a family to its golden files: each folder of dir, "testdata" as a
// rule, with a golden.json. Those whose name skip contains are left out.
//
// A case is run three ways: as plain arrays with loss and gradients, opened as a
// user opens it, with packed weights and an arena, and from model.gguf if there
// is one. Values are compared in the order of the model's layers, and the first
// wrong one is named.
func Golden(t *testing.T, dir string, skip ...string) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "golden.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files in %s: %v", dir, err)
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			for _, s := range skip {
				if name == s {
					t.Skip("left out by the family's test")
				}
			}
			goldenCase(t, dir, name)
		})
	}
}

func goldenCase(t *testing.T, dir, name string) {
	here := filepath.Join(dir, name)
	f := facts{Tolerance: 2e-5, Weights: name, Outputs: name}
	if err := json.Unmarshal(read(t, here, "golden.json"), &f); err != nil {
		t.Fatal(err)
	}
	want := openGolden(t, filepath.Join(dir, f.Outputs, "golden.safetensors"))
	config := read(t, here, "config.json")
	t.Run("Dense", func(t *testing.T) {
		m := goldenModel(t, f, config, filepath.Join(dir, f.Weights))
		if n := nn.Count(m); n != f.Parameters {
			t.Errorf("%d parameters, want %d", n, f.Parameters)
		}
		differentiated(t, m, f, want)
	})
	if f.Weights != name {
		return
	}
	gguf := filepath.Join(here, "model.gguf")
	if !onlyGGUF(here) {
		t.Run("Open", func(t *testing.T) { opened(t, here, f, want) })
	}
	if _, err := os.Stat(gguf); err == nil {
		t.Run("GGUF", func(t *testing.T) { opened(t, gguf, f, want.without(f.NotInGGUF)) })
	}
}

// onlyGGUF reports whether a case has no weights but those in model.gguf.
func onlyGGUF(dir string) bool {
	for _, pattern := range []string{"model*.safetensors", "*.bin"} {
		if files, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(files) > 0 {
			return false
		}
	}
	return true
}

func read(t testing.TB, dir, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// goldenModel declares the class that the case was made with, and loads it into
// plain arrays.
func goldenModel(t testing.TB, f facts, config []byte, weights string) any {
	t.Helper()
	s, ok := model.Lookup(f.ModelType)
	if !ok {
		t.Fatalf("model type %q is not registered", f.ModelType)
	}
	m, err := s.Build(config, f.Architecture)
	if err != nil {
		t.Fatal(err)
	}
	if onlyGGUF(weights) {
		opened, err := model.Open(filepath.Join(weights, "model.gguf"), model.Plain())
		if err != nil {
			t.Fatal(err)
		}
		nn.Trainable(opened.Net)
		opened.Close()
		return opened.Net
	}
	src, err := checkpoint.Open(weights)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := model.Load(m, src); err != nil {
		t.Fatal(err)
	}
	nn.Trainable(m)
	return m
}

// without returns g less the outputs that need tensors which a file leaves out.
func (g *golden) without(left []string) *golden {
	w := *g
	w.tensors = maps.Clone(g.tensors)
	for _, name := range left {
		part, _, _ := strings.Cut(name, ".")
		delete(w.tensors, part+"_output")
	}
	return &w
}

// opened compares outputs and hidden states of a checkpoint as users run it.
func opened(t *testing.T, path string, f facts, want *golden) {
	m, err := model.Open(path, model.Exact())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	got := want.run(t, m.Net, &tensor.Arena{})
	want.compare(t, got, f, f.Tolerance)
}

// differentiated compares hidden states, outputs, loss and gradients.
func differentiated(t *testing.T, m any, f facts, want *golden) {
	got := want.run(t, m, nil)
	if !want.compare(t, got, f, f.Tolerance) || want.tensors["loss"] == nil {
		return
	}
	loss, err := want.loss(f.Architecture, got)
	if err != nil {
		t.Fatal(err)
	}
	Same(t, loss, tensor.New(want.floats("loss"), 1), f.Tolerance)
	loss.Backward()
	want.gradients(t, m)
}

// A result is what one run gave, by name.
type result struct {
	names  []string
	values map[string]*tensor.Tensor
}

func (r *result) add(name string, x *tensor.Tensor) {
	if r.values[name] == nil {
		r.names = append(r.names, name)
	}
	r.values[name] = x
}

// run evaluates m on the inputs of the golden file.
func (g *golden) run(t testing.TB, m any, arena *tensor.Arena) *result {
	t.Helper()
	out, ok := m.(model.Outputs)
	if !ok {
		t.Fatalf("%T has no Outputs", m)
	}
	got := &result{values: map[string]*tensor.Tensor{}}
	p := &nn.Pass{Arena: arena, Observe: got.add}
	in := model.Inputs{IDs: g.ids("input_ids"), DecoderIDs: g.ids("decoder_input_ids")}
	if s := g.tensors["input_ids"].Shape(); len(s) == 3 {
		in.Choices = s[1]
	}
	for _, v := range g.ints("attention_mask") {
		p.Mask = append(p.Mask, v != 0)
	}
	p.Types, p.Positions = g.ints("token_type_ids"), g.ints("position_ids")
	if err := tensor.Try(func() {
		for _, o := range out.Outputs(p, in) {
			got.add(o.Name, o.Value)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

// compare reports whether all values that the golden file has are as it says,
// in the order of evaluation up to the first that is not.
func (g *golden) compare(t *testing.T, got *result, f facts, tolerance float64) bool {
	t.Helper()
	for name := range g.tensors {
		if g.isOutput(name) && got.values[name] == nil {
			t.Errorf("no output %s", name)
		}
	}
	for _, name := range got.names {
		if g.tensors[name] == nil {
			continue
		}
		if err := g.differs(name, got.values[name], f.Compare == "attended", tolerance); err != nil {
			t.Error(err)
			return false
		}
	}
	return !t.Failed()
}

// differs compares one value, with places that are not attended left out.
func (g *golden) differs(name string, x *tensor.Tensor, attended bool, tolerance float64) error {
	want := g.floats(name)
	if len(want) != x.Len() {
		return fmt.Errorf("%s is %v, want %v", name, x.Shape(), g.tensors[name].Shape())
	}
	mask := g.ints("attention_mask")
	masked := attended && len(mask) > 0 && !strings.HasPrefix(name, "decoder_") && len(want)%len(mask) == 0 && x.Dim(0) == g.tensors["attention_mask"].Dim(0)
	if masked && g.tensors["decoder_input_ids"] != nil && !strings.HasPrefix(name, "encoder_") {
		masked = false // the mask is the source's
	}
	if masked && (len(x.Shape()) < 2 || x.Dim(1) != g.tensors["attention_mask"].Dim(1)) {
		masked = false // one value a row
	}
	for i, v := range x.Data() {
		if masked && mask[i/(len(want)/len(mask))] == 0 {
			continue
		}
		if d := float64(v) - float64(want[i]); !(d <= tolerance && d >= -tolerance) {
			return fmt.Errorf("%s: value %d of %v is %v, want %v: off by %.2g, allowed are %.0e", name, i, x.Shape(), v, want[i], d, tolerance)
		}
	}
	return nil
}
