package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/model"
	_ "github.com/nlp-zoo/zoo/models/all"
	"github.com/nlp-zoo/zoo/nn"
)

// TestArchive writes models with heads as archives, and opens them from the file
// and from memory: with the tensors, the tokenizer and the config that they had.
func TestArchive(t *testing.T) {
	for name, path := range map[string]string{
		"bert": "../bert/testdata/xlmr-masked", "gpt2": "../gpt/testdata/gpt2",
		"llama": "../llama/testdata/tied", "t5": "../t5/testdata/t5",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "whole.zoo")
			if _, err := model.Export(path, file, model.ExportOptions{Format: model.ArchiveFormat}); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			model.Embed("test/"+name, data[:len(data):len(data)])
			want := open(t, path)
			for _, at := range []string{file, "test/" + name} {
				same(t, want, open(t, at))
				info, err := model.Describe(at)
				if err != nil || info.Format != model.ArchiveFormat || info.Parameters != nn.Count(want.Net) {
					t.Errorf("%s: described as %+v, %v", at, info, err)
				}
				if want.Tokenizer == nil {
					continue
				}
				if alone, err := model.OpenTokenizer(at); err != nil || alone.VocabSize() != want.Tokenizer.VocabSize() {
					t.Errorf("%s: its tokenizer alone: %v", at, err)
				}
			}
			if !slices.Contains(model.Embedded(), "test/"+name) {
				t.Error("it is not among the embedded")
			}
			back := filepath.Join(t.TempDir(), "back")
			if _, err := model.Export("test/"+name, back, model.ExportOptions{}); err != nil {
				t.Fatal(err)
			}
			same(t, want, open(t, back))
		})
	}
}

func open(t *testing.T, path string) *model.Model {
	t.Helper()
	m, err := model.Open(path, model.Plain())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// same fails unless a and b have the same parameters and the same tokens.
func same(t *testing.T, a, b *model.Model) {
	t.Helper()
	other := map[string]*nn.Param{}
	nn.Walk(b.Net, func(name string, p *nn.Param) { other[name] = p })
	nn.Walk(a.Net, func(name string, p *nn.Param) {
		if p.Tensor == nil {
			return
		}
		x, y := make([]float32, p.Len()), make([]float32, p.Len())
		p.Float32s(x, 0)
		other[name].Float32s(y, 0)
		if !slices.Equal(x, y) {
			t.Errorf("%s: %s differs", b.Path, name)
		}
	})
	const text = "The zoo opens at nine."
	if (a.Tokenizer == nil) != (b.Tokenizer == nil) {
		t.Fatalf("%s: tokenizer is lost or found", b.Path)
	}
	if a.Tokenizer != nil && !slices.Equal(a.Tokenizer.Encode(text), b.Tokenizer.Encode(text)) {
		t.Errorf("%s: other tokens", b.Path)
	}
}

// TestArchiveHostile opens archives that lack what they need.
func TestArchiveHostile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "whole.zoo")
	if _, err := model.Export("../llama/testdata/tied", file, model.ExportOptions{Format: model.ArchiveFormat}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 10, 100, 1000, len(data) / 2, len(data) - 1} {
		cut := filepath.Join(t.TempDir(), "cut.zoo")
		if err := os.WriteFile(cut, data[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if m, err := model.Open(cut); err == nil {
			m.Close()
			t.Errorf("opens when cut to %d bytes", n)
		}
	}
	renamed := filepath.Join(t.TempDir(), "renamed.zoo")
	if err := os.WriteFile(renamed, []byte(strings.Replace(string(data), "zoo.file.config.json", "zoo.file.cinfog.json", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if m, err := model.Open(renamed); err == nil {
		m.Close()
		t.Error("opens without a config.json")
	}
}
