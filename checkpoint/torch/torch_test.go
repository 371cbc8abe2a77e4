package torch

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/nlp-zoo/zoo/checkpoint/safetensors"
)

// TestForms holds a state dict of every kind of number and view, in each form
// that torch.save writes, to the same tensors as safetensors.
func TestForms(t *testing.T) {
	want, err := safetensors.Open("testdata/want.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = want.Close() })
	for _, name := range []string{"zip", "legacy", "parameters", "inner", "protocol4"} {
		t.Run(name, func(t *testing.T) {
			f, err := Open("testdata/" + name + ".bin")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			})
			if !slices.Equal(f.Names(), want.Names()) {
				t.Errorf("names are %q", f.Names())
			}
			for _, name := range want.Names() {
				a, errA := f.Tensor(name)
				b, errB := want.Tensor(name)
				if errA != nil || errB != nil {
					t.Error(errA, errB)
					continue
				}
				if a.DType() != b.DType() || !slices.Equal(a.Shape(), b.Shape()) || !bytes.Equal(a.Raw(), b.Raw()) {
					t.Errorf("%s: %v %v, want %v %v", name, a.DType(), a.Shape(), b.DType(), b.Shape())
				}
			}
		})
	}
}

// What is more than a state dict of plain tensors is refused by the class it needs.
func TestOtherObjects(t *testing.T) {
	for name, class := range map[string]string{
		"sparse": "torch._utils._rebuild_sparse_tensor", "module": "torch.nn.modules.linear.Linear",
	} {
		f, err := Open("testdata/" + name + ".bin")
		if err == nil || !strings.Contains(err.Error(), "class "+class+" is not allowed") || !strings.HasPrefix(err.Error(), "torch: testdata/"+name+".bin: ") {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

// A tensor that is a run of its storage is not copied, and tied ones share it.
func TestTiedTensorsShare(t *testing.T) {
	f, err := Open("testdata/zip.bin")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	a, errA := f.Tensor("f32")
	b, errB := f.Tensor("tied")
	row, errRow := f.Tensor("row")
	if errA != nil || errB != nil || errRow != nil {
		t.Fatal(errA, errB, errRow)
	}
	if &a.Raw()[0] != &b.Raw()[0] || &a.Raw()[2*6*4] != &row.Raw()[0] {
		t.Error("tied tensors are copies")
	}
}
