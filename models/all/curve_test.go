package all

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/optim"
	"github.com/nlp-zoo/zoo/tensor"
)

// The steps of tools/golden/curve.py.
const (
	curveRows, curveTokens           = 4, 12
	curveFirst, curveSpan, curveMask = 4, 40, 3
)

// curveToken is a token of the example of a step.
func curveToken(step, row, place int) int32 {
	return int32(curveFirst + (step%10*17+row*29+place*(row+step%10+1))%curveSpan)
}

// curveLoss returns the loss of a model at a step.
func curveLoss(t *testing.T, net any, arena *tensor.Arena, step int) *tensor.Tensor {
	ids := &nn.IDs{B: curveRows, T: curveTokens}
	for r := range curveRows {
		for place := range curveTokens {
			ids.Data = append(ids.Data, curveToken(step, r, place))
		}
	}
	labels, p := slices.Clone(ids.Data), &nn.Pass{Arena: arena}
	switch m := net.(type) {
	case model.EncoderDecoder:
		target := &nn.IDs{B: ids.B, T: ids.T, Data: make([]int32, len(labels))}
		for row := range slices.Chunk(labels, ids.T) {
			slices.Reverse(row)
		}
		for i := range labels {
			if i%ids.T > 0 {
				target.Data[i] = labels[i-1]
			}
		}
		return tensor.CrossEntropy(m.Decode(&nn.Pass{Arena: arena}, m.Encode(p, ids), target), labels)
	case model.MaskedLM:
		for i := range labels {
			if (step+i/ids.T+i%ids.T)%3 == 0 {
				ids.Data[i] = curveMask
			} else {
				labels[i] = tensor.Ignore
			}
		}
		return tensor.CrossEntropy(m.MaskLogits(p, ids), labels)
	case model.Decoder:
		for i := range labels {
			if labels[i] = tensor.Ignore; i%ids.T < ids.T-1 {
				labels[i] = ids.Data[i+1]
			}
		}
		return tensor.CrossEntropy(m.Logits(p, ids), labels)
	}
	t.Fatalf("%T is nothing to train", net)
	return nil
}

// TestLossesFollowTorch trains from torch's weights on torch's examples, and wants its
// losses, step by step.
func TestLossesFollowTorch(t *testing.T) {
	data, err := os.ReadFile("testdata/curves.json")
	if err != nil {
		t.Fatal(err)
	}
	var curves map[string]struct {
		LR     float64   `json:"lr"`
		Losses []float64 `json:"losses"`
	}
	if err := json.Unmarshal(data, &curves); err != nil {
		t.Fatal(err)
	}
	for name, c := range curves {
		want := c.Losses
		t.Run(name, func(t *testing.T) {
			m, err := model.Open("../"+name, model.Exact())
			if err != nil {
				t.Fatal(err)
			}
			nn.Trainable(m.Net)
			decay := 0.01
			o, err := optim.New(optim.Config{Name: "adamw", Decay: &decay, DecayVectors: true}, optim.Params(m.Net))
			if err != nil {
				t.Fatal(err)
			}
			arena, far := tensor.NewTrainingArena(), 0.0
			for step := range want {
				loss := curveLoss(t, m.Net, arena, step)
				got := float64(loss.Data()[0])
				loss.Backward()
				o.Step(c.LR)
				arena.Reset()
				d := math.Abs(got - want[step])
				if far = max(far, d); d > 1e-3 || math.IsNaN(d) {
					t.Fatalf("step %d: the loss is %v, torch has %v", step, got, want[step])
				}
			}
			if last := want[len(want)-1]; last > 0.7*want[0] {
				t.Errorf("the losses go from %v to %v only", want[0], last)
			}
			t.Logf("%d steps: at most %.1e from torch", len(want), far)
		})
	}
}
