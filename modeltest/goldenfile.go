package modeltest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// golden is a golden.safetensors: inputs and the reference's outputs.
type golden struct {
	tensors map[string]*tensor.Tensor
}

func openGolden(t testing.TB, path string) *golden {
	t.Helper()
	src, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	g := &golden{map[string]*tensor.Tensor{}}
	for _, name := range src.Names() {
		if g.tensors[name], err = src.Tensor(name); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// inputs are the tensors of a golden file that go into a model, or into its loss.
var inputs = map[string]bool{
	"input_ids": true, "attention_mask": true, "token_type_ids": true, "position_ids": true, "decoder_input_ids": true,
	"decoder_attention_mask": true, "labels": true, "next_sentence_label": true, "start_positions": true, "end_positions": true,
	"loss": true, "grad_norm": true,
}

func (g *golden) isOutput(name string) bool {
	return !inputs[name] && !strings.HasPrefix(name, "grad.")
}

// floats returns the values of a tensor.
func (g *golden) floats(name string) []float32 {
	x := g.tensors[name]
	v := make([]float32, x.Len())
	x.Float32s(v, 0)
	return v
}

// ints returns the values of a tensor of 64-bit integers, or nil if there is none.
func (g *golden) ints(name string) []int32 {
	x := g.tensors[name]
	if x == nil || x.DType() != tensor.I64 {
		return nil
	}
	var v []int32
	for raw := x.Raw(); len(raw) > 0; raw = raw[8:] {
		v = append(v, int32(binary.LittleEndian.Uint64(raw)))
	}
	return v
}

// ids returns a tensor of ids as rows, however many axes there are before the last.
func (g *golden) ids(name string) *nn.IDs {
	x := g.tensors[name]
	if x == nil {
		return nil
	}
	n := x.Dim(-1)
	return &nn.IDs{Data: g.ints(name), B: x.Len() / n, T: n}
}

// loss is that which transformers gives for the class.
func (g *golden) loss(class string, r *result) (*tensor.Tensor, error) {
	labels := g.ints("labels")
	switch {
	case strings.HasSuffix(class, "ForCausalLM"), strings.HasSuffix(class, "LMHeadModel"):
		return tensor.CrossEntropy(r.values["logits"], shift(labels, g.tensors["labels"].Dim(-1))), nil
	case strings.HasSuffix(class, "ForPreTraining"):
		return tensor.Add(tensor.CrossEntropy(r.values["prediction_logits"], labels),
			tensor.CrossEntropy(r.values["seq_relationship_logits"], g.ints("next_sentence_label"))), nil
	case strings.HasSuffix(class, "ForQuestionAnswering"):
		return tensor.Scale(tensor.Add(edge(r.values["start_logits"], g.ints("start_positions")),
			edge(r.values["end_logits"], g.ints("end_positions"))), 0.5), nil
	case r.values["logits"] == nil:
		return nil, fmt.Errorf("no loss is known of %s", class)
	case labels == nil || r.values["logits"].Dim(-1) == 1 && strings.HasSuffix(class, "ForSequenceClassification"):
		return tensor.MeanSquare(r.values["logits"], g.floats("labels")), nil
	}
	return tensor.CrossEntropy(r.values["logits"], labels), nil
}

// edge is the loss of one end of an answer. An answer outside of the row has no loss.
func edge(logits *tensor.Tensor, positions []int32) *tensor.Tensor {
	inside := slices.Clone(positions)
	for i, p := range inside {
		if int(p) >= logits.Dim(-1) {
			inside[i] = tensor.Ignore
		}
	}
	return tensor.CrossEntropy(logits, inside)
}

// shift gives each place of rows of n the label of the next, and the last none.
func shift(labels []int32, n int) []int32 {
	next := make([]int32, len(labels))
	for i := range labels {
		if next[i] = tensor.Ignore; (i+1)%n != 0 {
			next[i] = labels[i+1]
		}
	}
	return next
}

// gradients compares the norm of all gradients, within a part in ten thousand,
// and those of the parameters that the golden file holds.
func (g *golden) gradients(t *testing.T, m any) {
	t.Helper()
	nn.Walk(m, func(name string, p *nn.Param) {
		if g.tensors["grad."+name] == nil {
			return
		}
		want, got := g.floats("grad."+name), p.Grad()
		var top float64
		for _, w := range want {
			top = max(top, math.Abs(float64(w)))
		}
		for i, w := range want {
			at := i
			if p.Transposed { // the file has [in,out]
				out, in := p.Dim(0), p.Dim(1)
				at = i%out*in + i/out
			}
			if d := math.Abs(float64(got[at] - w)); !(d <= 1e-4*max(top, 0.1)) {
				t.Errorf("gradient of %s: value %d is %v, want %v", name, i, got[at], w)
				return
			}
		}
	})
	var sum float64
	for _, p := range nn.Params(m) {
		for _, v := range p.Grad() {
			sum += float64(v) * float64(v)
		}
	}
	got, want := math.Sqrt(sum), float64(g.floats("grad_norm")[0])
	if !(math.Abs(got-want) <= 1e-4*want) {
		t.Errorf("norm of the gradients is %v, want %v", got, want)
	}
}
