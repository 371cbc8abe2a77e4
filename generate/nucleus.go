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

// nucleus leaves in s.weights the most likely tokens that reach p of the mass, and
// returns their sum: it drops the least likely, of equal ones that of the lowest id,
// as long as what is dropped is not over 1-p. Instead of sorting all, it looks for the
// step of weights in which the last one lies, and sorts what is left of that. It
// reports false where weigh does.
func (s *sampler) nucleus(logits []float32, p float64) (sum float64, ok bool) {
	if sum, ok = s.weigh(logits, s.o.Temperature); !ok {
		return sum, false
	}
	s.gauge()
	step, mass := uint32(0), 0.0
	for ; step < math.Float32bits(1)>>stepBits && mass+s.steps[step] <= (1-p)*sum; step++ {
		mass += s.steps[step]
	}
	s.few = s.few[:0]
	from, to := step<<stepBits, (step+1)<<stepBits // the bits of weights are in their order
	for i, w := range s.weights {
		b := math.Float32bits(w)
		if b-from < to-from {
			s.few = append(s.few, candidate{id: int32(i), logit: logits[i], p: float64(w)})
		}
		below := uint32(int32(b-from) >> 31) // all ones if so: a branch would be guessed wrong too often
		s.weights[i] = math.Float32frombits(b &^ below)
	}
	kept := 0
	if to <= math.Float32bits(1) {
		kept = 1 // at least
	}
	mass = s.dropFew(mass, (1-p)*sum, kept)
	return sum - mass, true
}

// gauge leaves in s.steps the mass of each step of weights, the last of which is that
// of 1, the largest.
func (s *sampler) gauge() {
	const n = 1 << 11
	if s.steps == nil {
		s.steps = make([]float64, n)
	}
	clear(s.steps)
	steps := (*[n]float64)(s.steps)
	for _, w := range s.weights {
		steps[math.Float32bits(w)>>stepBits&(n-1)] += float64(w)
	}
}

// dropFew drops the least likely of s.few, whose weights are of one step, while what
// has been dropped, mass so far, is not over most, and returns its mass. One of them
// stays if none is kept beside.
func (s *sampler) dropFew(mass, most float64, kept int) float64 {
	mass, above := s.splitFew(mass, most)
	slices.SortFunc(s.few, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.logit, b.logit), cmp.Compare(a.id, b.id))
	})
	for i, c := range s.few {
		if mass+c.p > most || kept+above+len(s.few)-i == 1 {
			break
		}
		mass += c.p
		s.weights[c.id] = 0
	}
	return mass
}

// splitFew leaves in s.few those of one of 256 finer steps, the one in which the mass
// of what is dropped goes beyond most. It drops those below, and returns the mass then
// and how many are above.
func (s *sampler) splitFew(mass, most float64) (dropped float64, above int) {
	var finer [256]float64
	of := func(c candidate) int { return int(math.Float32bits(float32(c.p)) >> (stepBits - 8) & 255) }
	step, last := 0, 0
	for _, c := range s.few {
		finer[of(c)] += c.p
		last = max(last, of(c))
	}
	for ; step < last && mass+finer[step] <= most; step++ {
		mass += finer[step]
	}
	few := s.few[:0]
	for _, c := range s.few {
		switch at := of(c); {
		case at > step:
			above++
		case at == step:
			few = append(few, c)
		default:
			s.weights[c.id] = 0
		}
	}
	s.few = few
	return mass, above
}

// weighed leaves in s.cands the tokens that have a weight.
func (s *sampler) weighed(logits []float32) {
	t := float32(s.o.Temperature)
	s.cands = s.cands[:0]
	for i, w := range s.weights {
		if w > 0 {
			s.cands = append(s.cands, candidate{id: int32(i), logit: logits[i] / t})
		}
	}
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
