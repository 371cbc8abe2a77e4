package all_test

import (
	"math"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// logits evaluates a checkpoint opened with options.
func logits(t *testing.T, path string, options ...model.Option) *tensor.Tensor {
	t.Helper()
	m, err := model.Open(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ids, _ := nn.Rows(0, modeltest.Text(12))
	in := model.Inputs{IDs: ids, DecoderIDs: ids, Choices: 1}
	return m.Net.(model.Outputs).Outputs(&nn.Pass{}, in)[0].Value
}

// Each form gives results near those of the weights as they are.
func TestWeights(t *testing.T) {
	least := map[string]float64{"q2_k": 0.8, "q3_k": 0.9, "q3_k_s": 0.9, "q3_k_m": 0.9, "q3_k_l": 0.9, "int8": 0.999, "bf16": 0.9999, "q8_0": 0.999}
	for _, path := range []string{"../llama/testdata/gqa", "../llama/testdata/gguf-mixed/model.gguf", "../bert/testdata/bert-masked", "../gpt/testdata/gpt2", "../t5/testdata/t5"} {
		want := logits(t, path, model.Exact())
		for _, form := range append(model.PackForms(), "", "F16") {
			floor := 0.97
			if f, ok := least[form]; ok {
				floor = f
			}
			got := logits(t, path, model.Weights(form))
			if c := modeltest.Cosine(got, want); !(c > floor) || math.IsNaN(c) {
				t.Errorf("%s as %q: cosine %v", path, form, c)
			}
			if form == "exact" && modeltest.Distance(got, want) != 0 {
				t.Errorf("%s: exact is not exact", path)
			}
		}
	}
}

// The forms of a model that is packed are those that a file of the mix has.
func TestWeightsAreTheMix(t *testing.T) {
	const path = "../llama/testdata/gqa"
	file := t.TempDir() + "/m.gguf"
	if _, err := model.Export(path, file, model.ExportOptions{Weights: "q4_k_m"}); err != nil {
		t.Fatal(err)
	}
	forms := func(path string, options ...model.Option) map[string]tensor.Form {
		m, err := model.Open(path, options...)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		all := map[string]tensor.Form{}
		nn.Walk(m.Net, func(name string, p *nn.Param) {
			if p.Matrix {
				all[name] = p.Form()
			}
		})
		return all
	}
	written, packed := forms(file), forms(path, model.Weights("q4_k_m"))
	if len(written) == 0 || len(written) != len(packed) {
		t.Fatalf("%d matrices in the file, %d packed", len(written), len(packed))
	}
	for name, f := range written {
		if packed[name] != f {
			t.Errorf("%s is %v packed, %v in the file", name, packed[name], f)
		}
	}
}

func TestWeightsRefuses(t *testing.T) {
	for _, form := range []string{"q17", "own", "unknown"} {
		m, err := model.Open("../llama/testdata/gqa", model.Weights(form))
		if err == nil {
			m.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "model: weights: \""+form+"\" is not one of f32, f16") {
			t.Errorf("%s: error is %v", form, err)
		}
	}
}
