package objective

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/nlp-zoo/zoo/data"
	"github.com/nlp-zoo/zoo/model"
	"github.com/nlp-zoo/zoo/nn"
	"github.com/nlp-zoo/zoo/tensor"
)

// Pairs is what BERT was pre-trained on (arXiv:1810.04805, section 3.1 and
// appendix A.2, in the way of create_pretraining_data.py): masks in a pair of text
// parts, and whether the second part follows the first in its document.
type Pairs struct {
	Masked
	// Cut returns where the sentences of a document end: parts are whole sentences.
	Cut func(ids []int32) []int
	// Short is the share of documents that are cut to a shorter length, drawn for each.
	Short float64
	// Copies is how many times each document is cut and masked: 10 in BERT. After that
	// many epochs the same examples come again, with the same masks.
	Copies int
	// Dynamic draws new masks whenever an example comes.
	Dynamic bool
}

// pair is an example yet to be masked: tokens [a0,a1) of document a and [b0,b1)
// of document b.
type pair struct {
	a, a0, a1, b, b0, b1 int32
	random               bool // b is not what follows a
}

// plan cuts all documents into pairs of up to length tokens.
type plan struct {
	c      Corpus
	ends   [][]int // where sentences end, by document
	filled []int32 // documents that are not empty
	budget int     // tokens of a pair
	pairs  []pair
}

// Samples cuts the corpus Copies times, in an order drawn for each epoch. It keeps
// 28 bytes a pair, and no tokens.
func (o Pairs) Samples(c Corpus, length int, seed uint64) (data.Stream[Example], error) {
	if length < 5 || o.Copies < 1 {
		return nil, fmt.Errorf("objective: pairs: %d copies of %d tokens: must be at least 1 of 5", o.Copies, length)
	}
	p := &plan{c: c, budget: length - 3}
	for i := range c.Len() {
		p.ends = append(p.ends, o.Cut(c.Document(i)))
		if len(p.ends[i]) > 0 {
			p.filled = append(p.filled, int32(i))
		}
	}
	if len(p.filled) == 0 {
		return nil, errors.New("objective: pairs: the corpus has no text")
	}
	for copy := range o.Copies {
		for _, d := range p.filled {
			p.cut(Rand(seed, copy, int(d)), d, o.Short)
		}
	}
	s := &pairs{o: o, plan: p, seed: seed}
	s.shuffle()
	return s, nil
}

// cut adds the pairs of document d.
func (p *plan) cut(r *rand.Rand, d int32, short float64) {
	ends, target := p.ends[d], p.budget
	if r.Float64() < short {
		target = 2 + r.IntN(p.budget-1)
	}
	start := func(i int) int {
		if i == 0 {
			return 0
		}
		return ends[i-1]
	}
	first := 0 // sentence of the chunk
	for i := 0; i < len(ends); i++ {
		if i < len(ends)-1 && ends[i]-start(first) < target {
			continue
		}
		n := i + 1 - first
		split := first + 1
		if n >= 2 {
			split = first + 1 + r.IntN(n-1)
		}
		q := pair{a: d, a0: int32(start(first)), a1: int32(ends[split-1])}
		if q.random = n == 1 || r.Float64() < 0.5; q.random {
			q.b, q.b0, q.b1 = p.elsewhere(r, d, target-int(q.a1-q.a0))
			i = split - 1 // what the first part has not used begins the next chunk
		} else {
			q.b, q.b0, q.b1 = d, q.a1, int32(ends[i])
		}
		first = i + 1
		q.trim(r, p.budget)
		p.pairs = append(p.pairs, q)
	}
}

// elsewhere returns sentences of at least want tokens, if there are as many, from a
// random place of a random document, another one than d if ten tries find one.
func (p *plan) elsewhere(r *rand.Rand, d int32, want int) (doc, from, to int32) {
	for range 10 {
		if doc = p.filled[r.IntN(len(p.filled))]; doc != d {
			break
		}
	}
	ends := p.ends[doc]
	s := r.IntN(len(ends))
	if s > 0 {
		from = int32(ends[s-1])
	}
	for to = int32(ends[s]); int(to-from) < want && s+1 < len(ends); to = int32(ends[s]) {
		s++
	}
	return doc, from, to
}

