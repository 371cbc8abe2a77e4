package data

import "math/bits"

// increment is the odd number next to 2⁶⁴ divided by the golden ratio.
const increment = 0x9E3779B97F4A7C15

// mix is the output function of SplitMix64 (Steele et al., 2014): neighbouring
// numbers give unrelated ones.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// draw is random number index of the stream of seed.
func draw(seed, index uint64) uint64 { return mix(mix(seed+increment) + increment*(index+1)) }

// unit turns a random number into one of [0, 1).
func unit(z uint64) float64 { return float64(z>>11) / (1 << 53) }

// rounds of the Feistel network: four give a pseudorandom permutation where the
// halves are long (Luby and Rackoff, 1988); more make up for halves of few bits.
const rounds = 12

// A Permutation is an order of the numbers below n that takes no memory: where
// number i goes is computed. It is a Feistel network over the next power of four,
// walked until it falls below n (Black and Rogaway, 2002).
type Permutation struct {
	n    uint64
	half uint // bits of a half
	keys [rounds]uint64
}

// NewPermutation returns an order of the numbers 0 … n-1, drawn by seed.
func NewPermutation(n int, seed uint64) Permutation {
	p := Permutation{n: uint64(max(n, 0))}
	p.half = max(1, uint(bits.Len64(uint64(max(n, 1)-1))+1)/2)
	for i := range p.keys {
		p.keys[i] = draw(seed, uint64(i))
	}
	return p
}

// At returns what stands at place i, 0 ≤ i < n.
func (p *Permutation) At(i int) int {
	x := uint64(i)
	if x >= p.n {
		panic("data: permutation: place outside of it")
	}
	mask := uint64(1)<<p.half - 1
	for {
		l, r := x>>p.half, x&mask
		for _, k := range p.keys {
			l, r = r, l^mix(r+k)&mask
		}
		if x = l<<p.half | r; x < p.n {
			return int(x)
		}
	}
}
