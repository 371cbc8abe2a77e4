package tensor

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

func TestTryTellsShapes(t *testing.T) {
	cases := map[string]func(){
		"Add":       func() { Add(Zeros(2, 3), Zeros(2)) },
		"Mul":       func() { Mul(Zeros(2, 3), Zeros(3, 2)) },
		"Linear":    func() { Linear(Zeros(2, 3), Zeros(4, 5), nil) },
		"Norm":      func() { RMSNorm(Zeros(2, 3), Zeros(2), 1e-5) },
		"Reshape":   func() { Reshape(Zeros(2, 3), 4, -1) },
		"Columns":   func() { Columns(Zeros(2, 3), 2, 4) },
		"Embed":     func() { Embed(nil, Zeros(2, 3), []int32{2}, 1) },
		"Attention": func() { Attention(Zeros(1, 2, 3, 4), Zeros(1, 2, 2, 4), Zeros(1, 2, 2, 4), nil, 1, Mask{}) },
		"New":       func() { New(make([]float32, 3), 2) },
		"KV.Append": func() { NewKV(1, 1, 4, 8).Append(Zeros(1, 1, 1, 4), Zeros(1, 1, 1, 4), []Place{{Past: 32, N: 1}}) },
	}
	for op, f := range cases {
		var se *ShapeError
		if err := Try(f); !errors.As(err, &se) || se.Op != op {
			t.Errorf("%s: got error %v", op, err)
		}
	}
	if err := Try(func() {}); err != nil {
		t.Errorf("Try of nothing wrong = %v", err)
	}
	defer func() {
		if recover() != "other" {
			t.Error("another panic did not pass through Try")
		}
	}()
	_ = Try(func() { panic("other") })
}

func TestStoredIsChecked(t *testing.T) {
	for _, c := range []struct {
		d     DType
		bytes int
		shape []int
		ok    bool
	}{
		{F32, 24, []int{2, 3}, true}, {F32, 23, []int{2, 3}, false}, {F16, 12, []int{2, 3}, true},
		{Q8_0, 68, []int{2, 32}, true}, {Q8_0, 68, []int{32, 2}, false}, {F32, 0, []int{-1, 0}, false},
		{F32, 4, nil, true}, {numDTypes, 4, []int{1}, false}, {U8, 0, []int{1 << 40, 1 << 40}, false},
		{F32, 4, []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, false},
	} {
		if _, err := Stored(c.d, make([]byte, c.bytes), c.shape...); (err == nil) != c.ok {
			t.Errorf("Stored(%v, %d bytes, %v) = %v", c.d, c.bytes, c.shape, err)
		}
	}
}

// TestDTypesAreFormats holds the two lists of forms to each other, as Float32s
// turns one into the other.
func TestDTypesAreFormats(t *testing.T) {
	for d := range numDTypes {
		if got := kernel.Format(d).String(); got != d.String() {
			t.Errorf("form %v is %v in package kernel", d, got)
		}
		if back, ok := ParseDType(d.String()); !ok || back != d {
			t.Errorf("ParseDType(%v) = %v, %v", d, back, ok)
		}
	}
}

