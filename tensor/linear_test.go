package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/internal/parallel"
)

// eachWay calls f with weights of [n,k] in every way that they can lie, and with the
// number of threads there are.
func eachWay(t *testing.T, f func(t *testing.T, weight func(seed uint64, n, k int) *Tensor)) {
	ways := map[string]func(w *Tensor) *Tensor{"plain": func(w *Tensor) *Tensor { return w }}
	for form := FormF32; form < numForms; form++ {
		if !form.Fits(256) {
			continue
		}
		ways[form.String()] = func(w *Tensor) *Tensor { return Pack(w, form, &Room{}) }
	}
	defer parallel.SetThreads(0)
	for name, way := range ways {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, threads), func(t *testing.T) {
				parallel.SetThreads(threads)
				f(t, func(seed uint64, n, k int) *Tensor { return way(random(rand.New(rand.NewPCG(seed, 1)), n, k)) })
			})
		}
	}
}

// What is computed in one go has the bytes of one thing after the other.
func TestFusedIsTheSame(t *testing.T) {
	eachWay(t, func(t *testing.T, weight func(seed uint64, n, k int) *Tensor) {
		const k = 256
		q, kk, v, up := weight(1, 256, k), weight(2, 70, k), weight(3, 33, k), weight(4, 256, k)
		b := random(rand.New(rand.NewPCG(5, 5)), 256)
		for _, m := range []int{1, 2, 5, 200} {
			x := random(rand.New(rand.NewPCG(9, uint64(m))), m, k)
			want := Linear(x, q, b)
			yq, yk, yv := Linear3(x, Affine{q, b}, Affine{kk, nil}, Affine{v, nil})
			_, again := Linear2(x, Affine{v, nil}, Affine{kk, nil})
			for name, pair := range map[string][2]*Tensor{
				"q": {yq, want}, "k": {yk, Linear(x, kk, nil)}, "v": {yv, Linear(x, v, nil)}, "second of two": {again, yk},
				"then":  {LinearThen(x, Affine{q, b}, ActGELU), GELU(want)},
				"gated": {Gated(x, Affine{q, b}, Affine{up, nil}, ActSiLU), SiLUMul(want, Linear(x, up, nil))},
				"relu2": {Gated(x, Affine{up, nil}, Affine{q, b}, ActReLU2), Mul(ActReLU2.Apply(Linear(x, up, nil)), want)},
			} {
				if !slices.Equal(pair[0].data, pair[1].data) {
					t.Errorf("%d rows: %s differs", m, name)
				}
			}
		}
	})
}

// A row gives the same bytes alone as among any number of others.
func TestRowsOfEveryForm(t *testing.T) {
	eachWay(t, func(t *testing.T, weight func(seed uint64, n, k int) *Tensor) {
		const n, k = 100, 512
		w, x := weight(1, n, k), random(rand.New(rand.NewPCG(2, 2)), 130, k)
		all := Linear(x, w, nil).data
		for _, m := range []int{1, 2, 3, 4, 5, 7, 17, 64} {
			for i := 0; i+m <= 130; i += 41 {
				if some := Linear(New(x.data[i*k:(i+m)*k], m, k), w, nil).data; !slices.Equal(some, all[i*n:(i+m)*n]) {
					t.Fatalf("%d rows from %d on differ from those among others", m, i)
				}
			}
		}
	})
}

func TestRoom(t *testing.T) {
	room := &Room{}
	var all []*Tensor
	for i := range 5 {
		all = append(all, Pack(random(rand.New(rand.NewPCG(uint64(i), 1)), 40+i, 30), FormF32, room))
	}
	if room.Bytes() != 5*64*30*4 {
		t.Errorf("%d bytes", room.Bytes())
	}
	for i, w := range all {
		if want := random(rand.New(rand.NewPCG(uint64(i), 1)), 40+i, 30); !slices.Equal(w.Dense().data, want.data) {
			t.Errorf("weight %d differs", i)
		}
	}
	if Pack(all[0], Own, room) != all[0] || Pack(all[0], FormF32, nil) != all[0] {
		t.Error("a packed weight was packed again")
	}
	for range 2 {
		if err := room.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := (*Room)(nil).Close(); err != nil {
		t.Error(err)
	}
}

func TestForms(t *testing.T) {
	for f := range numForms {
		if g, ok := ParseForm(f.String()); !ok || g != f {
			t.Errorf("ParseForm(%q) = %v, %v", f, g, ok)
		}
		if d := f.DType(); f > Own && f != FormBF16Fast && f != FormInt8 && FormOf(d) != f {
			t.Errorf("FormOf(%v) = %v, want %v", d, FormOf(d), f)
		}
	}
	if f, ok := ParseForm("F16"); !ok || f != FormF16 {
		t.Error("names are not case-insensitive")
	}
	if _, ok := ParseForm("q17"); ok {
		t.Error("q17 is a form")
	}
}