// trim drops tokens of the longer part, at its front or its back, until both have
// no more than most.
func (q *pair) trim(r *rand.Rand, most int) {
	for int(q.a1-q.a0+q.b1-q.b0) > most {
		lo, hi := &q.a0, &q.a1
		if q.a1-q.a0 <= q.b1-q.b0 {
			lo, hi = &q.b0, &q.b1
		}
		if r.Float64() < 0.5 {
			*lo++
		} else {
			*hi--
		}
	}
}

// pairs is the stream of a plan's examples.
type pairs struct {
	o     Pairs
	plan  *plan
	seed  uint64
	epoch int
	order []int
	at    int
}

func (s *pairs) shuffle() { s.order = Rand(s.seed, s.epoch, -1).Perm(len(s.plan.pairs)) }

func (s *pairs) Next() (Example, error) {
	if len(s.order) == 0 {
		return Example{}, io.EOF
	}
	if s.at == len(s.order) {
		s.at, s.epoch = 0, s.epoch+1
		s.shuffle()
	}
	i, epoch := s.order[s.at], 0
	s.at++
	if s.o.Dynamic {
		epoch = 1 + s.epoch
	}
	return s.o.example(Rand(mix(s.seed), epoch, i), s.plan.c, s.plan.pairs[i]), nil
}

// example is [CLS] a [SEP] b [SEP] with masks. Token types are 0 up to the first
// [SEP], then 1; the label is 0 if b follows a, and 1 if it is random.
func (o Pairs) example(r *rand.Rand, c Corpus, q pair) Example {
	ids := append([]int32{o.Begin}, c.Document(int(q.a))[q.a0:q.a1]...)
	ids = append(ids, o.End)
	first := len(ids)
	ids = append(append(ids, c.Document(int(q.b))[q.b0:q.b1]...), o.End)
	e := Example{Types: make([]int32, len(ids))}
	for i := first; i < len(ids); i++ {
		e.Types[i] = 1
	}
	if q.random {
		e.Label = 1
	}
	e.Input, e.Target = o.Apply(r, ids)
	return e
}

// place is where a stream of pairs stands.
type place struct {
	Epoch int `json:"epoch"`
	At    int `json:"at"`
}

func (s *pairs) State() ([]byte, error) { return json.Marshal(place{s.epoch, s.at}) }

func (s *pairs) Restore(saved []byte) error {
	var p place
	if err := json.Unmarshal(saved, &p); err != nil {
		return fmt.Errorf("objective: state of pairs: %w", err)
	}
	if p.Epoch < 0 || p.At < 0 || p.At > len(s.order) {
		return fmt.Errorf("objective: state of pairs: place %d of epoch %d: there are %d pairs", p.At, p.Epoch, len(s.order))
	}
	s.epoch, s.at = p.Epoch, p.At
	s.shuffle()
	return nil
}

// Terms are that of the masks and that of the pair.
func (o Pairs) Terms() []string { return []string{"mlm", "nsp"} }

// Count returns how many tokens of e are predicted, and 1.
func (o Pairs) Count(e Example) []int { return []int{count(e.Target), 1} }

// Loss returns the sums of the cross-entropies of the masked tokens and of the labels.
func (o Pairs) Loss(p *nn.Pass, m model.PreTrainer, batch []Example) []*tensor.Tensor {
	ids := collate(p, m, batch, o.Pad, false)
	at, target := picked(targets(batch, ids.T))
	labels := make([]int32, len(batch))
	for i, e := range batch {
		labels[i] = e.Label
	}
	mask, next := m.BothAt(p, ids, at)
	return []*tensor.Tensor{sum(p, o.Entropy, mask, target), sum(p, tensor.Entropy{}, next, labels)}
}
