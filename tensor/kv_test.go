package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

var cacheForms = []DType{F32, F16, BF16, Q8_0}

// rounded returns x [B,T,K,D] as a cache of the given form keeps it.
func rounded(form DType, x *Tensor) *Tensor {
	y := Zeros(x.Shape()...)
	d := x.Dim(-1)
	for at := 0; at < len(x.data); at += d {
		for i := at; i < at+d; i += 32 {
			n := min(32, at+d-i)
			var block [32]float32
			copy(block[:], x.data[i:i+n])
			values, size := form.Block()
			raw := make([]byte, 32/values*size)
			kernel.Quantize(kernel.Format(form), raw, block[:])
			kernel.Dequantize(kernel.Format(form), block[:], raw)
			copy(y.data[i:i+n], block[:n])
		}
	}
	return y
}

// inParts gives a row to a cache in parts of the given sizes, over and over, and
// returns what each part attends to, one after the other.
func inParts(kv *KV, slot int, q, k, v, bias *Tensor, mask Mask, sizes []int) []float32 {
	var got []float32
	T := q.Dim(1)
	for lo, i := 0, 0; lo < T; i++ {
		hi := min(lo+sizes[i%len(sizes)], T)
		at := []Place{{Row: slot, Past: lo, N: hi - lo}}
		kv.Append(part(k, 0, lo, hi), part(v, 0, lo, hi), at)
		var rows *Tensor
		if bias != nil { // [H,T,S]: rows [lo,hi)
			H, S := bias.dims[0], bias.dims[2]
			rows = Zeros(H, hi-lo, S)
			for h := range H {
				copy(rows.data[h*(hi-lo)*S:(h+1)*(hi-lo)*S], bias.data[(h*T+lo)*S:])
			}
		}
		got = append(got, kv.Attend(part(q, 0, lo, hi), rows, 0.25, at, mask).data...)
		lo = hi
	}
	return got
}

// TestCacheForms holds caches of every form to give the bytes of attention over
// rounded keys and values, whole, in chunks and one by one, in any slot and on any
// number of threads.
func TestCacheForms(t *testing.T) {
	defer parallel.SetThreads(0)
	r := rand.New(rand.NewPCG(4, 9))
	for _, form := range cacheForms {
		for _, D := range []int{7, 32, 80} {
			const T, H, K = 101, 4, 2
			for i, mask := range []Mask{{Causal: true}, {Causal: true, Window: 7}, {Causal: true, Window: 50}} {
				q, k, v := random(r, 1, T, H, D), random(r, 1, T, K, D), random(r, 1, T, K, D)
				bias := random(r, H, T, T)
				if i > 0 {
					bias = nil
				}
				want := Attention(q, rounded(form, k), rounded(form, v), bias, 0.25, mask).data
				for threads := 1; threads <= 3; threads++ {
					parallel.SetThreads(threads)
					for slot, sizes := range [][]int{{T}, {1}, {40, 3, 1, 33}} {
						got := inParts(NewKVOf(form, 3, K, D, T), slot, q, k, v, bias, mask, sizes)
						if !slices.Equal(got, want) {
							t.Fatalf("%v, D %d, mask %+v, %d threads, parts %v: not the bytes of rounded keys and values", form, D, mask, threads, sizes)
						}
					}
				}
			}
		}
	}
}

// TestCacheFormsInBatches holds rows of different pasts, attended to together, to
// give the bytes of each alone, for self-attention and for reading a memory, and a
// copied or swapped row to be where it was moved.
func TestCacheFormsInBatches(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 9))
	const T, H, K, D = 9, 4, 2, 48
	for _, form := range cacheForms {
		kv := NewKVOf(form, 3, K, D, 64)
		places := []Place{{Row: 1, Past: 30, N: 9}, {Row: 0, Past: 0, N: 2}, {Row: 2, Past: 5, N: 0}}
		fill := random(r, 3, 40, K, D)
		kv.Append(fill, fill, []Place{{Row: 0, N: 40}, {Row: 1, N: 40}, {Row: 2, N: 40}})
		q, k := random(r, 3, T, H, D), random(r, 3, T, K, D)
		kv.Append(k, k, places)
		all := kv.Attend(q, nil, 1, places, Mask{Causal: true}).data
		keys := make([]bool, 3*64)
		for i := range keys {
			keys[i] = i%5 != 1
		}
		read := []Place{{Row: 2, Past: 5}, {Row: 0, Past: 33}, {Row: 1, Past: 17}}
		memory := kv.Read(q, nil, 1, read, Mask{Keys: keys}).data
		for b, p := range places {
			if p.N > 0 {
				alone := kv.Attend(part(q, b, 0, p.N), nil, 1, []Place{p}, Mask{Causal: true}).data
				if !slices.Equal(alone, all[b*T*H*D:(b*T+p.N)*H*D]) {
					t.Errorf("%v: row %d alone differs from the row among others", form, b)
				}
			}
			alone := kv.Read(part(q, b, 3, 4), nil, 1, read[b:b+1], Mask{Keys: keys[b*64 : (b+1)*64]}).data
			if !slices.Equal(alone, memory[(b*T+3)*H*D:(b*T+4)*H*D]) {
				t.Errorf("%v: reading row %d alone differs", form, b)
			}
		}
		look := func(row int) string {
			return fmt.Sprint(kv.Read(part(q, 0, 0, 1), nil, 1, []Place{{Row: row, Past: 33}}, Mask{}).data)
		}
		a, b := look(0), look(1)
		kv.SwapRows(0, 1)
		kv.CopyRow(2, 1, 33)
		if look(0) != b || look(1) != a || look(2) != a || a == b {
			t.Errorf("%v: rows are not where they were moved", form)
		}
	}
}

