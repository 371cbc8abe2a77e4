package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// plainAttention is Attention in float64, straight from its definition.
func plainAttention(q, k, v, bias *Tensor, scale float32, mask Mask) []float64 {
	B, T, H, D := q.dims[0], q.dims[1], q.dims[2], q.dims[3]
	S, K := k.dims[1], k.dims[2]
	y := make([]float64, q.Len())
	for i := range B * T * H {
		b, t, h := i/H/T, i/H%T, i%H
		p, sum, top := make([]float64, S), 0.0, math.Inf(-1)
		kv := func(x *Tensor, s int) []float32 {
			at := ((b*k.dims[0]/B*S+s)*K + h*K/H) * D
			return x.data[at : at+D]
		}
		for s := range S {
			place := S - T + t
			if mask.Causal && s > place || mask.Window > 0 && s <= place-mask.Window ||
				mask.Lens != nil && s >= mask.Lens[b] || mask.Keys != nil && !mask.Keys[b*S+s] {
				p[s] = math.Inf(-1)
				continue
			}
			for d, x := range kv(k, s) {
				p[s] += float64(q.data[i*D+d]) * float64(x) * float64(scale)
			}
			if bias != nil {
				p[s] += float64(bias.data[(h*T+t)*S+s])
			}
			top = max(top, p[s])
		}
		for s := range p {
			if p[s] = math.Exp(p[s] - top); math.IsInf(top, -1) {
				p[s] = 0
			}
			sum += p[s]
		}
		for s := range p {
			for d, x := range kv(v, s) {
				if sum > 0 {
					y[i*D+d] += p[s] / sum * float64(x)
				}
			}
		}
	}
	return y
}

func TestAttentionIsItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for _, c := range []struct{ B, T, S, H, K, Bk, D int }{
		{2, 1, 70, 4, 2, 2, 8}, {2, 70, 70, 2, 1, 1, 40}, {1, 33, 100, 3, 3, 1, 64}, {2, 5, 1, 2, 2, 2, 4}, {1, 1, 40, 70, 1, 1, 8},
	} {
		keys, lens := make([]bool, c.B*c.S), make([]int, c.B)
		for i := range keys {
			keys[i] = r.IntN(3) > 0
		}
		for i := range lens {
			lens[i] = r.IntN(c.S + 1)
		}
		for i, mask := range []Mask{{}, {Causal: true}, {Causal: true, Window: 5}, {Keys: keys}, {Lens: lens}, {Causal: true, Keys: keys, Lens: lens}} {
			q, k, v := random(r, c.B, c.T, c.H, c.D), random(r, c.Bk, c.S, c.K, c.D), random(r, c.Bk, c.S, c.K, c.D)
			bias := random(r, c.H, c.T, c.S)
			if i%2 == 0 {
				bias = nil
			}
			got, want := Attention(q, k, v, bias, 0.3, mask), plainAttention(q, k, v, bias, 0.3, mask)
			for j, w := range want {
				if d := math.Abs(float64(got.data[j]) - w); d > 1e-5 || math.IsNaN(d) {
					t.Fatalf("%+v mask %d: value %d is %v, want %v", c, i, j, got.data[j], w)
				}
			}
		}
	}
}

// part returns positions [lo,hi) of row b of x [B,T,H,D].
func part(x *Tensor, b, lo, hi int) *Tensor {
	n := x.dims[2] * x.dims[3]
	at := b * x.dims[1] * n
	return New(x.data[at+lo*n:at+hi*n], 1, hi-lo, x.dims[2], x.dims[3])
}

// TestCachedIsWhole gives rows to a cache in parts, each row in a slot of its own,
// and wants the bytes that attention over whole rows gives.
func TestCachedIsWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	for _, D := range []int{8, 32, 80} {
		for _, mask := range []Mask{{Causal: true}, {Causal: true, Window: 7}, {Causal: true, Window: 50}} {
			const T, H, K = 101, 4, 2
			q, k, v := random(r, 2, T, H, D), random(r, 2, T, K, D), random(r, 2, T, K, D)
			want := Attention(q, k, v, nil, 0.25, mask).data
			kv := NewKV(3, K, D, T)
			for b, slot := range []int{2, 0} {
				got := []float32{}
				for lo := 0; lo < T; {
					hi := min(lo+[]int{1, 40, 3, 33}[r.IntN(4)], T)
					at := []Place{{Row: slot, Past: lo, N: hi - lo}}
					kv.Append(part(k, b, lo, hi), part(v, b, lo, hi), at)
					got = append(got, kv.Attend(part(q, b, lo, hi), nil, 0.25, at, mask).data...)
					lo = hi
				}
				if !slices.Equal(got, want[b*T*H*D:(b+1)*T*H*D]) {
					t.Errorf("D %d, mask %+v, row %d: parts differ from the whole", D, mask, b)
				}
			}
		}
	}
}