// storedMatrix returns the same random matrix [n,k] in form d.
func storedMatrix(t *testing.T, d DType, n, k int) *Tensor {
	t.Helper()
	w := random(rand.New(rand.NewPCG(3, 4)), n, k)
	size, err := StoredSize(d, n, k)
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, size)
	kernel.Quantize(kernel.Format(d), raw, w.data)
	s, err := Stored(d, raw, n, k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFormsGiveTheSameBytes multiplies by a weight as it is stored, packed, and
// as a plain array, and looks up its rows.
func TestFormsGiveTheSameBytes(t *testing.T) {
	x := random(rand.New(rand.NewPCG(9, 9)), 3, 64)
	for _, d := range []DType{F32, F16, BF16, Q8_0, Q4_0} {
		if !kernel.CanQuantize(kernel.Format(d)) {
			t.Fatalf("no encoder of %v", d)
		}
		w := storedMatrix(t, d, 70, 64)
		dense, packed := w.Dense(), Pack(w, Exact, &Room{})
		want := Linear(x, dense, nil).data
		for name, form := range map[string]*Tensor{"stored": w, "packed": packed} {
			if got := Linear(x, form, nil).data; !slices.Equal(got, want) {
				t.Errorf("%v: Linear of the %s weight differs from the plain one's", d, name)
			}
			ids := []int32{69, 0, 31, 32}
			if !slices.Equal(Embed(nil, form, ids, 4).data, Embed(nil, dense, ids, 4).data) {
				t.Errorf("%v: rows of the %s weight differ", d, name)
			}
		}
		back := make([]float32, 70*64)
		packed.Float32s(back, 0)
		if !slices.Equal(back, dense.data) {
			t.Errorf("%v: unpacked values differ", d)
		}
	}
}

func TestTransposedKeepsTheForm(t *testing.T) {
	for _, d := range []DType{F32, F16, BF16, Q8_0} {
		w := storedMatrix(t, d, 32, 64)
		y := Transposed(w)
		if d != Q8_0 && y.DType() != d {
			t.Errorf("%v became %v", d, y.DType())
		}
		a, b := w.Dense(), y.Dense()
		for i := range 32 {
			for j := range 64 {
				if a.data[i*64+j] != b.data[j*32+i] {
					t.Fatalf("%v: value %d,%d is not in its place", d, i, j)
				}
			}
		}
	}
}

func TestRowStandsAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	x, w, b := random(r, 150, 33), random(r, 65, 33), random(r, 65)
	all := Linear(x, w, b).data
	if !slices.Equal(Linear(x, Pack(w, Own, nil), b).data, all) {
		t.Fatal("a packed weight gives other bytes")
	}
	for i := range 150 {
		one := Linear(New(x.data[i*33:(i+1)*33], 1, 33), w, b).data
		if !slices.Equal(one, all[i*65:(i+1)*65]) {
			t.Fatalf("row %d alone differs from the row among others", i)
		}
	}
}

func TestCrossEntropyValue(t *testing.T) {
	got := CrossEntropy(New([]float32{0, 0, 0, 0, 1, 2, 3, 4}, 2, 4), []int32{1, 3}).data[0]
	want := (math.Log(4) + math.Log(1+math.Exp(-1)+math.Exp(-2)+math.Exp(-3))) / 2
	if math.Abs(float64(got)-want) > 1e-6 {
		t.Errorf("loss %v, want %v", got, want)
	}
	if got := CrossEntropy(Zeros(1, 4), []int32{Ignore}).data[0]; got != 0 {
		t.Errorf("loss of nothing is %v", got)
	}
}

var third = []int32{3}

// decodeStep is what a small decoder does for one token.
func decodeStep(a *Arena, w []*Tensor, kv *KV, places []Place, cos, sin []float32) *Tensor {
	x := Embed(a, w[0], third, 1, 1)
	h := RMSNorm(x, w[1], 1e-5)
	q := Rotate(Reshape(Linear(h, w[2], w[3]), 1, 1, 2, 32), cos, sin, false)
	k := Reshape(Linear(h, w[2], nil), 1, 1, 2, 32)
	kv.Append(k, k, places)
	x = Add(x, Reshape(kv.Attend(q, nil, 0.2, places, Mask{Causal: true}), 1, 1, 64))
	return Linear(SiLUMul(GELU(x), Mul(x, x)), w[0], nil)
}

func TestSteadyStepAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	w := []*Tensor{Pack(random(r, 500, 64), Own, nil), random(r, 64), Pack(random(r, 64, 64), Own, nil), random(r, 64)}
	kv, places, a := NewKV(1, 2, 32, 64), []Place{{Past: 40, N: 1}}, &Arena{}
	cos, sin := make([]float32, 16), make([]float32, 16)
	run := func() {
		a.Reset()
		decodeStep(a, w, kv, places, cos, sin)
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

func TestArenaKeepsResultsApart(t *testing.T) {
	a := &Arena{}
	for round := range 3 {
		a.Reset()
		var all []*Tensor
		for i := range 40 {
			x := a.New(3, 50_000*(i%3)+7)
			for j := range x.data {
				x.data[j] = float32(i)
			}
			all = append(all, x)
		}
		for i, x := range all {
			if x.data[0] != float32(i) || x.data[len(x.data)-1] != float32(i) {
				t.Fatalf("round %d: tensor %d was written over", round, i)
			}
		}
	}
}

func TestManyReadersOfOneWeight(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	w, x := Pack(random(r, 128, 64), Own, nil), random(r, 4, 64)
	want := Linear(x, w, nil).data
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			a := &Arena{}
			for range 20 {
				a.Reset()
				in := a.New(4, 64)
				copy(in.data, x.data)
				if !slices.Equal(Linear(in, w, nil).data, want) {
					t.Error("a result differs beside others")
				}
			}
		})
	}
	wg.Wait()
}

func TestFloat32sReadsLittleEndian(t *testing.T) {
	raw := binary.LittleEndian.AppendUint32(nil, math.Float32bits(1.5))
	s, err := Stored(F32, raw, 1)
	if err != nil || s.Dense().Data()[0] != 1.5 {
		t.Errorf("read %v, %v", s, err)
	}
}

// TestAddNormIsAddThenNorm holds the fused passes to the bytes of two, with and
// without gradients, and a sum over rows to that of each row.
func TestAddNormIsAddThenNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	x, y, w, b := random(r, 37, 900), random(r, 37, 900), random(r, 900), random(r, 900)
	sum := Add(x, y)
	for name, c := range map[string]struct {
		sum, normed, want *Tensor
	}{
		"RMSNorm": func() (c struct{ sum, normed, want *Tensor }) {
			c.sum, c.normed = AddRMSNorm(x, y, w, 1e-5)
			c.want = RMSNorm(sum, w, 1e-5)
			return c
		}(),
		"LayerNorm": func() (c struct{ sum, normed, want *Tensor }) {
			c.sum, c.normed = AddLayerNorm(x, y, w, b, 1e-5)
			c.want = LayerNorm(sum, w, b, 1e-5)
			return c
		}(),
		"LayerNormSum": {sum, LayerNormSum(x, y, w, b, 1e-5), LayerNorm(sum, w, b, 1e-5)},
	} {
		if !slices.Equal(c.sum.data, sum.data) || !slices.Equal(c.normed.data, c.want.data) {
			t.Errorf("%s of a sum differs", name)
		}
	}
	row := Add(x, New(b.data, 900))
	for i := range 37 {
		if one := Add(New(x.data[i*900:(i+1)*900], 900), b); !slices.Equal(one.data, row.data[i*900:(i+1)*900]) {
			t.Errorf("row %d of a sum differs", i)
		}
	}
}

// Keep must hold on to the values, wherever the result lies, and give back the rest.
func TestArenaKeeps(t *testing.T) {
	var a Arena
	for round := range 3 {
		x := a.New(7)
		for i := range x.data {
			x.data[i] = float32(i)
		}
		for layer := range 5 {
			mark := a.Mark()
			a.New(1000 * (layer + 1))
			for range arenaBlock / 40000 * round { // into further blocks
				a.New(40000)
			}
			y := Scale(x, 1)
			a.Zeros(30000)
			z := a.Keep(mark, y)
			for i, v := range z.data {
				if v != float32(i) || x.data[i] != float32(i) {
					t.Fatalf("round %d, layer %d: value %d is %v, before it %v", round, layer, i, v, x.data[i])
				}
			}
			x = z
		}
		if live := 6 * arenaAligned; a.total != live {
			t.Errorf("%d values are held, want %d", a.total, live)
		}
		a.Reset()
	}
	if x := New([]float32{1}, 1); a.Keep(a.Mark(), x) != x {
		t.Error("a tensor of the heap was moved")
	}
	var none *Arena
	if x := New([]float32{1}, 1); none.Keep(none.Mark(), x) != x {
		t.Error("a tensor without an arena was moved")
	}
}
