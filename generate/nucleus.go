package generate

import (
	"cmp"
	"math"
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// weigh leaves in s.weights, for each score, e to the power of its distance to the
// largest, over the temperature, and returns their sum; it reports false where they
// have none, as scores that are no numbers have.
func (s *sampler) weigh(logits []float32, temperature float64) (sum float64, ok bool) {
	s.weights = slices.Grow(s.weights[:0], len(logits))[:len(logits)]
	kernel.Normed(s.weights, logits, kernel.Max(logits), float32(1/temperature))
	kernel.Exp(s.weights, s.weights)
	var parts [4]float64
	w := s.weights
	for ; len(w) >= 4; w = w[4:] {
		parts[0] += float64(w[0])
		parts[1] += float64(w[1])
		parts[2] += float64(w[2])
		parts[3] += float64(w[3])
	}
	for _, v := range w {
		parts[0] += float64(v)
	}
	sum = parts[0] + parts[1] + (parts[2] + parts[3])
	return sum, sum > 0 && !math.IsInf(sum, 1)
}

// drawn takes one of the weights, which sum to sum, by its part of that.
func (s *sampler) drawn(sum float64) int {
	u, last := s.rand.Float64()*sum, 0
	for i, w := range s.weights {
		if w > 0 {
			if u -= float64(w); u < 0 {
				return i
			}
			last = i
		}
	}
	return last // rounding left a little over
}

// draw takes one of the candidates by its probability.
func (s *sampler) draw() (int32, error) {
	scores := s.scores[:0]
	for _, c := range s.cands {
		scores = append(scores, c.logit)
	}
	s.scores = scores
	sum, ok := s.weigh(scores, 1)
	if !ok {
		return 0, errNothing
	}
	return s.cands[s.drawn(sum)].id, nil
}

// stepBits is how many bits of a weight do not tell its step: there are 16 steps from
// a power of 2 to the next.
const stepBits = 19

// nucleus leaves in s.cands the most likely tokens that reach p of the mass: it drops
// the least likely, of equal ones that of the lowest id, as long as what is dropped
// is not over 1-p. Instead of sorting all, it looks for the step of weights in which
// the last one lies, and sorts that. It reports false where weigh does.
func (s *sampler) nucleus(logits []float32, p float64) bool {
	sum, ok := s.weigh(logits, s.o.Temperature)
	if !ok {
		return false
	}
	if s.steps == nil {
		s.steps = make([]float64, 1<<(31-stepBits))
	}
	clear(s.steps)
	for _, w := range s.weights {
		s.steps[math.Float32bits(w)>>stepBits] += float64(w)
	}
	step, mass := 0, 0.0
	for ; step < len(s.steps)-1 && mass+s.steps[step] <= (1-p)*sum; step++ {
		mass += s.steps[step]
	}
	t := float32(s.o.Temperature)
	from, to := math.Float32frombits(uint32(step)<<stepBits), math.Float32frombits(uint32(step+1)<<stepBits)
	s.cands, s.few = s.cands[:0], s.few[:0]
	for i, w := range s.weights {
		if w < from || logits[i] == negInf {
			continue
		}
		c := candidate{id: int32(i), logit: logits[i] / t, p: float64(w)}
		if w < to {
			s.few = append(s.few, c)
		} else {
			s.cands = append(s.cands, c)
		}
	}
	s.takeFew((1-p)*sum - mass)
	return true
}

// takeFew adds s.few to the candidates, but for the least likely, as long as their
// mass is not over most. There is one candidate at least.
func (s *sampler) takeFew(most float64) {
	slices.SortFunc(s.few, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.logit, b.logit), cmp.Compare(a.id, b.id))
	})
	n, mass := 0, 0.0
	for n < len(s.few) && n < len(s.few)+len(s.cands)-1 && mass+s.few[n].p <= most {
		mass += s.few[n].p
		n++
	}
	s.cands = append(s.cands, s.few[n:]...)
}

// collect leaves in s.cands the tokens whose score is not below floor.
func (s *sampler) collect(logits []float32, floor float32) {
	const part = 256
	t := float32(s.o.Temperature)
	s.cands = s.cands[:0]
	for at := 0; at < len(logits); at += part {
		some := logits[at:min(at+part, len(logits))]
		if floor > negInf && kernel.Max(some) < floor {
			continue
		}
		for i, v := range some {
			if v >= floor && v > negInf {
				s.cands = append(s.cands, candidate{id: int32(at + i), logit: v / t})
			}
		}
	}
}

// largest returns the k-th largest score, by a heap of the k largest.
func (s *sampler) largest(logits []float32, k int) float32 {
	const part = 256
	h := s.heap[:0]
	for at := 0; at < len(logits); at += part {
		some := logits[at:min(at+part, len(logits))]
		if len(h) == k && !(kernel.Max(some) > h[0]) {
			continue
		}
		for _, v := range some {
			switch {
			case len(h) < k:
				h = append(h, v)
				for i := len(h) - 1; i > 0 && h[(i-1)/2] > h[i]; i = (i - 1) / 2 {
					h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
				}
			case v > h[0]:
				h[0] = v
				sink(h)
			}
		}
	}
	s.heap = h
	return h[0]
}

// sink moves the root of a heap of the smallest to its place.
func sink(h []float32) {
	for i := 0; ; {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1] < h[c] {
			c++
		}
		if c >= len(h) || h[i] <= h[c] {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}
