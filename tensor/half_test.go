package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Half is as good as the rounded values: results and gradients have the same bytes.
func TestHalfIsItsValues(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, shape := range [][2]int{{3, 5}, {70, 33}, {deepBlock + 70, 40}} {
		half := Half(random(r, shape[0], shape[1])).RequireGrad()
		plain := Zeros(shape[0], shape[1]).RequireGrad()
		half.Float32s(plain.data, 0)
		ids := []int32{2, 0, 2, 1}
		want, got := learnt(plain, ids), learnt(half, ids)
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%v: result %d differs", shape, i)
			}
		}
	}
}

// learnt returns what a table that is a linear map as well makes, and its gradients.
func learnt(w *Tensor, ids []int32) [][]float32 {
	x := Embed(nil, w, ids, len(ids))
	side := random(rand.New(rand.NewPCG(1, 1)), len(ids), w.Dim(1)).RequireGrad()
	y := Linear(Add(x, side), w, nil)
	Entropy{}.Loss(y, []int32{1, Ignore, 0, 2}).Backward()
	return [][]float32{x.Data(), y.Data(), w.Grad(), side.Grad()}
}

func TestHalfRounds(t *testing.T) {
	h := Half(New([]float32{1, 1.00390625, 1.01171875, -3e38, 0.1}, 5)) // halfway goes to even
	got := make([]float32, 5)
	h.Float32s(got, 0)
	if want := "[1 1 1.015625 -3.0040553e+38 0.100097656]"; fmt.Sprint(got) != want {
		t.Errorf("rounded to %v, want %s", got, want)
	}
	h.SetFloat32s([]float32{7, 9}, 2)
	if h.Float32s(got, 0); fmt.Sprint(got) != "[1 1 7 9 0.100097656]" {
		t.Errorf("after writing %v", got)
	}
	if h.DType() != BF16 || h.RequireGrad().Grad() == nil {
		t.Error("it is no leaf of bfloat16 numbers")
	}
	n := make([]float32, 3*(1<<14)+5)
	for i := range n {
		n[i] = float32(i % 200)
	}
	all := make([]float32, len(n))
	if Half(New(n, len(n))).Float32s(all, 0); !slices.Equal(all, n) {
		t.Error("small integers are not kept")
	}
}

func TestHalfRefuses(t *testing.T) {
	stored, err := Stored(F16, make([]byte, 8), 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if Try(func() { stored.RequireGrad() }) == nil || Try(func() { stored.SetFloat32s([]float32{1}, 0) }) == nil {
		t.Error("numbers that may be a file's can be written to")
	}
}
