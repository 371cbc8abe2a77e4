package task_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/task"
)

// TestAttention: the weights are those of transformers, and add up to 1.
func TestAttention(t *testing.T) {
	data, err := os.ReadFile("testdata/attention.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Case, Text string
		IDs        []int32
		Weights    [][][][]float32
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		m := open(t, c.Case)
		got, err := task.Attention(t.Context(), m, c.Text)
		if err != nil {
			t.Errorf("%s: %v", c.Case, err)
			continue
		}
		if !slices.Equal(got.Encoding.IDs, c.IDs) || len(got.Weights) != len(c.Weights) {
			t.Errorf("%s: %d layers of %v, want %d of %v", c.Case, len(got.Weights), got.Encoding.IDs, len(c.Weights), c.IDs)
			continue
		}
		for l, layer := range c.Weights {
			for h, head := range layer {
				for q, row := range head {
					sum := 0.0
					for k, w := range row {
						g := got.Weights[l][h][q][k]
						if sum += float64(g); math.Abs(float64(g-w)) > 1e-5 {
							t.Fatalf("%s: layer %d head %d: %d takes %v from %d, want %v", c.Case, l, h, q, g, k, w)
						}
					}
					if math.Abs(sum-1) > 1e-5 {
						t.Errorf("%s: weights add up to %v", c.Case, sum)
					}
				}
			}
		}
	}
	var r *task.Refusal
	if _, err := task.Attention(t.Context(), open(t, "bert/testdata/bert"), strings.Repeat("lions ", 99)); !errors.As(err, &r) {
		t.Errorf("a text that is too long: %v", err)
	}
}
