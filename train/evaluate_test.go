package train

import (
	"math"
	"testing"

	"github.com/nlp-zoo/zoo/objective"
	"github.com/nlp-zoo/zoo/tensor"
)

// TestTargetEntropy holds what evaluations call unigram to the entropy by hand: of
// targets alone, over all examples.
func TestTargetEntropy(t *testing.T) {
	const no = tensor.Ignore
	for _, c := range []struct {
		name     string
		examples []objective.Example
		want     float64
	}{
		{"nothing", nil, 0},
		{"no target", []objective.Example{{Input: []int32{1, 2}, Target: []int32{no, no}}}, 0},
		{"one token", []objective.Example{{Target: []int32{7, 7, no}}, {Target: []int32{7}}}, 0},
		{"four alike", []objective.Example{{Input: []int32{9, 9, 9}, Target: []int32{1, 2, no}}, {Target: []int32{3, 4}}}, math.Log(4)},
		{"shares", []objective.Example{{Target: []int32{5, 5, no, 5}}, {Target: []int32{6}}}, 0.75*math.Log(4./3) + 0.25*math.Log(4)},
	} {
		if got := targetEntropy(c.examples); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestLabelEntropy: rows that all have one label have none.
func TestLabelEntropy(t *testing.T) {
	for want, labels := range map[float64][]int32{0: {3, 3}, math.Log(2): {0, 1, 1, 0}, 0.75*math.Log(4./3) + 0.25*math.Log(4): {2, 2, 0, 2}} {
		var examples []objective.Example
		for _, l := range labels {
			examples = append(examples, objective.Example{Label: l})
		}
		if got := labelEntropy(examples); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", labels, got, want)
		}
	}
}

// TestEvaluationHasEntropy: the metrics of a run have it, of what is held out.
func TestEvaluationHasEntropy(t *testing.T) {
	var seen float64
	r := recipe(t, "gpt2", "steps=2", "eval.every=2")
	trained(t, r, Options{Report: func(event any) {
		if m, ok := event.(Metrics); ok && m.Eval != nil {
			seen = m.Eval["unigram"]
		}
	}})
	// words has 32 of which all come about as often; tokens of 280 are words and parts.
	if !(seen > 2 && seen < math.Log(280)) {
		t.Errorf("unigram is %v", seen)
	}
}
