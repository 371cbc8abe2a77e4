package all_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/internal/testkit"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/modeltest"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// evaluate returns what a model makes of a fixed text.
func evaluate(t *testing.T, m *model.Model) map[string]*tensor.Tensor {
	t.Helper()
	ids, _ := nn.Rows(0, modeltest.Text(20))
	target, _ := nn.Rows(0, modeltest.Text(7))
	out := map[string]*tensor.Tensor{}
	for _, o := range m.Net.(model.Outputs).Outputs(&nn.Pass{}, model.Inputs{IDs: ids, DecoderIDs: target, Choices: 1}) {
		out[o.Name] = o.Value
	}
	return out
}

var texts = []string{
	"", "Once upon a time, there was a little girl.", "  two  spaces\n\tand 123 4567 don't", "naïve café 漢字 🙂 \u00a0x", "<s>a</s> <|endoftext|> [MASK] <extra_id_0> b",
}

// hold holds the checkpoint at path to the outputs and the ids of want.
func hold(t *testing.T, path string, want *model.Model, tolerance float64) {
	t.Helper()
	got, err := model.Open(path, model.Exact())
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	compared, have := 0, evaluate(t, got)
	for name, w := range evaluate(t, want) {
		if g := have[name]; g != nil {
			compared++
			modeltest.Same(t, g, w, tolerance)
		} else if name != "pooler_output" {
			t.Errorf("there is no %s any more", name)
		}
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
	if (got.Tokenizer == nil) != (want.Tokenizer == nil) {
		t.Fatalf("tokenizer: %v, before %v", got.Tokenizer != nil, want.Tokenizer != nil)
	}
	if want.Tokenizer == nil {
		return
	}
	for _, text := range texts {
		if a, b := got.Tokenizer.Encode(text), want.Tokenizer.Encode(text); !slices.Equal(a, b) {
			t.Errorf("%q becomes %v, before %v", text, a, b)
		} else if a, b := got.Tokenizer.Decode(a, false), want.Tokenizer.Decode(b, false); a != b {
			t.Errorf("%q becomes the text %q, before %q", text, a, b)
		}
	}
}

func TestExport(t *testing.T) {
	for _, c := range []struct {
		path      string
		tolerance float64 // of the GGUF file's outputs; the folder's are the same bytes
	}{
		{"llama/testdata/gqa", 0}, {"llama/testdata/gqa-bf16", 0}, {"llama/testdata/mha-sharded", 0}, {"llama/testdata/mha-bin", 0}, {"llama/testdata/bias", 0},
		{"llama/testdata/tied", 0}, {"llama/testdata/mistral", 0}, {"llama/testdata/qwen2", 0}, {"llama/testdata/qwen3", 0},
		{"llama/testdata/llama3/model.gguf", 0}, {"llama/testdata/gguf-q8_0/model.gguf", 0}, {"llama/testdata/gguf-mixed/model.gguf", 0},
		{"llama/testdata/tied/model.gguf", 0}, {"llama/testdata/qwen2/model.gguf", 0},
		{"gpt/testdata/gpt2", 0}, {"gpt/testdata/gpt2-hub", 0}, {"gpt/testdata/gpt2/model.gguf", 0},
		{"bert/testdata/bert", 0}, {"bert/testdata/bert/model.gguf", 0},
		{"t5/testdata/t5", 0}, {"t5/testdata/v1_1", 0}, {"t5/testdata/encoder", 0}, {"t5/testdata/t5/model.gguf", 0},
	} {
		t.Run(c.path, func(t *testing.T) { export(t, filepath.Join("..", c.path), c.tolerance) })
	}
}

// export writes a checkpoint in both formats, and the GGUF file as a folder again.
func export(t *testing.T, path string, tolerance float64) {
	want, err := model.Open(path, model.Exact())
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	dir := t.TempDir()
	folder, file, back := filepath.Join(dir, "folder"), filepath.Join(dir, "model.gguf"), filepath.Join(dir, "back")
	for _, step := range []struct {
		from, to  string
		tolerance float64
	}{{path, folder, 0}, {path, file, tolerance}, {file, back, tolerance}} {
		if _, err := model.Export(step.from, step.to, model.ExportOptions{}); err != nil {
			t.Fatal(err)
		}
		hold(t, step.to, want, step.tolerance)
	}
}

func TestExportStories(t *testing.T) {
	export(t, testkit.Shared(t, "data/weights/stories260K/stories260K.bin"), 0)
}

// TestExportWeights holds the sizes and the errors of other forms to what they
// are known to be.
func TestExportWeights(t *testing.T) {
	path := "../llama/testdata/gqa"
	want, err := model.Open(path, model.Exact())
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	dir := t.TempDir()
	size := 1 << 30
	for _, c := range []struct {
		weights   string
		tolerance float64 // relative to the largest logit
	}{{"f32", 0}, {"f16", 2e-3}, {"bf16", 2e-2}, {"q8_0", 3e-2}, {"q5_1", 0.2}, {"q5_0", 0.2}, {"q4_0", 0.4}} {
		file := filepath.Join(dir, c.weights+".gguf")
		done, err := model.Export(path, file, model.ExportOptions{Weights: c.weights})
		if err != nil {
			t.Fatal(err)
		}
		if done.Bytes > size {
			t.Errorf("%s takes %d bytes, the form before it %d", c.weights, done.Bytes, size)
		}
		size = done.Bytes
		m, err := model.Open(file, model.Exact())
		if err != nil {
			t.Fatal(err)
		}
		got, exact := evaluate(t, m)["logits"], evaluate(t, want)["logits"]
		most := float32(0)
		for _, v := range exact.Data() {
			most = max(most, v, -v)
		}
		if d := modeltest.Distance(got, exact); !(d <= c.tolerance*float64(most)) {
			t.Errorf("%s: logits of up to %v are off by %v", c.weights, most, d)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExportForce puts a model in the place of another, whose tokenizer must not
// be read any more.
func TestExportForce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	for _, path := range []string{"../llama/testdata/qwen2", "../llama/testdata/gguf-q8_0/model.gguf", "../llama/testdata/gqa"} {
		want, err := model.Open(path, model.Exact())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := model.Export(path, folder, model.ExportOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
		hold(t, folder, want, 0)
		if err := want.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.gguf")
	if err := os.WriteFile(there, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	llama := "../llama/testdata/"
	whole := filepath.Join(dir, "dynamic")
	for name, from := range map[string]string{"config.json": llama + "rope-dynamic/config.json", "model.safetensors": llama + "gqa/model.safetensors"} {
		data, err := os.ReadFile(from)
		if err == nil {
			err = errors.Join(os.MkdirAll(whole, 0o755), os.WriteFile(filepath.Join(whole, name), data, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		from, to string
		o        model.ExportOptions
		want     string
	}{
		{llama + "gqa", there, model.ExportOptions{}, "there already"},
		{llama + "gqa", llama + "gqa", model.ExportOptions{Force: true}, "it is the source"},
		{llama + "gqa", dir, model.ExportOptions{Format: "gguf", Force: true}, "another kind"},
		{llama + "gqa", filepath.Join(dir, "a"), model.ExportOptions{Format: "onnx"}, `"onnx"`},
		{llama + "gqa", filepath.Join(dir, "a"), model.ExportOptions{Weights: "q8_0"}, "no q8_0"},
		{llama + "gqa", filepath.Join(dir, "a"), model.ExportOptions{Weights: "q9"}, `"q9"`},
		{llama + "absent", filepath.Join(dir, "a"), model.ExportOptions{}, "absent"},
		{llama + "gqa", filepath.Join(dir, "no", "such", "a.gguf"), model.ExportOptions{}, "no/such"},
		{"../gpt/testdata/gpt2-inner", there, model.ExportOptions{Force: true}, ""},
		{"../bert/testdata/roberta", filepath.Join(dir, "r.gguf"), model.ExportOptions{}, "no form for roberta"},
		{"../bert/testdata/bert-tag", filepath.Join(dir, "r.gguf"), model.ExportOptions{}, "no place for classifier"},
		{"../t5/testdata/v1_1-deep", filepath.Join(dir, "r.gguf"), model.ExportOptions{}, "cannot say feed_forward_proj"},
		{whole, filepath.Join(dir, "r.gguf"), model.ExportOptions{}, `cannot say rope_scaling of type "dynamic"`},
	} {
		before, _ := os.ReadFile(there)
		_, err := model.Export(c.from, c.to, c.o)
		if c.want == "" {
			if err != nil {
				t.Errorf("Export(%s, %s): %v", c.from, c.to, err)
			}
			continue
		}
		if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), c.want) {
			t.Errorf("Export(%s, %s): error is %v, want one with %q", c.from, c.to, err, c.want)
		}
		if after, _ := os.ReadFile(there); string(after) != string(before) {
			t.Errorf("Export(%s, %s) failed and changed what was there", c.from, c.to)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
