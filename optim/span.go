package optim

import (
	"math"

	"github.com/nlp-zoo/zoo/internal/kernel"
	"github.com/nlp-zoo/zoo/internal/parallel"
)

const (
	// spanSize is how many values a task takes: its arrays fit in the nearest caches
	// together, where a second pass finds them.
	spanSize = 1 << 13
	// sumSize is how many squares are added up in float32 before they join the others
	// in float64.
	sumSize = 1 << 9
)

// A span is a part of a parameter.
type span struct {
	slot   *slot
	lo, hi int
}

func (s span) values() []float32    { return s.slot.values()[s.lo:s.hi] }
func (s span) moved()               { s.slot.moved(s.lo, s.hi) }
func (s span) gradient() []float32  { return s.slot.Tensor.Grad()[s.lo:s.hi] }
func (s span) part(i int) []float32 { return s.slot.state[i][s.lo:s.hi] }

// layOut cuts the slots into spans.
func (o *optimizer) layOut() {
	for _, s := range o.slots {
		first := len(o.spans)
		for lo := 0; lo < s.Tensor.Len(); lo += spanSize {
			o.spans = append(o.spans, span{s, lo, min(lo+spanSize, s.Tensor.Len())})
		}
		s.spans = o.spans[first:len(o.spans):len(o.spans)]
	}
	o.sums = make([]float64, len(o.spans))
}

// task runs a function for each index of a loop.
type task func(i int)

// Run does the indices from lo to hi-1.
func (t task) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		t(i)
	}
}

// each calls f for each of the spans, with its number, on all threads.
func each(spans []span, f func(i int, s span)) {
	parallel.Default().Do(len(spans), 4, task(func(i int) { f(i, spans[i]) }))
}

// squares returns the sum of x², in float64 but for stretches of sumSize.
func squares(x []float32) (sum float64) {
	for len(x) > sumSize {
		sum += float64(kernel.SumSquares(x[:sumSize]))
		x = x[sumSize:]
	}
	return sum + float64(kernel.SumSquares(x))
}

// total adds up in order.
func total(sums []float64) (sum float64) {
	for _, s := range sums {
		sum += s
	}
	return sum
}

// norm returns the norm of all gradients.
func (o *optimizer) norm() float64 {
	each(o.spans, func(i int, s span) { o.sums[i] = squares(s.gradient()) })
	return math.Sqrt(total(o.sums))
}

// clipScale returns what brings a norm down to limit; 0 is no limit.
func clipScale(norm, limit float64) float64 {
	if limit <= 0 || !(norm > limit) {
		return 1
	}
	return limit / norm
}

// Norm returns the norm of the gradients of all parameters, as if they were one vector.
func Norm(params []Param) float64 {
	o := optimizer{}
	for _, p := range params {
		if p.Tensor.Grad() != nil {
			o.slots = append(o.slots, &slot{Param: p})
		}
	}
	o.layOut()
	return o.norm()
}

// Clip scales the gradients of all parameters by one factor, so that their norm is at
// most limit, and returns the norm that they had. A norm that is no finite number
// leaves them as they are. Optimizer.StepClipped does the same while it moves the
// parameters, which is faster.
func Clip(params []Param, limit float64) (norm float64) {
	norm = Norm(params)
	if scale := clipScale(norm, limit); scale != 1 && !math.IsInf(norm, 0) {
		for _, p := range params {
			kernel.Scale(p.Tensor.Grad(), float32(scale), p.Tensor.Grad())
		}
	}
	return norm
}
