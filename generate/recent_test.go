package generate_test

import (
	"math"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/generate"
)

// TestRecent: penalties go by the last tokens of prompt and text together.
func TestRecent(t *testing.T) {
	negInf := float32(math.Inf(-1))
	for _, c := range []struct {
		name string
		r    generate.Recent
		made []int32
		want []float32
	}{
		{"nothing", generate.Recent{Prompt: []int32{0}, Last: 0, Repeat: 2}, []int32{1}, []float32{4, -4, 8, negInf}},
		{"the last alone", generate.Recent{Prompt: []int32{0}, Last: 1, Repeat: 2}, []int32{1}, []float32{4, -8, 8, negInf}},
		{"into the prompt", generate.Recent{Prompt: []int32{2, 0}, Last: 2, Repeat: 2}, []int32{1}, []float32{2, -8, 8, negInf}},
		{"all", generate.Recent{Prompt: []int32{2, 0}, Last: -1, Repeat: 2}, []int32{1}, []float32{2, -8, 4, negInf}},
		{"counts", generate.Recent{Last: 9, Presence: 1, Frequency: 0.5}, []int32{2, 2}, []float32{4, -4, 6, negInf}},
		{"banned stays banned", generate.Recent{Last: 9, Repeat: 2, Presence: 1}, []int32{3}, []float32{4, -4, 8, negInf}},
		{"no such token", generate.Recent{Last: 9, Repeat: 2}, []int32{77}, []float32{4, -4, 8, negInf}},
	} {
		logits := []float32{4, -4, 8, negInf}
		if c.r.Process(c.made, logits); !slices.Equal(logits, c.want) {
			t.Errorf("%s: %v, want %v", c.name, logits, c.want)
		}
	}
}
