package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// goldenCase is what a case's golden.json tells beside the numbers.
type goldenCase struct {
	Weights   string   `json:"weights"` // the case whose checkpoint is used
	Outputs   string   `json:"outputs"` // the case whose outputs hold
	Compare   string   `json:"compare"` // "attended": only where the mask is 1
	Tolerance float64  `json:"tolerance"`
	NotInGGUF []string `json:"not_in_gguf"`
}

// TestForwardGolden runs zoo forward on every golden checkpoint and holds what it
// prints against the reference, layer by layer.
func TestForwardGolden(t *testing.T) {
	root := cmp.Or(os.Getenv("ZOO_GOLDEN"), "../../models") // cases that are not committed may lie elsewhere
	cases, err := filepath.Glob(filepath.Join(root, "*/testdata/*/golden.json"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, path := range cases {
		dir := filepath.Dir(path)
		family := filepath.Base(filepath.Dir(filepath.Dir(dir)))
		t.Run(family+"/"+filepath.Base(dir), func(t *testing.T) { forwardGolden(t, dir) })
	}
}

func forwardGolden(t *testing.T, dir string) {
	var c goldenCase
	data, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	outputs := dir
	if c.Outputs != "" {
		outputs = filepath.Join(filepath.Dir(dir), c.Outputs)
	}
	golden, err := safetensors.Open(filepath.Join(outputs, "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	args := append([]string{"forward", "--all", "--json"}, inputArgs(t, golden)...)
	found := checkpoints(t, dir, c.Weights)
	if len(found) == 0 {
		t.Fatal("the case has no checkpoint")
	}
	for _, m := range found {
		t.Run(filepath.Base(m), func(t *testing.T) {
			got := forward(t, append(args, m))
			compare(t, golden, got, c, strings.HasSuffix(m, ".gguf"))
		})
	}
}

// checkpoints returns the case's folder and its GGUF file, where there are such. A
// case that borrows the weights of another is put together with its own config.
func checkpoints(t *testing.T, dir, weights string) []string {
	if weights != "" {
		return []string{assemble(t, dir, filepath.Join(filepath.Dir(dir), weights))}
	}
	var all []string
	if len(weightFiles(dir)) > 0 {
		all = append(all, dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "model.gguf")); err == nil {
		all = append(all, filepath.Join(dir, "model.gguf"))
	}
	return all
}

// weightFiles lists a folder's files of weights but for GGUF, with their index.
func weightFiles(dir string) []string {
	var files []string
	for _, pattern := range []string{"*model*.safetensors", "*model*.bin", "*model*.index.json"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		files = append(files, found...)
	}
	return files
}

func assemble(t *testing.T, dir, weights string) string {
	out := t.TempDir()
	files := append(weightFiles(weights), filepath.Join(dir, "config.json"))
	if len(files) == 1 {
		t.Fatalf("%s has no weights", weights)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, filepath.Base(f)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// inputArgs writes the inputs of a case as flags.
func inputArgs(t *testing.T, golden *safetensors.File) []string {
	var args []string
	for _, in := range []struct{ tensor, flag string }{
		{"input_ids", "--ids"}, {"token_type_ids", "--types"}, {"attention_mask", "--mask"}, {"decoder_input_ids", "--decoder-ids"}, {"position_ids", "--positions"},
	} {
		x := values(t, golden, in.tensor)
		if x == nil {
			continue
		}
		if in.tensor == "input_ids" && len(x.Shape()) == 3 {
			args = append(args, "--choices", fmt.Sprint(x.Dim(1)))
		}
		n := x.Dim(-1)
		for lo := 0; lo < x.Len(); lo += n {
			args = append(args, in.flag, strings.ReplaceAll(strings.Trim(fmt.Sprint(x.Data()[lo:lo+n]), "[]"), " ", ","))
		}
	}
	return args
}

func values(t *testing.T, golden *safetensors.File, name string) *tensor.Tensor {
	t.Helper()
	if _, ok := golden.Info(name); !ok {
		return nil
	}
	x, err := golden.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return x.Dense()
}

type printed map[string]struct {
	Shape []int     `json:"shape"`
	Data  []float32 `json:"data"`
}

func forward(t *testing.T, args []string) printed {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := run(context.Background(), args, stdio{strings.NewReader(""), &out, &stderr}); code != exitDone {
		t.Fatalf("zoo %s = %d: %s", strings.Join(args[len(args)-1:], " "), code, stderr.String())
	}
	var p printed
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// compare holds every output that the reference has, hidden states first.
func compare(t *testing.T, golden *safetensors.File, got printed, c goldenCase, gguf bool) {
	t.Helper()
	compared := 0
	for _, name := range golden.Names() {
		switch {
		case strings.HasPrefix(name, "grad"), name == "loss", name == "labels", strings.HasSuffix(name, "_ids"), strings.HasSuffix(name, "_mask"),
			name == "start_positions", name == "end_positions", name == "next_sentence_label", gguf && lacking(c.NotInGGUF, name):
			continue
		}
		want, have := values(t, golden, name), got[name]
		if fmt.Sprint(have.Shape) != fmt.Sprint(want.Shape()) {
			t.Errorf("%s has shape %v, want %v", name, have.Shape, want.Shape())
			continue
		}
		compared++
		worst, at := 0.0, 0
		for i, w := range want.Data() {
			if c.Compare == "attended" && !attended(t, golden, want, i) {
				continue
			}
			if d := math.Abs(float64(have.Data[i]) - float64(w)); !(d <= worst) {
				worst, at = d, i
			}
		}
		if !(worst <= c.Tolerance) {
			t.Errorf("%s differs by %.3g at %d, over %v", name, worst, at, c.Tolerance)
		}
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// lacking tells whether an output needs tensors that llama.cpp's files leave out.
func lacking(left []string, output string) bool {
	for _, name := range left {
		if part, _, _ := strings.Cut(name, "."); part+"_output" == output {
			return true
		}
	}
	return false
}

// attended tells whether value i of x [B,T,...] stands at a place that the mask shows.
func attended(t *testing.T, golden *safetensors.File, x *tensor.Tensor, i int) bool {
	mask := values(t, golden, "attention_mask")
	if mask == nil || len(x.Shape()) < 2 || x.Dim(0)*x.Dim(1) != mask.Len() {
		return true
	}
	return mask.Data()[i/(x.Len()/mask.Len())] != 0
}
