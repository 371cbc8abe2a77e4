package data

import (
	"encoding/json"
	"fmt"
	"math"
)

// Rates returns how often each source is read where rates follow sizes: ∝
// min(size, limit)^exponent; limit 0: none. They sum to 1.
//
// Exponent 1 with a limit is T5's examples-proportional mixing, 1/T its mixing with
// temperature T, and 0 equal mixing (arXiv:1910.10683, section 3.5.2). Sizes of
// languages with exponent 0.7 are mBERT's sampling, with 0.3 that of XLM-R
// (arXiv:1911.02116, section 3.1) and mT5 (arXiv:2010.11934, section 3.2).
func Rates(sizes []float64, exponent, limit float64) ([]float64, error) {
	rates := make([]float64, len(sizes))
	for i, n := range sizes {
		if !(n >= 0) || math.IsInf(n, 1) {
			return nil, fmt.Errorf("data: rates: source %d: a size of %v", i, n)
		}
		if limit > 0 {
			n = min(n, limit)
		}
		if n > 0 { // to the power of 0 nothing is 1
			rates[i] = math.Pow(n, exponent)
		}
	}
	return rates, normalise(rates)
}

// EpochRates returns how often each source is read where it is to be read for its
// number of epochs, as GPT-3's Common Crawl for 0.44 and its Wikipedia for 3.4
// (arXiv:2005.14165, table 2.2). They sum to 1.
func EpochRates(sizes, epochs []float64) ([]float64, error) {
	if len(sizes) != len(epochs) {
		return nil, fmt.Errorf("data: rates: %d sources with %d numbers of epochs", len(sizes), len(epochs))
	}
	rates := make([]float64, len(sizes))
	for i := range rates {
		rates[i] = sizes[i] * epochs[i]
	}
	return rates, normalise(rates)
}

// Epochs returns how many times each source is read where total of all sizes is
// read at rates: the last column of GPT-3's table.
func Epochs(sizes, rates []float64, total float64) []float64 {
	epochs := make([]float64, len(sizes))
	for i := range sizes {
		epochs[i] = total * rates[i] / sizes[i]
	}
	return epochs
}

// normalise divides rates by their sum.
func normalise(rates []float64) error {
	sum := 0.0
	for i, r := range rates {
		if !(r >= 0) || math.IsInf(r, 1) {
			return fmt.Errorf("data: rates: source %d: %v: must be 0 or more", i, r)
		}
		sum += r
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return fmt.Errorf("data: rates: their sum is %v: must be above 0", sum)
	}
	for i := range rates {
		rates[i] /= sum
	}
	return nil
}

// Mix returns values of all sources, each drawn from source i at the rate rates[i]
// of their sum. What is drawn depends on seed and the number of the value alone.
// The mixture ends where the source that is drawn has ended: Shuffled and Repeat
// make sources that do not.
func Mix[T any](sources []Stream[T], rates []float64, seed uint64) (Stream[T], error) {
	if len(sources) != len(rates) {
		return nil, fmt.Errorf("data: mixture: %d sources with %d rates", len(sources), len(rates))
	}
	shares := append([]float64{}, rates...)
	if err := normalise(shares); err != nil {
		return nil, err
	}
	m := &mixture[T]{sources: sources, seed: seed, below: shares}
	for i := range shares {
		if i > 0 {
			m.below[i] += m.below[i-1]
		}
		if rates[i] > 0 {
			m.last = i
		}
	}
	return m, nil
}

type mixture[T any] struct {
	sources []Stream[T]
	below   []float64 // source i is drawn by numbers below below[i] that no earlier one takes
	last    int       // the last source that is drawn at all
	seed    uint64
	n       uint64 // values drawn
}

func (m *mixture[T]) Next() (T, error) {
	u, i := unit(draw(m.seed, m.n)), 0
	for i < m.last && u >= m.below[i] {
		i++
	}
	v, err := m.sources[i].Next()
	if err == nil {
		m.n++
	}
	return v, err
}

// mixed is where a mixture stands.
type mixed struct {
	Drawn uint64            `json:"drawn"`
	In    []json.RawMessage `json:"in"`
}

func (m *mixture[T]) State() ([]byte, error) {
	at := mixed{Drawn: m.n}
	for _, s := range m.sources {
		state, err := s.State()
		if err != nil {
			return nil, err
		}
		at.In = append(at.In, state)
	}
	return json.Marshal(at)
}

func (m *mixture[T]) Restore(state []byte) error {
	var at mixed
	if err := decode(state, &at); err != nil {
		return err
	}
	if len(at.In) != len(m.sources) {
		return fmt.Errorf("data: state: it is one of %d sources, but there are %d", len(at.In), len(m.sources))
	}
	for i, s := range m.sources {
		if err := s.Restore(at.In[i]); err != nil {
			return err
		}
	}
	m.n = at.Drawn
	return nil
}
