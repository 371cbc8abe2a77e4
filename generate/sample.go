package generate

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nlp-zoo/zoo/internal/kernel"
)

// errNothing tells that every token was banned, or that the scores are no numbers.
var errNothing = errors.New("generate: no token is left to choose: all are banned, or the model's scores are not numbers")

// A candidate is a token that may still be chosen.
type candidate struct {
	id    int32
	logit float32
	p     float64 // scratch of the filters: a probability, or a distance
}

// sampler chooses tokens for one request after the other, with memory and a random
// source of its own.
type sampler struct {
	o     *Options
	seed  rand.PCG
	rand  *rand.Rand
	marks []int32
	cands []candidate
	few   []candidate
	heap  []float32

	scores  []float32 // of the candidates
	weights []float32 // of tokens or candidates, see weigh
	steps   []float64 // the mass of weights that are nearly equal
}

func newSampler(vocab int) *sampler {
	s := &sampler{marks: make([]int32, vocab)}
	s.rand = rand.New(&s.seed)
	return s
}

// begin has s choose by o.
func (s *sampler) begin(o *Options) {
	s.o = o
	s.seed.Seed(o.Seed, 0x9e3779b97f4a7c15)
}

// next returns the token that follows h. It changes logits.
func (s *sampler) next(h history, logits []float32) (int32, error) {
	s.o.process(h, logits, s.marks)
	if s.o.Temperature == 0 {
		return argmax(logits)
	}
	if o := s.o; o.TopK == 0 && o.MinP == 0 && (o.Typical == 0 || o.Typical == 1) && o.Epsilon == 0 && o.Eta == 0 {
		if sum, ok := s.most(logits); ok {
			return int32(s.drawn(sum)), nil
		}
	}
	s.filter(logits)
	return s.draw()
}

// most leaves in s.weights what temperature and top_p leave, and returns their sum; it
// reports false where weigh does.
func (s *sampler) most(logits []float32) (sum float64, ok bool) {
	if p := s.o.TopP; p > 0 && p < 1 {
		return s.nucleus(logits, p)
	}
	return s.weigh(logits, s.o.Temperature)
}

// argmax returns the first of the largest.
func argmax(logits []float32) (int32, error) {
	top := kernel.Max(logits)
	best := slices.Index(logits, top)
	if best < 0 || top == negInf {
		return 0, errNothing
	}
	return int32(best), nil
}

// filter leaves in s.cands what temperature, top_k, top_p, min_p, typical,
// epsilon and eta leave, in this order.
func (s *sampler) filter(logits []float32) {
	s.likeliest(logits)
	if s.o.MinP > 0 {
		s.minP(s.o.MinP)
	}
	if m := s.o.Typical; m > 0 && m < 1 {
		s.typical(m)
	}
	if s.o.Epsilon > 0 {
		s.softmax()
		s.cut(s.o.Epsilon)
	}
	if s.o.Eta > 0 {
		s.cut(min(s.o.Eta, math.Sqrt(s.o.Eta)*math.Exp(-s.softmax())))
	}
}

// likeliest leaves in s.cands what temperature, top_k and top_p leave.
func (s *sampler) likeliest(logits []float32) {
	k, p, floor := s.o.TopK, s.o.TopP, negInf
	some, nucleus := k > 0 && k < len(logits), p > 0 && p < 1
	if nucleus && !some {
		if _, ok := s.nucleus(logits, p); ok {
			s.weighed(logits)
			return
		}
	}
	if some {
		floor = s.largest(logits, k)
	}
	if s.collect(logits, floor); nucleus {
		s.topP(p)
	}
}

// softmax fills in the candidates' probabilities and returns their entropy.
func (s *sampler) softmax() float64 {
	top, sum := negInf, 0.0
	for _, c := range s.cands {
		top = max(top, c.logit)
	}
	for i, c := range s.cands {
		s.cands[i].p = math.Exp(float64(c.logit - top))
		sum += s.cands[i].p
	}
	entropy := math.Log(sum)
	for i, c := range s.cands {
		s.cands[i].p /= sum
		entropy -= s.cands[i].p * float64(c.logit-top)
	}
	return entropy
}

// topP drops the least likely while their mass is not over 1-p.
func (s *sampler) topP(p float64) {
	if len(s.cands) == 0 {
		return
	}
	s.softmax()
	c, low, mass := s.cands, 0, 0.0
	slices.SortFunc(c, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.logit, b.logit), cmp.Compare(a.id, b.id))
	})
	for ; low < len(c)-1; low++ {
		if mass += c[low].p; mass > 1-p {
			break
		}
	}
	s.cands = append(c[:0], c[low:]...)
}

// minP drops what is less likely than part of the most likely.
func (s *sampler) minP(part float64) {
	if s.softmax(); len(s.cands) == 0 {
		return
	}
	top := 0.0
	for _, c := range s.cands {
		top = max(top, c.p)
	}
	s.cut(part * top)
}

// cut drops what is less probable than p, but not the most likely.
func (s *sampler) cut(p float64) {
	if len(s.cands) <= 1 {
		return
	}
	keep := negInf
	for _, c := range s.cands {
		keep = max(keep, c.logit)
	}
	s.cands = slices.DeleteFunc(s.cands, func(c candidate) bool { return c.p < p && c.logit < keep })
}

// typical keeps the tokens whose information is nearest to the entropy, until
// they reach mass.
func (s *sampler) typical(mass float64) {
	entropy := s.softmax()
	slices.SortStableFunc(s.cands, func(a, b candidate) int {
		return cmp.Compare(math.Abs(-math.Log(a.p)-entropy), math.Abs(-math.Log(b.p)-entropy))
	})
	n, sum := 0, 0.0
	for n < len(s.cands) {
		if sum += s.cands[n].p; sum >= mass {
			break
		}
		n++
	}
	if n >= len(s.cands) {
		return
	}
	far := math.Abs(-math.Log(s.cands[n].p) - entropy)
	for n++; n < len(s.cands) && math.Abs(-math.Log(s.cands[n].p)-entropy) <= far; n++ {
	}
	s.cands = s.cands[:n]
}

// logSum returns the log of the sum of exponents, to take from a score for its
// log-probability.
func logSum(logits []float32) float64 {
	top := negInf
	for _, v := range logits {
		top = max(top, v)
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v - top))
	}
	return float64(top) + math.Log(sum)
}
