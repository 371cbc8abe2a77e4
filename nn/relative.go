package nn

import (
	"fmt"
	"math"

	"github.com/nlp-zoo/zoo/tensor"
)

// RelativeBias is T5's position bias (arXiv:1910.10683): a learned number for
// each head and each bucket of distances between query and key, near distances
// having buckets of their own and far ones sharing them.
type RelativeBias struct {
	Weight *Param `weight:"weight"` // [buckets,H]

	buckets       []int32 // of the distances 0, 1 … up to where they stay the same
	bidirectional bool
	half          int32 // what a key after its query adds to its bucket
}

// NewRelativeBias declares a bias of that many buckets and heads. Distances from
// maxDistance on share the last bucket. If bidirectional, keys after the query
// have half of the buckets; else they count as distance 0.
func NewRelativeBias(buckets, heads, maxDistance int, bidirectional bool) (*RelativeBias, error) {
	n := buckets
	if bidirectional {
		n /= 2
	}
	exact := n / 2
	if exact < 1 || maxDistance <= exact || bidirectional && buckets%2 != 0 {
		return nil, fmt.Errorf("nn: relative bias: %d buckets up to distance %d are no scale", buckets, maxDistance)
	}
	r := &RelativeBias{Weight: &Param{Want: []int{buckets, heads}, Std: Std}, bidirectional: bidirectional}
	if bidirectional {
		r.half = int32(n)
	}
	for d := range maxDistance + 1 {
		bucket := d
		if d >= exact {
			far := math.Log(float64(d)/float64(exact)) / math.Log(float64(maxDistance)/float64(exact))
			bucket = min(exact+int(float32(far*float64(n-exact))), n-1)
		}
		r.buckets = append(r.buckets, int32(bucket))
	}
	return r, nil
}

// Bucket returns the bucket of a key at distance d after its query, or -d before it.
func (r *RelativeBias) Bucket(d int) int32 {
	last := len(r.buckets) - 1
	if d <= 0 {
		return r.buckets[min(-d, last)]
	}
	if !r.bidirectional {
		return r.buckets[0]
	}
	return r.half + r.buckets[min(d, last)]
}

// Forward returns the bias of t queries to all keys up to the last of them:
// [H,T,S], or [B,H,T,S] where the b rows of p have pasts of different lengths.
func (r *RelativeBias) Forward(p *Pass, b, t int) *tensor.Tensor {
	same, longest := true, 0
	for i := range b {
		longest = max(longest, p.Past(i))
		same = same && p.Past(i) == p.Past(0)
	}
	rows := b
	if same {
		rows = 0
	}
	s := longest + t
	index := p.index[:0]
	for i := range max(rows, 1) {
		for q := range t {
			for k := range s {
				index = append(index, r.Bucket(k-p.Past(i)-q))
			}
		}
	}
	p.index = index
	return tensor.Spread(p.Arena, r.Weight.Tensor, index, rows, t, s)
}
