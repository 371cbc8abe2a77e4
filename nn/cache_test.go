package nn

import (
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/tensor"
)

// decoder is two layers of attention with rotary positions.
type decoder struct {
	Embed  *Embedding `weight:"embed"`
	Layers []*Linear  `weight:"layers"`
	Head   *Linear    `weight:"head"`
	rope   *Rope
}

func newDecoder(t *testing.T) *decoder {
	t.Helper()
	d := &decoder{Embed: NewEmbedding(40, 32), rope: rope(t, RopeConfig{Dim: 8, MaxPositions: 64})}
	d.Layers = []*Linear{NewLinear(32, 32, true), NewLinear(32, 32, false)}
	d.Head = d.Embed.Tied()
	for _, p := range Params(d) {
		p.Std = 0.3
	}
	Init(d, Rand(8))
	Pack(d)
	return d
}

func (d *decoder) Logits(p *Pass, ids *IDs) *tensor.Tensor {
	x := d.Embed.Forward(p, ids)
	cos, sin := d.rope.Angles(p, ids)
	for i, l := range d.Layers {
		p.ObservedAt("hidden_states", i, x)
		q := tensor.Reshape(l.Forward(x), ids.B, ids.T, 4, 8)
		k := tensor.Columns(tensor.Reshape(q, ids.B, ids.T, 32), 0, 16)
		k = tensor.Reshape(k, ids.B, ids.T, 2, 8)
		y := p.Attend(i, tensor.Rotate(q, cos, sin, false), tensor.Rotate(k, cos, sin, false), k, nil, 0.3, tensor.Mask{Causal: true})
		x = p.Dropout(tensor.Add(x, tensor.Reshape(y, ids.B, ids.T, 32)), 0.1)
	}
	p.Done(ids)
	return d.Head.Forward(p.Tail(x))
}

func (d *decoder) NewCache(rows, capacity int) *Cache { return NewCache(2, rows, 2, 8, capacity) }

func text(n, seed int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32((i*i*7 + i + seed) % 40)
	}
	return ids
}

func whole(d *decoder, row []int32) []float32 {
	ids, _ := Rows(0, row)
	return d.Logits(&Pass{}, ids).Data()
}

