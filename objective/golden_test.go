package objective

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/bert"
	_ "github.com/nlp-zoo/zoo/models/gpt"
	_ "github.com/nlp-zoo/zoo/models/llama"
	_ "github.com/nlp-zoo/zoo/models/t5"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// goldenCase is one of testdata/losses.json, which tools/golden/objective.py writes.
type goldenCase struct {
	Name, Objective, Model string
	Entropy                tensor.Entropy
	Examples               []goldenExample
	Signs                  []int32 // of infilling: begin, prefix, suffix, middle, end
	Terms                  map[string]float64
	GradNorm               float64 `json:"grad_norm"`
}

// goldenExample is an example, and of infilling what it was made of.
type goldenExample struct {
	Example
	Parts [][]int32 // prefix, middle, suffix
	SPM   bool
}

// examples returns what the objective is held against.
func (c goldenCase) examples() (all []Example) {
	for _, e := range c.Examples {
		all = append(all, e.Example)
	}
	return all
}

// infilling returns the objective of the case, for texts in which a token is a
// character.
func (c goldenCase) infilling() Infilling {
	return Infilling{
		Begin: c.Signs[0], Prefix: c.Signs[1], Suffix: c.Signs[2], Mid: c.Signs[3], End: c.Signs[4],
		Encode: func(text string) (ids []int32) { return []rune(text) },
	}
}

// TestGoldenInfilling holds the data half to the reference's order of parts.
func TestGoldenInfilling(t *testing.T) {
	n := 0
	for _, c := range goldenCases(t) {
		if c.Objective != "infilling" {
			continue
		}
		o := c.infilling()
		for _, e := range c.Examples {
			moved := o.move(string(e.Parts[0]), string(e.Parts[1]), string(e.Parts[2]), e.SPM)
			got := o.Causal.Example(nil, Text{IDs: slices.Concat([]int32{o.Begin}, moved, []int32{o.End})})
			if !slices.Equal(got.Input, e.Input) || !slices.Equal(got.Target, e.Target) {
				t.Errorf("SPM %v: %v and %v, want %v and %v", e.SPM, got.Input, got.Target, e.Input, e.Target)
			}
			n++
		}
	}
	if n < 4 {
		t.Errorf("only %d examples", n)
	}
}

// goldenCases reads testdata/losses.json.
func goldenCases(t *testing.T) []goldenCase {
	t.Helper()
	text, err := os.ReadFile("testdata/losses.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases []goldenCase }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) == 0 {
		t.Fatal("there is no case")
	}
	return golden.Cases
}

// bound returns the case's objective with its model.
func (c goldenCase) bound(t *testing.T) (b Bound, net any) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(c.Model, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if net, err = model.New(undropped(t, config)); err != nil {
		t.Fatal(err)
	}
	src, err := checkpoint.Open(c.Model)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := model.Load(net, src); err != nil {
		t.Fatal(err)
	}
	nn.Trainable(net)
	switch causal := (Causal{Entropy: c.Entropy}); c.Objective {
	case "causal":
		b, err = Bind(causal, net)
	case "prefix":
		b, err = Bind(Prefix{causal}, net)
	case "infilling":
		b, err = Bind(c.infilling(), net)
	case "onward":
		b, err = Bind(Onward{causal}, net)
	case "masked":
		m := Masked{}
		if filepath.Base(c.Model) == "roberta-masked" {
			m.Pad = 1
		}
		b, err = Bind(m, net)
	case "next-sentence":
		b, err = Bind(Pairs{}, net)
	case "span-boundary":
		b, err = Bind(Boundary{Most: 4}, net)
	case "denoising":
		b, err = Bind(SpanCorruption{Entropy: c.Entropy}, net)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b, net
}

// undropped returns config without dropout: the losses are those of training, but
// for that.
func undropped(t *testing.T, config []byte) []byte {
	t.Helper()
	keys := map[string]any{}
	if err := json.Unmarshal(config, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"hidden_dropout_prob", "attention_probs_dropout_prob", "embd_pdrop", "resid_pdrop", "attn_pdrop", "dropout_rate"} {
		keys[key] = 0
	}
	config, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestGoldenLosses holds each objective's loss and the norm of its gradient to
// PyTorch's on a tiny model: for the batch whole, and one example at a time.
func TestGoldenLosses(t *testing.T) {
	for _, c := range goldenCases(t) {
		for _, size := range []int{len(c.Examples), 1} {
			t.Run(c.Name, func(t *testing.T) {
				b, net := c.bound(t)
				c.hold(t, b, net, size)
			})
		}
	}
}

// hold compares terms and gradient, with micro-batches of that size.
func (c goldenCase) hold(t *testing.T, b Bound, net any, size int) {
	counts, sums := make([]float64, len(b.Terms())), make([]float64, len(b.Terms()))
	examples := c.examples()
	for _, e := range examples {
		for i, n := range b.Count(e) {
			counts[i] += float64(n)
		}
	}
	for lo := 0; lo < len(examples); lo += size {
		p := &nn.Pass{Train: true}
		for i, term := range b.Loss(p, examples[lo:min(lo+size, len(examples))]) {
			sums[i] += float64(term.Data()[0])
			if counts[i] > 0 {
				tensor.Scale(term, float32(1/counts[i])).Backward()
			}
		}
	}
	for i, name := range b.Terms() {
		near(t, name, sums[i]/counts[i], c.Terms[name], 1e-5*math.Max(1, c.Terms[name]))
	}
	var square float64
	for _, p := range nn.Params(net) {
		for _, g := range p.Grad() {
			square += float64(g) * float64(g)
		}
	}
	near(t, "norm of the gradient", math.Sqrt(square), c.GradNorm, 1e-4*math.Max(1, c.GradNorm))
}