// TestSplitHeads holds threads that share a head to give the bytes of one thread, for
// caches of every form and rows of different pasts, one of them empty.
func TestSplitHeads(t *testing.T) {
	defer parallel.SetThreads(0)
	r := rand.New(rand.NewPCG(8, 9))
	const S, H, K, D = 1400, 6, 2, 80
	k, v := random(r, 3, S, K, D), random(r, 3, S, K, D)
	q := random(r, 3, 1, H, D)
	places := []Place{{Row: 2, Past: 1200, N: 1}, {Row: 0, Past: 3, N: 0}, {Row: 1, Past: 700, N: 1}}
	keys := make([]bool, 3*S)
	for i := range keys {
		keys[i] = i%3 != 1
	}
	for _, form := range cacheForms {
		kv := NewKVOf(form, 3, K, D, S)
		kv.Append(k, v, []Place{{Row: 0, N: S}, {Row: 1, N: S}, {Row: 2, N: S}})
		for _, mask := range []Mask{{Causal: true}, {Causal: true, Window: 130}, {Causal: true, Keys: keys}} {
			parallel.SetThreads(1)
			want := kv.Attend(q, nil, 0.2, places, mask).data
			parallel.SetThreads(7)
			if got := kv.Attend(q, nil, 0.2, places, mask).data; !slices.Equal(got, want) {
				t.Errorf("%v, mask causal %v, window %d: threads that share heads give other bytes", form, mask.Causal, mask.Window)
			}
		}
		parallel.SetThreads(1)
		read := []Place{{Row: 1, Past: S}}
		want := kv.Read(part(q, 0, 0, 1), nil, 0.2, read, Mask{}).data
		parallel.SetThreads(3)
		if got := kv.Read(part(q, 0, 0, 1), nil, 0.2, read, Mask{}).data; !slices.Equal(got, want) {
			t.Errorf("%v: reading a memory gives other bytes", form)
		}
	}
	plain := func() []float32 { return Attention(q, k, v, nil, 0.2, Mask{}).data }
	parallel.SetThreads(1)
	want := plain()
	parallel.SetThreads(7)
	if got := plain(); !slices.Equal(got, want) {
		t.Error("attention without a cache gives other bytes")
	}
}

func TestCacheBytes(t *testing.T) {
	for _, c := range []struct {
		form DType
		want int
	}{{F32, 2 * 96 * 3 * 64 * 4}, {F16, 2 * 96 * 3 * 64 * 2}, {BF16, 2 * 96 * 3 * 64 * 2}, {Q8_0, 2 * 96 * 3 * 2 * 34}} {
		if got := NewKVOf(c.form, 1, 3, 64, 70).Bytes(); got != c.want {
			t.Errorf("%v: %d bytes, want %d", c.form, got, c.want)
		}
	}
	defer func() {
		if recover() == nil || CacheForm(Q4_0) {
			t.Error("a cache of Q4_0 was made")
		}
	}()
	NewKVOf(Q4_0, 1, 1, 32, 32)
}

// TestAttentionOfOddScales holds scales that are not positive, and keys that nobody
// sees, to their definition.
func TestAttentionOfOddScales(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	q, k, v := random(r, 2, 5, 2, 8), random(r, 2, 40, 2, 8), random(r, 2, 40, 2, 8)
	for _, scale := range []float32{0, -0.7, 1} {
		for _, mask := range []Mask{{}, {Causal: true}, {Keys: make([]bool, 80)}} {
			got, want := Attention(q, k, v, nil, scale, mask), plainAttention(q, k, v, nil, scale, mask)
			for i, w := range want {
				if d := float64(got.data[i]) - w; d > 1e-5 || d < -1e-5 || d != d {
					t.Fatalf("scale %v, mask %+v: value %d is %v, want %v", scale, mask.Causal, i, got.data[i], w)
				}
			}
		}
	}
}

