package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPackedDocumentsStandAlone packs documents into a row, and wants of each the bytes
// that it gives alone, and those of its gradients.
func TestPackedDocumentsStandAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	const H, K, D = 4, 2, 40
	lens := []int{5, 1, 37, 70, 13}
	T := 0
	for _, n := range lens {
		T += n
	}
	for _, base := range []Mask{{Causal: true}, {}, {Causal: true, Window: 4}, {Causal: true, Window: 40}} {
		q, k, v := random(r, 1, T, H, D), random(r, 1, T, K, D), random(r, 1, T, K, D)
		dy := random(r, 1, T, H, D)
		mask, at := base, 0
		for _, n := range lens {
			for i := range n {
				until := at + n
				if base.Causal {
					until = at + i + 1
				}
				mask.From, mask.Until = append(mask.From, int32(at)), append(mask.Until, int32(until))
			}
			at += n
		}
		run := func(q, k, v, dy *Tensor, mask Mask) [4][]float32 {
			for _, x := range []*Tensor{q, k, v} {
				x.RequireGrad()
			}
			y := Attention(q, k, v, nil, 0.3, mask)
			total(Mul(y, dy)).Backward()
			return [4][]float32{y.data, q.grad, k.grad, v.grad}
		}
		all := run(q, k, v, dy, mask)
		at = 0
		for _, n := range lens {
			cut := func(x *Tensor) *Tensor { return part(x, 0, at, at+n) }
			alone := run(cut(q), cut(k), cut(v), cut(dy), base)
			for i, got := range all {
				width := len(got) / T
				if !slices.Equal(got[at*width:(at+n)*width], alone[i]) {
					t.Errorf("%+v: document of %d at %d: array %d differs from that of the document alone", base, n, at, i)
				}
			}
			at += n
		}
	}
}

// TestPrefixSeesBothWays has the first tokens of a causal row see each other.
func TestPrefixSeesBothWays(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	q, k, v := random(r, 1, 9, 2, 8), random(r, 1, 9, 2, 8), random(r, 1, 9, 2, 8)
	mask := Mask{Causal: true, Until: []int32{4, 4, 4, 4, 5, 6, 7, 8, 9}}
	got := Attention(q, k, v, nil, 1, mask).data
	prefix := Attention(part(q, 0, 0, 4), part(k, 0, 0, 4), part(v, 0, 0, 4), nil, 1, Mask{}).data
	rest := Attention(q, k, v, nil, 1, Mask{Causal: true}).data
	if n := len(prefix); !slices.Equal(got[:n], prefix) || !slices.Equal(got[n:], rest[n:]) {
		t.Error("a prefix is not both ways, or the rest is not causal")
	}
}