func TestChunkedIsWhole(t *testing.T) {
	d := newDecoder(t)
	row := text(60, 1)
	want := whole(d, row)
	for _, chunk := range []int{1, 7, 33} {
		p, got := &Pass{Cache: d.NewCache(1, 60)}, []float32{}
		for part := range slices.Chunk(row, chunk) {
			ids, _ := Rows(0, part)
			got = append(got, d.Logits(p, ids).Data()...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("chunks of %d give other bytes", chunk)
		}
		if p.Cache.Len(0) != 60 {
			t.Errorf("%d positions are cached", p.Cache.Len(0))
		}
	}
}

func TestPaddedRowIsRowAlone(t *testing.T) {
	d := newDecoder(t)
	a, b := text(20, 1), text(9, 2)
	ids, lens := Rows(0, a, b)
	for name, p := range map[string]*Pass{
		"no cache": {Lens: lens}, "cache": {Lens: lens, Cache: d.NewCache(2, 64)},
		"slots": {Lens: lens, Cache: d.NewCache(4, 64), Slots: []int{3, 1}},
	} {
		got := d.Logits(p, ids).Data()
		if !slices.Equal(got[:20*40], whole(d, a)) || !slices.Equal(got[20*40:29*40], whole(d, b)) {
			t.Errorf("%s: a padded row differs from the row alone", name)
		}
	}
	p := &Pass{Lens: lens, Last: true}
	got := d.Logits(p, ids)
	if !slices.Equal(got.Shape(), []int{2, 1, 40}) || !slices.Equal(got.Data()[40:], whole(d, b)[8*40:]) {
		t.Error("the last token's logits are not the last token's")
	}
}

func TestTruncateAndCopyRow(t *testing.T) {
	d := newDecoder(t)
	a, b := text(12, 3), text(12, 4)
	c := d.NewCache(2, 64)
	ids, _ := Rows(0, a, b)
	d.Logits(&Pass{Cache: c}, ids)
	if err := c.Truncate(0, 5); err != nil {
		t.Fatal(err)
	}
	if c.Truncate(0, 6) == nil || c.Truncate(0, -1) == nil {
		t.Error("Truncate takes what a row does not have")
	}
	rest, _ := Rows(0, b[5:])
	got := d.Logits(&Pass{Cache: c}, rest).Data()
	if want := whole(d, append(slices.Clone(a[:5]), b[5:]...)); !slices.Equal(got, want[5*40:]) {
		t.Error("a truncated row goes on otherwise than a fresh one")
	}
	c.CopyRow(0, 1)
	next, _ := Rows(0, []int32{9})
	got = d.Logits(&Pass{Cache: c}, next).Data()
	if want := whole(d, append(slices.Clone(b), 9)); !slices.Equal(got, want[12*40:]) {
		t.Error("a copied row goes on otherwise than its source")
	}
	if c.Rows() != 2 || c.Capacity() != 64 || c.Bytes() < 2*2*2*2*8*64*4 {
		t.Errorf("%d rows, %d positions, %d bytes", c.Rows(), c.Capacity(), c.Bytes())
	}
}

func TestReorder(t *testing.T) {
	d := newDecoder(t)
	for _, from := range [][]int{{0, 1, 2, 3}, {1, 0, 3, 2}, {1, 2, 3, 0}, {2, 2, 0, 1}, {0, 0, 0, 0}, {3, 0, 1, 1}, {1, 2, 0, 3}} {
		c := d.NewCache(4, 16)
		rows := [][]int32{text(3, 1), text(5, 2), text(4, 3), text(6, 4)}
		ids, lens := Rows(0, rows...)
		d.Logits(&Pass{Cache: c, Lens: lens}, ids)
		c.Reorder(from)
		next, _ := Rows(0, []int32{9}, []int32{9}, []int32{9}, []int32{9})
		got := d.Logits(&Pass{Cache: c}, next).Data()
		for i, f := range from {
			want := whole(d, append(slices.Clone(rows[f]), 9))
			if !slices.Equal(got[i*40:(i+1)*40], want[len(want)-40:]) {
				t.Errorf("%v: row %d is not what row %d was", from, i, f)
			}
		}
	}
}

func TestSteadyDecodeAllocatesNothing(t *testing.T) {
	d := newDecoder(t)
	p := &Pass{Cache: d.NewCache(1, 64), Arena: &tensor.Arena{}, Last: true}
	ids, _ := Rows(0, text(20, 1))
	d.Logits(p, ids)
	one, _ := Rows(0, []int32{5})
	run := func() {
		p.Arena.Reset()
		if err := p.Cache.Truncate(0, 20); err != nil {
			t.Error(err)
		}
		d.Logits(p, one)
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
}

func TestCross(t *testing.T) {
	r := Rand(2)
	q, m := random(r, 4, 1, 2, 8), &Memory{States: random(r, 2, 6, 16), Keys: make([]bool, 12)}
	for i := range m.Keys {
		m.Keys[i] = i%4 != 3
	}
	calls := 0
	project := func() (k, v *tensor.Tensor) {
		calls++
		return tensor.Reshape(m.States, 2, 6, 2, 8), tensor.Reshape(m.States, 2, 6, 2, 8)
	}
	want := (&Pass{}).Cross(1, q, m, 1, tensor.Drop{}, project).Data()
	p := &Pass{Cache: NewCache(2, 4, 2, 8, 4)}
	for range 3 {
		if !slices.Equal(p.Cross(1, q, m, 1, tensor.Drop{}, project).Data(), want) {
			t.Error("a cached memory reads otherwise")
		}
	}
	if calls != 2 {
		t.Errorf("the memory was projected %d times with and without cache, want 2", calls)
	}
	other := &Memory{States: m.States}
	if slices.Equal(p.Cross(1, q, other, 1, tensor.Drop{}, project).Data(), want) {
		t.Error("another memory reads as the one before")
	}
}

func TestObserve(t *testing.T) {
	d := newDecoder(t)
	var got []string
	p := &Pass{Observe: func(name string, x *tensor.Tensor) { got = append(got, name) }}
	ids, _ := Rows(0, text(3, 1))
	d.Logits(p, ids)
	p.Observed("logits", nil)
	if !slices.Equal(got, []string{"hidden_states.0", "hidden_states.1", "logits"}) {
		t.Errorf("observed %v", got)
	}
}

func TestDropoutOnlyInTraining(t *testing.T) {
	x := random(Rand(1), 100)
	if (&Pass{}).Dropout(x, 0.5) != x {
		t.Error("dropout outside of training")
	}
	y := (&Pass{Train: true, Seed: 1}).Dropout(x, 0.5)
	zeros := 0
	for i, v := range y.Data() {
		if v == 0 {
			zeros++
		} else if v != 2*x.Data()[i] {
			t.Fatalf("value %d is %v of %v", i, v, x.Data()[i])
		}
	}
	if zeros < 30 || zeros > 70 {
		t.Errorf("%d of 100 are dropped", zeros)
	}
}

func TestCopyFrom(t *testing.T) {
	d := newDecoder(t)
	text := text(60, 3)
	c, other := d.NewCache(1, 64), d.NewCache(2, 200)
	ids, _ := Rows(0, text)
	d.Logits(&Pass{Cache: c}, ids)
	half := d.NewCache(1, 64)
	if err := half.SetForm(tensor.F16); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []error{
		other.CopyFrom(0, 32, c, 0, 32, 8), other.CopyFrom(0, 0, c, 0, 5, 8), other.CopyFrom(0, 0, c, 0, 32, 40),
		other.CopyFrom(0, 0, half, 0, 0, 0), other.CopyFrom(0, 0, NewCache(1, 1, 2, 8, 64), 0, 0, 0), other.CopyFrom(0, -32, c, 0, 0, 8),
	} {
		if bad == nil {
			t.Error("a copy that does not fit is made")
		}
	}
	if err := other.CopyFrom(1, 0, c, 0, 0, 32); err != nil {
		t.Fatal(err)
	}
	if err := other.CopyFrom(1, 32, c, 0, 32, 28); err != nil || other.Len(1) != 60 {
		t.Fatalf("%d positions: %v", other.Len(1), err)
	}
	next, _ := Rows(0, []int32{9})
	got := d.Logits(&Pass{Cache: other, Slots: []int{1}}, next).Data()
	if want := whole(d, append(slices.Clone(text), 9)); !slices.Equal(got, want[60*40:]) {
		t.Error("a copied row goes on otherwise than its source")
	}
	if other.Held() == 0 {
		t.Error("a cache with a past holds no memory")
	}
	if other.Release(1); other.Len(1) != 0 || other.Held() != 0 {
		t.Errorf("a released row has %d positions, %d bytes", other.Len(1), other.Held())
	}
}