// TestRaggedRowsStandAlone attends for rows of different pasts and lengths at
// once, and for each alone.
func TestRaggedRowsStandAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 5))
	const T, H, K, D = 9, 4, 2, 16
	kv := NewKV(3, K, D, 64)
	places := []Place{{Row: 1, Past: 30, N: 9}, {Row: 0, Past: 0, N: 2}, {Row: 2, Past: 5, N: 0}}
	fill := random(r, 3, 40, K, D)
	kv.Append(fill, fill, []Place{{Row: 0, N: 40}, {Row: 1, N: 40}, {Row: 2, N: 40}})
	q, k := random(r, 3, T, H, D), random(r, 3, T, K, D)
	kv.Append(k, k, places)
	all := kv.Attend(q, nil, 1, places, Mask{Causal: true}).data
	for b, p := range places {
		row := all[b*T*H*D : (b+1)*T*H*D]
		if slices.ContainsFunc(row[p.N*H*D:], func(v float32) bool { return v != 0 }) {
			t.Errorf("row %d: padding is not 0", b)
		}
		if p.N == 0 {
			continue
		}
		alone := kv.Attend(part(q, b, 0, p.N), nil, 1, []Place{p}, Mask{Causal: true}).data
		if !slices.Equal(alone, row[:p.N*H*D]) {
			t.Errorf("row %d alone differs from the row among others", b)
		}
	}
}

func TestReadIsCrossAttention(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	q, k, v := random(r, 4, 3, 2, 8), random(r, 2, 35, 2, 8), random(r, 2, 35, 2, 8)
	keys := make([]bool, 4*35)
	for i := range keys {
		keys[i] = i%5 != 0
	}
	kv := NewKV(2, 2, 8, 35)
	kv.Append(k, v, []Place{{Row: 0, N: 35}, {Row: 1, N: 35}})
	at := []Place{{Row: 0, Past: 35}, {Row: 0, Past: 35}, {Row: 1, Past: 35}, {Row: 1, Past: 35}}
	got := kv.Read(q, nil, 1, at, Mask{Keys: keys}).data
	if !slices.Equal(got, Attention(q, k, v, nil, 1, Mask{Keys: keys}).data) {
		t.Error("reading a cache differs from attention")
	}
}

func TestCopyAndSwapRows(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	kv := NewKV(3, 2, 40, 70)
	k := random(r, 3, 50, 2, 40)
	kv.Append(k, k, []Place{{Row: 0, N: 50}, {Row: 1, N: 50}, {Row: 2, N: 50}})
	q := random(r, 1, 1, 2, 40)
	read := func(row int) string {
		return fmt.Sprint(kv.Read(q, nil, 1, []Place{{Row: row, Past: 50}}, Mask{}).data)
	}
	a, b, c := read(0), read(1), read(2)
	kv.SwapRows(0, 1)
	kv.CopyRow(2, 1, 50)
	if read(0) != b || read(1) != a || read(2) != a || a == b || b == c {
		t.Error("rows are not where they were moved")
	}
	kv.CopyRow(0, 0, 50)
	if read(0) != b || kv.Rows() != 3 || kv.Bytes() == 0 {
		t.Error("a row copied to itself changed")
	}
}

func TestNothingGivesNothing(t *testing.T) {
	for _, c := range []struct{ B, T, S int }{{0, 1, 3}, {2, 0, 3}, {2, 3, 0}} {
		q := Zeros(c.B, c.T, 2, 4).RequireGrad()
		k := Zeros(max(c.B, 1), c.S, 2, 4)
		y := Attention(q, k, k, nil, 1, Mask{})
		if y.Len() != q.Len() || slices.ContainsFunc(y.data, func(v float32) bool { return v != 0 }) {
			t.Errorf("%+v: %v", c, y.data)
		}
		if y.Len() > 0 {
			total(y).Backward()
		}
	}
	if y := Linear(Zeros(0, 3), Zeros(40, 3), Zeros(40)); y.Len() != 0 {
		t.Errorf("no rows give %v", y.Shape())
	}
}

func BenchmarkLinear(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	dense := random(r, 4864, 896)
	for _, m := range []int{1, 512} {
		for name, w := range map[string]*Tensor{"dense": dense, "packed": Pack(dense, Own, nil)} {
			b.Run(fmt.Sprintf("m=%d/%s", m, name), func(b *testing.B) {
				a := &Arena{}
				for b.Loop() {
					a.Reset()
					x := a.New(m, 896)
					clear(x.data)
					Linear(x, w, nil)
				}
				b.ReportMetric(2*float64(m)*4864*896*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
