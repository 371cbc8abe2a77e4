package tensor

import "math"

// A Drop says which values a dropout leaves out. Whether element i of an array stays
// is a function of the key and of i alone: no thread, chunk or order matters, and a
// backward pass draws again what the forward pass drew.
//
// The zero Drop leaves nothing out.
type Drop struct {
	Rate float64 // the probability that a value is left out
	Key  uint64
}

// NewDrop returns the dropout of that rate for one call of a pass with a seed.
func NewDrop(rate float64, seed, call uint64) Drop {
	return Drop{rate, mix(mix(seed) + call*increment)}
}

// increment is the odd number next to 2⁶⁴ divided by the golden ratio.
const increment = 0x9E3779B97F4A7C15

// mix is the output function of SplitMix64 ("Fast Splittable Pseudorandom Number
// Generators", Steele et al., 2014), of which successive multiples of increment make a
// stream of independent numbers.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// factors returns the number below which 32 random bits leave a value out, and what
// the others are multiplied by.
func (d Drop) factors() (limit int64, scale float32) {
	if d.Rate >= 1 {
		return 1 << 32, 0
	}
	return int64(d.Rate * (1 << 32)), float32(1 / (1 - d.Rate))
}

// keep returns v, or 0 where the low 32 of bits leave it out.
func keep(v float32, bits uint64, limit int64) float32 {
	out := uint32((int64(uint32(bits)) - limit) >> 63)
	return math.Float32frombits(math.Float32bits(v) &^ out)
}

// set sets dst to the elements of x from first on, an even number, with those left out
// being 0.
func (d Drop) set(dst, x []float32, first int) {
	limit, scale := d.factors()
	at := d.Key + uint64(first/2)*increment
	for len(x) > 1 {
		bits := mix(at)
		dst[0], dst[1] = keep(x[0]*scale, bits, limit), keep(x[1]*scale, bits>>32, limit)
		dst, x, at = dst[2:], x[2:], at+increment
	}
	if len(x) > 0 {
		dst[0] = keep(x[0]*scale, mix(at), limit)
	}
}

// add adds to dx what set makes of dy.
func (d Drop) add(dx, dy []float32, first int) {
	limit, scale := d.factors()
	at := d.Key + uint64(first/2)*increment
	for len(dy) > 1 {
		bits := mix(at)
		dx[0] += keep(dy[0]*scale, bits, limit)
		dx[1] += keep(dy[1]*scale, bits>>32, limit)
		dx, dy, at = dx[2:], dy[2:], at+increment
	}
	if len(dy) > 0 {
		dx[0] += keep(dy[0]*scale, mix(at), limit)
	}
}

// Dropout returns x with the values that d leaves out zeroed, and the others divided
// by 1-d.Rate ("Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
// Srivastava et al., 2014).
func Dropout(x *Tensor, d Drop) *Tensor {
	if d.Rate == 0 {
		return x
	}
	y := like(x)
	spread(&dropouts, len(x.data), pointwiseGrain, dropping{d, y.data, x.data, false})
	if x.needsGrad() {
		return y.record(func(dy []float32) {
			g, fresh := x.sink()
			spread(&dropouts, len(dy), pointwiseGrain, dropping{d, g, dy, !fresh})
		}, x)
	}
	return y
}

var dropouts freeList[spreadTask[dropping]]

// dropping is a dropout of an array, or, with add, its gradient.
type dropping struct {
	d      Drop
	dst, x []float32
	add    bool
}

func (t dropping) span(lo, hi int) {
	if t.add {
		t.d.add(t.dst[lo:hi], t.x[lo:hi], lo)
	} else {
		t.d.set(t.dst[lo:hi], t.x[lo:hi], lo)
	}
}