// BenchmarkAttention measures attention alone, in its least time for one call of
// many: of encoders, of a prompt, and of a token after a long past.
func BenchmarkAttention(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		name          string
		B, T, H, K, D int
		mask          Mask
	}{
		{"MiniLM16", 1, 16, 12, 12, 32, Mask{}}, {"MiniLM128", 1, 128, 12, 12, 32, Mask{}}, {"MiniLM512", 1, 512, 12, 12, 32, Mask{}},
		{"Bert128", 1, 128, 12, 12, 64, Mask{}}, {"Bert512", 1, 512, 12, 12, 64, Mask{}},
		{"Qwen512", 1, 512, 14, 2, 64, Mask{Causal: true}}, {"Qwen4096", 1, 4096, 14, 2, 64, Mask{Causal: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			a := &Arena{}
			q, k, v := random(r, c.B, c.T, c.H, c.D), random(r, c.B, c.T, c.K, c.D), random(r, c.B, c.T, c.K, c.D)
			q.arena = a
			flops := 4 * float64(c.B*c.T*c.T*c.H*c.D)
			if c.mask.Causal {
				flops /= 2
			}
			leastTime(b, flops, func() {
				Attention(q, k, v, nil, 0.125, c.mask)
				a.Reset()
			})
		})
	}
	for _, form := range cacheForms {
		b.Run("Decode4096/"+form.String(), func(b *testing.B) {
			kv, k := NewKVOf(form, 1, 2, 64, 4096), random(r, 1, 4096, 2, 64)
			kv.Append(k, k, []Place{{N: 4096}})
			q, at, a := random(r, 1, 1, 14, 64), []Place{{Past: 4095, N: 1}}, &Arena{}
			q.arena = a
			leastTime(b, 4*4096*14*64, func() {
				kv.Attend(q, nil, 0.125, at, Mask{Causal: true})
				a.Reset()
			})
			b.ReportMetric(float64(kv.Bytes())/b.Elapsed().Seconds()*float64(b.N)/1e9, "GB/s")
		})
		b.Run("Append512/"+form.String(), func(b *testing.B) {
			kv, k, at := NewKVOf(form, 1, 2, 64, 512), random(r, 1, 512, 2, 64), []Place{{N: 512}}
			leastTime(b, 0, func() { kv.Append(k, k, at) })
		})
	}
}

// TestCacheGrows holds a row that takes memory as it grows to give the bytes of one
// that had it from the start, and a row to have none when it was released.
func TestCacheGrows(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const T, H, K, D = 1300, 2, 1, 40
	q, k, v := random(r, 1, T, H, D), random(r, 1, T, K, D), random(r, 1, T, K, D)
	for _, form := range cacheForms {
		want := inParts(NewKVOf(form, 1, K, D, T), 0, q, k, v, nil, Mask{Causal: true}, []int{T})
		kv := NewKVOf(form, 2, K, D, 1<<20)
		if kv.Held() != 0 {
			t.Errorf("%v: an empty cache holds %d bytes", form, kv.Held())
		}
		if got := inParts(kv, 1, q, k, v, nil, Mask{Causal: true}, []int{7, 300, 1, 64}); !slices.Equal(got, want) {
			t.Errorf("%v: a row that grows gives other bytes", form)
		}
		if whole := NewKVOf(form, 1, K, D, 2*T); kv.Held() < whole.Bytes()/2 || kv.Held() > whole.Bytes() {
			t.Errorf("%v: %d bytes for %d positions, of which each %d", form, kv.Held(), T, whole.Bytes()/2/T)
		}
		other := NewKVOf(form, 1, K, D, T)
		other.CopyFrom(0, 0, kv, 1, 0, 640)
		other.CopyFrom(0, 640, kv, 1, 640, T-640)
		at := []Place{{Past: T - 1, N: 1}}
		if got := other.Attend(part(q, 0, T-1, T), nil, 0.25, at, Mask{Causal: true}).data; !slices.Equal(got, want[len(want)-H*D:]) {
			t.Errorf("%v: positions copied to another cache give other bytes", form)
		}
		if kv.Release(1); kv.Held() != 0 {
			t.Errorf("%v: a released row holds %d bytes", form, kv.Held())
		}
		kv.Reserve(1, T, 0)
		if held, whole := kv.Held(), NewKVOf(form, 1, K, D, T).Bytes(); held != whole {
			t.Errorf("%v: %d bytes are reserved for %d positions, want %d", form, held, T, whole)
		}
		if inParts(kv, 1, q, k, v, nil, Mask{Causal: true}, []int{100}); kv.Held() != NewKVOf(form, 1, K, D, T).Bytes() {
			t.Errorf("%v: a row that has room grows", form)
		}
	}
}
