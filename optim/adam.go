package optim

import (
	"math"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// adam is AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017;
// without bias correction the Adam of BERT's own code.
type adam struct{ Config }

func (a adam) prepare(s *slot) {
	s.add("exp_avg", s.Tensor.Len())
	s.add("exp_avg_sq", s.Tensor.Len())
}

// numbers returns what AdamStep and LAMBStep need at time t.
func (a adam) numbers(t int, scale float64) kernel.Adam {
	k := kernel.Adam{
		Scale: float32(scale), Rest1: float32(1 - *a.Beta1), Beta2: float32(*a.Beta2), Rest2: float32(1 - *a.Beta2),
		Root: 1, Rate: 1, Epsilon: float32(*a.Epsilon),
	}
	if *a.BiasCorrection {
		k.Root = float32(1 / math.Sqrt(1-math.Pow(*a.Beta2, float64(t))))
	}
	return k
}

// correction returns 1 over the bias of the first moment at time t.
func (a adam) correction(t int) float64 {
	if !*a.BiasCorrection {
		return 1
	}
	return 1 / (1 - math.Pow(*a.Beta1, float64(t)))
}

func (a adam) step(o *optimizer, t int, lr, scale float64) {
	numbers, correction := a.numbers(t, scale), a.correction(t)
	each(o.spans, func(_ int, s span) {
		k, lr := numbers, lr*s.slot.rates.lr
		k.Rate, k.Keep = float32(lr*correction), float32(1-lr*s.slot.rates.decay)
		kernel.AdamStep(s.values(), s.part(0), s.part(1), s.gradient(), &k)
		s.moved()
	})
}

// lamb is LAMB: You et al., "Large Batch Optimization for Deep Learning: Training BERT
// in 76 minutes", 2019. Without decay a parameter has no trust ratio either, as in
// ALBERT's code.
type lamb struct{ adam }

func (l lamb) step(o *optimizer, t int, lr, scale float64) {
	numbers, correction := l.numbers(t, scale), l.correction(t)
	weights := make([]float64, len(o.spans))
	each(o.spans, func(i int, s span) {
		k := numbers
		k.Rate, k.Decay = float32(correction), float32(s.slot.rates.decay)
		weights[i] = squares(s.values())
		kernel.LAMBStep(s.values(), s.part(0), s.part(1), s.gradient(), &k)
		o.sums[i] = squares(s.gradient())
	})
	rates, first := map[*slot]float32{}, 0
	for _, s := range o.slots {
		end := first + len(s.spans)
		w, u := math.Sqrt(total(weights[first:end])), math.Sqrt(total(o.sums[first:end]))
		rate := lr * s.rates.lr
		if s.rates.decay != 0 && w > 0 && u > 0 {
			rate *= w / u
		}
		rates[s], first = float32(rate), end
	}
	each(o.spans, func(_ int, s span) {
		kernel.Axpy(-rates[s.slot], s.gradient(), s.values())
		clear(s.gradient())
		s.moved()
	})
}

// momentum is stochastic gradient descent, with decay as part of the gradient.
type momentum struct{ Config }

func (m momentum) prepare(s *slot) { s.add("momentum_buffer", s.Tensor.Len()) }

func (m momentum) step(o *optimizer, _ int, lr, scale float64) {
	each(o.spans, func(_ int, s span) {
		r := s.slot.rates
		kernel.MomentumStep(s.values(), s.part(0), s.gradient(), float32(scale), float32(r.decay), float32(*m.Momentum), float32(lr*r.lr), m.Nesterov)
		s.moved()
	})
}
