package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint"
	"github.com/nlp-zoo/zoo/checkpoint/entry"
	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// TestRun: positions become sines and cosines as large as words are, every other tensor
// and file stays as it was.
func TestRun(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "out")
	tensors := map[string][]float32{}
	const rows, width = 5, 4
	for i, name := range []string{table + "word_embeddings.weight", table + "position_embeddings.weight", "cls.bias"} {
		for j := range rows * width {
			tensors[name] = append(tensors[name], float32(math.Sin(float64(7*i+3*j))))
		}
	}
	var all []checkpoint.Tensor
	for name, x := range tensors {
		var raw []byte
		for _, v := range x {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		all = append(all, entry.FromBytes(name, checkpoint.Info{DType: tensor.F32, Shape: []int{rows, width}}, raw))
	}
	if err := safetensors.Write(filepath.Join(from, "model.safetensors"), nil, all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(from, to); err != nil {
		t.Fatal(err)
	}
	src, err := checkpoint.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	size := math.Sqrt2 * deviation(tensors[table+"word_embeddings.weight"])
	for name, want := range tensors {
		got, _, err := values(src, name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			w := float64(want[i])
			if name == table+"position_embeddings.weight" {
				at := float64(i / width)
				w = size * []float64{math.Sin(at), math.Sin(at / 100), math.Cos(at), math.Cos(at / 100)}[i%width]
			}
			if math.Abs(float64(got[i])-w) > 1e-6 {
				t.Errorf("%s: value %d is %v, want %v", name, i, got[i], w)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(to, "vocab.txt")); err != nil || string(text) != "vocab.txt" {
		t.Errorf("vocab.txt: %q, %v", text, err)
	}
	if err := run(to, from+"/absent/x\x00"); err == nil {
		t.Error("a folder that can't be is no error")
	}
}

func TestDeviation(t *testing.T) {
	if got := deviation([]float32{1, 1, 3, 3}); got != 1 {
		t.Errorf("deviation is %v, want 1", got)
	}
}
