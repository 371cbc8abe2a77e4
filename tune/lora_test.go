package tune

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// A goldenCase is an adapter that PEFT wrote, and what PEFT gave with it.
type goldenCase struct {
	name, dir, base string
	in              model.Inputs
	logits          []float32
	norm            float32
}

func goldenCases(t *testing.T) (all []goldenCase) {
	t.Helper()
	files, err := filepath.Glob("testdata/*/golden.json")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d golden files: %v", len(files), err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		var note struct{ Base string }
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &note)
		}
		if err != nil {
			t.Fatal(err)
		}
		src, err := checkpoint.Open(filepath.Join(dir, "golden.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		c := goldenCase{name: filepath.Base(dir), dir: dir, base: filepath.Join("..", note.Base), logits: floats(t, src, "logits"), norm: floats(t, src, "grad_norm")[0]}
		c.in.IDs = goldenIDs(t, src, "input_ids")
		c.in.DecoderIDs = goldenIDs(t, src, "decoder_input_ids")
		if err := src.Close(); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func floats(t *testing.T, src nn.Source, name string) []float32 {
	t.Helper()
	x, err := src.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	v := make([]float32, x.Len())
	x.Float32s(v, 0)
	return v
}

func goldenIDs(t *testing.T, src nn.Source, name string) *nn.IDs {
	t.Helper()
	if !slices.Contains(src.Names(), name) {
		return nil
	}
	x, err := src.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	ids := &nn.IDs{B: x.Dim(0), T: x.Dim(1)}
	for raw := x.Raw(); len(raw) > 0; raw = raw[8:] {
		ids.Data = append(ids.Data, int32(binary.LittleEndian.Uint64(raw)))
	}
	return ids
}

func open(t *testing.T, path string, options ...model.Option) *model.Model {
	t.Helper()
	m, err := model.Open(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func logits(m *model.Model, in model.Inputs) *tensor.Tensor {
	return m.Net.(model.Outputs).Outputs(&nn.Pass{}, in)[0].Value
}

// near fails if two sets of numbers differ by more than tolerance.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var worst float64
	for i := range got {
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
	}
	if !(worst <= tolerance) {
		t.Errorf("%s: differ by %g, want %g at most", what, worst, tolerance)
	}
}

// eachGolden runs f on each golden adapter, attached to its base.
func eachGolden(t *testing.T, f func(t *testing.T, c goldenCase, m *model.Model, a *Adapter), options ...model.Option) {
	for _, c := range goldenCases(t) {
		t.Run(c.name, func(t *testing.T) {
			m := open(t, c.base, options...)
			a, err := Open(m.Net, c.dir)
			if err != nil {
				t.Fatal(err)
			}
			f(t, c, m, a)
		})
	}
}

// An adapter that PEFT wrote gives PEFT's logits, on packed weights.
func TestGolden(t *testing.T) {
	eachGolden(t, func(t *testing.T, c goldenCase, m *model.Model, _ *Adapter) {
		near(t, "logits", logits(m, c.in).Data(), c.logits, 2e-5)
	})
}

// The gradient of what is trained is PEFT's, and nothing else has one.
func TestGoldenGradient(t *testing.T) {
	eachGolden(t, func(t *testing.T, c goldenCase, m *model.Model, a *Adapter) {
		a.Trainable()
		y := logits(m, c.in)
		rows := y.Len() / y.Dim(-1)
		loss := tensor.Scale(tensor.CrossEntropy(y, make([]int32, rows)), float32(rows))
		loss.Backward()
		var sum float64
		for _, p := range a.Params() {
			for _, g := range p.Grad() {
				sum += float64(g) * float64(g)
			}
		}
		if norm := math.Sqrt(sum); math.Abs(norm-float64(c.norm)) > 1e-4*float64(c.norm) {
			t.Errorf("norm of the gradient: %v, want %v", norm, c.norm)
		}
		trained := map[*nn.Param]bool{}
		for _, p := range a.Params() {
			trained[p] = true
		}
		nn.Walk(m.Net, func(name string, p *nn.Param) {
			if !trained[p] && p.Grad() != nil {
				t.Errorf("%s has a gradient", name)
			}
		})
	})
}

// Merged weights give what the adapter gives, and unmerged ones what they gave.
func TestMerge(t *testing.T) {
	eachGolden(t, func(t *testing.T, c goldenCase, m *model.Model, a *Adapter) {
		tied := m.Species.Type == "t5" || c.name == "llama-embedding"
		a.Merge()
		if !tied {
			near(t, "merged", logits(m, c.in).Data(), c.logits, 1e-4)
		}
		a.Unmerge()
		near(t, "unmerged", logits(m, c.in).Data(), c.logits, 1e-4)
		a.Detach()
		near(t, "detached", logits(m, c.in).Data(), logits(open(t, c.base), c.in).Data(), 1e-4)
	}, model.Plain())
}

// What is saved is read back as it was, and is what PEFT wrote.
func TestSaved(t *testing.T) {
	eachGolden(t, func(t *testing.T, c goldenCase, m *model.Model, a *Adapter) {
		dir := t.TempDir()
		if err := a.Save(dir); err != nil {
			t.Fatal(err)
		}
		again := open(t, c.base)
		if _, err := Open(again.Net, dir); err != nil {
			t.Fatal(err)
		}
		near(t, "read back", logits(again, c.in).Data(), logits(m, c.in).Data(), 0)
		src, err := checkpoint.Open(filepath.Join(dir, "adapter_model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		for _, name := range weightFiles {
			theirs, err := checkpoint.Open(filepath.Join(c.dir, name))
			if err != nil {
				continue
			}
			defer theirs.Close()
			for _, name := range src.Names() {
				near(t, name, floats(t, src, name), floats(t, theirs, name), 0)
			}
		}
	})
}

// A fresh adapter changes nothing, to the bit, whatever form the weights have.
func TestFresh(t *testing.T) {
	for _, c := range goldenCases(t) {
		for _, form := range []string{"", "q8_0", "bf16", "int8"} {
			t.Run(c.name+"/"+form, func(t *testing.T) {
				config, err := ReadConfig(c.dir)
				if err != nil {
					t.Fatal(err)
				}
				if config.Save != nil && (form == "q8_0" || form == "int8") {
					t.Skip("a head that is trained whole is no longer multiplied by as integers")
				}
				tolerance := 0.0
				if form == "int8" { // whose products round once with the bias, where nothing stands between
					tolerance = 1e-5
				}
				base, m := open(t, c.base, model.Weights(form)), open(t, c.base, model.Weights(form))
				a, err := Attach(m.Net, config, 1)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "logits", logits(m, c.in).Data(), logits(base, c.in).Data(), tolerance)
				a.Trainable()
				near(t, "logits in training", logits(m, c.in).Data(), logits(base, c.in).Data(), tolerance)
			})
		}
	}
}

// Attaching twice, and to what is not there, is refused, and leaves the model alone.
func TestRefused(t *testing.T) {
	m := open(t, "../models/llama/testdata/gqa")
	if _, err := Attach(m.Net, Config{Targets: Targets{Names: []string{"q_proj"}}}, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config, want string
	}{
		{`{"target_modules":["q_proj"]}`, "already"},
		{`{"target_modules":["query"]}`, "target_modules"},
		{`{"target_modules":"("}`, "target_modules"},
		{`{"target_modules":["k_proj"],"rank_pattern":{"(":1}}`, "pattern"},
		{`{"target_modules":["k_proj"],"rank_pattern":{"k_proj":-1}}`, "rank_pattern"},
		{`{"target_modules":["k_proj"],"r":-1}`, "r:"},
		{`{"target_modules":["k_proj"],"bias":"some"}`, "bias"},
		{`{"target_modules":["k_proj"],"lora_dropout":1}`, "lora_dropout"},
		{`{"target_modules":["k_proj"],"peft_type":"IA3"}`, "peft_type"},
		{`{"target_modules":["k_proj"],"init_lora_weights":"pissa"}`, "init_lora_weights"},
		{`{"target_modules":["k_proj"],"layer_replication":[[0,2]]}`, "layer_replication"},
		{`{"target_modules":["embed_tokens"],"use_dora":true}`, "use_dora"},
		{`{"target_modules":7}`, "target_modules"},
		{`{}`, "target_modules"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), []byte(c.config), 0o666); err != nil {
			t.Fatal(err)
		}
		config, err := ReadConfig(dir)
		if err == nil {
			_, err = Attach(m.Net, config, 0)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one of %s", c.config, err, c.want)
		}
	}
}

// A file that lacks a part, or has one too many, is refused.
func TestStrict(t *testing.T) {
	c := goldenCases(t)[0]
	src, err := checkpoint.Open(filepath.Join(c.dir, weightFiles[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	all := checkpoint.Tensors(src)
	config, err := os.ReadFile(filepath.Join(c.dir, "adapter_config.json"))
	if err != nil {
		t.Fatal(err)
	}
	for want, tensors := range map[string][]entry.Tensor{
		"missing":            all[1:],
		"unexpected":         append(slices.Clone(all), entry.Of(peftPrefix+"x.lora_A.weight", tensor.Zeros(1, 1))),
		"does not begin":     append(slices.Clone(all), entry.Of("x", tensor.Zeros(1))),
		"is [1 1], want [4 ": append(slices.Clone(all[1:]), entry.Of(all[0].Name, tensor.Zeros(1, 1))),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "adapter_config.json"), config, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := safetensors.Write(filepath.Join(dir, weightFiles[0]), nil, tensors); err != nil {
			t.Fatal(err)
		}
		m := open(t, c.base)
		if _, err := Open(m.Net, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one of %q", err, want)
		}
		near(t, "model", logits(m, c.in).Data(), logits(open(t, c.base), c.in).Data(), 0)
	}
}

// TestWritten writes fresh adapters, trained a little, for PEFT to open: see
// tools/golden/adapter.py.
func TestWritten(t *testing.T) {
	out := os.Getenv("ZOO_PEFT")
	if out == "" {
		t.Skip("ZOO_PEFT names no folder to write to")
	}
	eachGolden(t, func(t *testing.T, c goldenCase, m *model.Model, a *Adapter) {
		config := a.Config
		a.Detach()
		a, err := Attach(m.Net, config, 3)
		if err != nil {
			t.Fatal(err)
		}
		a.Trainable()
		for range 3 {
			tensor.CrossEntropy(logits(m, c.in), make([]int32, logits(m, c.in).Len()/logits(m, c.in).Dim(-1))).Backward()
			for _, p := range a.Params() {
				for i, g := range p.Grad() {
					p.Data()[i] -= 0.3 * g
					p.Grad()[i] = 0
				}
			}
		}
		dir := filepath.Join(out, c.name)
		if err := a.Save(dir); err != nil {
			t.Fatal(err)
		}
		moved := logits(m, c.in)
		if slices.Equal(moved.Data(), logits(open(t, c.base), c.in).Data()) {
			t.Error(fmt.Errorf("nothing was learnt"))
		}
		if err := safetensors.Write(filepath.Join(dir, "zoo.safetensors"), nil, []entry.Tensor{entry.Of("logits", moved)}); err != nil {
			t.Fatal(err)
		}
	})
}
