package train

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
	"github.com/nlp-zoo/zoo/tensor"
)

// heldLosses runs a recipe and returns its losses, of training and on held-out text.
func heldLosses(t *testing.T, family string, changes ...string) (all []float64, dir string) {
	r := recipe(t, family, append([]string{"steps=60", "save.every=0", "sample.tokens=0", "optimizer.lr=1e-3"}, changes...)...)
	dir = trained(t, r, Options{Report: func(event any) {
		if m, ok := event.(Metrics); ok {
			all = append(all, m.Loss)
			if m.Eval != nil {
				all = append(all, m.Eval["loss"])
			}
		}
	}})
	return all, dir
}

// The losses of weights kept as bfloat16 stay close to those of float32, and the
// checkpoint has matrices of half the bytes.
func TestHalfPrecision(t *testing.T) {
	for family := range recipes {
		t.Run(family, func(t *testing.T) {
			want, _ := heldLosses(t, family)
			got, dir := heldLosses(t, family, "precision=bf16")
			differ := false
			for i := range want {
				if d := math.Abs(got[i] - want[i]); d > 0.01*want[i] {
					t.Errorf("loss %d is %g, with float32 %g", i, got[i], want[i])
				}
				differ = differ || got[i] != want[i]
			}
			if !differ {
				t.Error("nothing was rounded")
			}
			src, err := safetensors.Open(filepath.Join(dir, lastName, weightsName))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			kinds := map[tensor.DType]int{}
			for _, name := range src.Names() {
				w, err := src.Tensor(name)
				if err != nil {
					t.Fatal(err)
				}
				kinds[w.DType()]++
			}
			if kinds[tensor.BF16] == 0 || kinds[tensor.F32] == 0 || len(kinds) != 2 {
				t.Errorf("the checkpoint has tensors %v", kinds)
			}
		})
	}
}

// A run of that precision that was stopped goes on to the same bytes.
func TestHalfPrecisionResumes(t *testing.T) {
	for family := range recipes {
		r := recipe(t, family, "precision=bf16", "optimizer.name=lamb")
		whole := trained(t, r, Options{})
		ctx, stop := context.WithCancel(context.Background())
		parts := Options{Dir: filepath.Join(t.TempDir(), "run"), Report: func(event any) {
			if m, ok := event.(Metrics); ok && m.Step >= 10 {
				stop()
			}
		}}
		if _, err := Run(ctx, r, parts); !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
		parts.Resume, parts.Report = true, nil
		sameState(t, trained(t, r, parts), whole)
	}
}
